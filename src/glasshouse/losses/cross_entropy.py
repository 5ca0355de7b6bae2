"""Cross-entropy: the loss of classifiers, from logits or from probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import Quantity, choose, log
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.by_class import ByClass, Outputs, log_sum_exp, share_sum, softmax, weights_of
from glasshouse.losses.contract import Loss

SMALLEST = 2.0**-126
"""What a probability of 0 counts as: the smallest ordinary number of float32, with a logarithm of -87."""


class CrossEntropy(Loss):
    r"""Cross-entropy between the true classes and what the network gives for them.

    .. math:: L = \frac{\sum_n w_{y_n} \left(-\ln \operatorname{softmax}(z_n)_{y_n}\right)}{\sum_n w_{y_n}}

    From logits it is computed by log-sum-exp, so large ones do not overflow. From probabilities
    ``softmax(z)`` is replaced by them. Targets that are shares of classes instead of one class give the mean
    of that over the shares (then over samples, whatever their weights).

    Args:
        class_weights: One positive weight per class, or ``None`` for equal ones.
        label_smoothing: Share of the target spread evenly over all classes, from 0 to below 1.
        from_logits: Whether the outputs are logits; else probabilities, from 0 to 1 and together 1.

    Shapes: outputs (N, classes); targets (N,) int64 class indices ("sparse"), or (N, classes) shares
    ("categorical": one-hot or soft); result a scalar, in nats. Further axes (pixels) come last.

    Raises:
        SettingError: A weight is not positive, or the smoothing is outside its range.
        DataError: In the forward pass, when targets are no class indices or shares.
        ModelError: In the forward pass, when outputs and targets don't belong together, or at the first batch
            when probabilities come where logits are expected or the other way round.

    Source:
        Bridle 1990, Probabilistic interpretation of feedforward classification network outputs. Label
        smoothing: Szegedy et al. 2016, Rethinking the Inception architecture.

    Example:
        >>> round(float(CrossEntropy()(torch.tensor([[2.0, 1.0, 0.1]]), torch.tensor([0]))), 4)
        0.417
        >>> shares = torch.tensor([[0.7, 0.2, 0.1]])
        >>> round(float(CrossEntropy(from_logits=False)(shares, torch.tensor([0]))), 4)
        0.3567
    """

    class_weights: torch.Tensor | None

    def __init__(
        self,
        class_weights: Sequence[float] | torch.Tensor | None = None,
        label_smoothing: float = 0.0,
        from_logits: bool = True,
    ) -> None:
        super().__init__()
        self.register_buffer("class_weights", checks.positive_weights(class_weights), persistent=False)
        self.label_smoothing = number("label_smoothing", label_smoothing, at_least=0, below=1)
        self.from_logits = from_logits
        self.meaning = "logits" if from_logits else "probabilities"

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits or probabilities (N, classes) and classes (N,) or shares (N, classes) to a scalar."""
        if not self.looked_at:
            self._look_at(outputs, targets)
            self.looked_at = True
        if targets.is_floating_point():
            targets = targets.to(outputs.dtype)
        if self.from_logits:
            return F.cross_entropy(
                outputs, targets, weight=self.class_weights, label_smoothing=self.label_smoothing
            )
        return self._of_probabilities(outputs, targets)

    def weight(self, targets: torch.Tensor) -> float:
        """Sum of the weights of the true classes."""
        if self.class_weights is None or targets.is_floating_point():
            return float(len(targets))
        return float(self.class_weights[targets].sum())

    def _of_probabilities(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        classes = outputs.shape[1]
        wanted = targets
        if not targets.is_floating_point():
            wanted = F.one_hot(targets, classes).movedim(-1, 1).to(outputs.dtype)
        wanted = wanted * (1 - self.label_smoothing) + self.label_smoothing / classes
        weight: torch.Tensor | float = outputs.numel() / classes
        if self.class_weights is not None:
            wanted = wanted * self.class_weights.reshape(-1, *[1] * (outputs.dim() - 2))
            if not targets.is_floating_point():
                weight = self.class_weights[targets].sum()
        # A weight of 0 takes part in no sum: 0 times the logarithm of SMALLEST is 0.
        return -(wanted * outputs.clamp_min(SMALLEST).log()).sum() / weight

    def _look_at(self, outputs: torch.Tensor, targets: torch.Tensor) -> None:
        if targets.is_floating_point() and targets.shape == outputs.shape and outputs.dim() > 1:
            checks.shares(targets)
        else:
            checks.class_indices(outputs, targets)
            checks.known_classes(targets, outputs.shape[1])
        if self.class_weights is not None and len(self.class_weights) != outputs.shape[1]:
            raise ModelError(
                f"{len(self.class_weights)} class weights and {outputs.shape[1]} outputs per sample",
                expected="one weight for each class",
                fix="give class_weights as many numbers as there are classes",
            )
        (checks.logits if self.from_logits else checks.probabilities)(outputs)


def value(
    z: Outputs,
    t: Sequence[Quantity],
    class_weights: Sequence[float] | None,
    label_smoothing: float,
    from_logits: bool,
) -> Quantity:
    """The surprise at every class, weighed by what is wanted of it."""
    wanted = _wanted(t, class_weights, label_smoothing)
    if from_logits:
        normalizer = log_sum_exp(z)
        return share_sum(wanted, [normalizer - each for each in z])
    return share_sum(wanted, [-log(choose(p > SMALLEST, p, SMALLEST)) for p in z])


def slopes(
    z: Outputs,
    t: Sequence[Quantity],
    class_weights: Sequence[float] | None,
    label_smoothing: float,
    from_logits: bool,
) -> Sequence[Quantity]:
    """``p - t`` for logits, ``-t / p`` for probabilities; with what is wanted in the place of t."""
    wanted = _wanted(t, class_weights, label_smoothing)
    if not from_logits:
        return [choose(p > SMALLEST, -a / p, 0.0) for p, a in zip(z, wanted, strict=True)]
    whole = share_sum([1.0] * len(wanted), wanted) if not _plain(wanted) else sum(wanted)
    scaled = [p if _plain([whole]) and whole == 1 else p * whole for p in softmax(z)]
    return [p if _plain([a]) and a == 0 else p - a for p, a in zip(scaled, wanted, strict=True)]


def _wanted(
    t: Sequence[Quantity], class_weights: Sequence[float] | None, label_smoothing: float
) -> Sequence[Quantity]:
    if label_smoothing:
        t = [(1 - label_smoothing) * each + label_smoothing / len(t) for each in t]
    return t if class_weights is None else [w * each for w, each in zip(class_weights, t, strict=True)]


def _plain(quantities: Sequence[Quantity]) -> bool:
    return all(isinstance(each, (int, float)) for each in quantities)


def rule_of(module: Any) -> tuple[ByClass, dict[str, torch.Tensor]]:
    """The rule of a cross-entropy.

    Args:
        module: A :class:`CrossEntropy`.
    """
    weights = weights_of(module)
    settings = {
        "class_weights": weights,
        "label_smoothing": module.label_smoothing,
        "from_logits": module.from_logits,
    }
    return ByClass(value, slopes, settings, weights, "z" if module.from_logits else "p"), {}


CONCEPT = Concept(
    name="cross_entropy",
    kind="loss",
    summary="Surprise at the true class under the softmax of the logits.",
    build=CrossEntropy,
    aliases=(
        "categorical_cross_entropy",
        "sparse_categorical_cross_entropy",
        "softmax_cross_entropy",
        "negative_log_likelihood",
    ),
    equation=r"L = -\frac1N \sum_n \ln \operatorname{softmax}(z_n)_{y_n}",
    derivative=r"\partial L / \partial z_{nk} = \frac1N (\operatorname{softmax}(z_n)_k - [k = y_n])",
    symbols={
        "z": "logits (N, classes): any numbers",
        "y": "true classes (N), from 0",
        "N": "samples; with class weights the sum of the true classes' weights",
    },
    when="Classification, two classes or many.",
    pitfalls=(
        "It takes logits: a softmax before it makes learning slow and the loss wrong.",
        "A loss of ln(classes) is what guessing gives; look there first when nothing is learnt.",
    ),
    conventions=(
        'Keras says "sparse categorical" for class indices and "categorical" for one-hot targets; this loss '
        "takes both and tells them apart by their type.",
        "PyTorch and this loss take logits unless told otherwise; Keras takes probabilities.",
        "Class weights divide by their sum over the batch (PyTorch); scikit-learn and Keras divide by N.",
        "From probabilities, one of 0 counts as 1.2e-38, so that the loss stays finite.",
    ),
    source="Bridle 1990, Probabilistic interpretation of feedforward classification network outputs.",
    facts={"task": "classification"},
    rule=rule_of,
    worked=worked_forward(
        CrossEntropy, rule_of, inputs={"outputs": [[2.0, 1.0, 0.1]], "targets": [0]}, output="loss"
    ),
)

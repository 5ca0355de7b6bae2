"""Binary cross-entropy: one output for every yes-or-no question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import Quantity, log, maximum, sigmoid, softplus
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.pointwise import Pointwise
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.by_class import weights_of
from glasshouse.losses.contract import Loss

LEAST_LOGARITHM = -100.0
SMALLEST_VARIANCE = float(torch.tensor(1e-12, dtype=torch.float32))
"""PyTorch's bounds where a probability is 0 or 1: ln p from -100, p (1 - p) in the slope from the 1e-12 of
float32."""


class BinaryCrossEntropy(Loss):
    r"""Cross-entropy of one probability per question.

    .. math:: L = -\frac1N \sum_n \left(t_n \ln p_n + (1 - t_n) \ln(1 - p_n)\right),\quad p_n = \sigma(z_n)

    From logits both logarithms are computed by the softplus, which neither overflows nor rounds to 0.

    Args:
        class_weights: Weights of class 0 and class 1, both positive, or ``None`` for equal ones; the mean is
            then the weighted one.
        from_logits: Whether the outputs are logits; else probabilities of class 1.
        by_sample: Whether the questions of a sample add up, so that N counts samples; else all are averaged.

    Shapes: outputs (N,) or (N, questions); targets as many, class 0 or 1 or the probability of class 1;
    result a scalar, in nats.

    Raises:
        SettingError: There are not two positive weights, or weights beside ``by_sample``.
        ModelError: In the forward pass, when there are more or fewer targets than outputs, or at the first
            batch when outputs are no probabilities but should be.
        DataError: At the first batch, when a target lies outside of 0 to 1.

    Source:
        Good 1952, Rational decisions; as a loss of networks Hinton 1989, Connectionist learning procedures.

    Example:
        >>> round(float(BinaryCrossEntropy()(torch.tensor([[0.0], [2.0]]), torch.tensor([0, 1]))), 4)
        0.41
    """

    class_weights: torch.Tensor | None

    def __init__(
        self,
        class_weights: Sequence[float] | torch.Tensor | None = None,
        from_logits: bool = True,
        by_sample: bool = False,
    ) -> None:
        super().__init__()
        weights = checks.positive_weights(class_weights)
        if weights is not None and len(weights) != 2:
            raise SettingError(
                f"{len(weights)} class_weights",
                expected="two: of class 0 and of class 1",
                fix="give two weights, or use cross_entropy for more classes",
            )
        if weights is not None and by_sample:
            raise SettingError(
                "class_weights beside by_sample = True",
                expected="one of both: weighted questions are averaged by their weights",
                fix="leave one of them out",
            )
        self.register_buffer("class_weights", weights, persistent=False)
        self.from_logits = from_logits
        self.by_sample = by_sample
        self.meaning = "logit" if from_logits else "probability"

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits or probabilities and targets of as many numbers to a scalar."""
        if not self.looked_at:
            checks.from_zero_to_one(targets)
            if not self.from_logits:
                checks.chances(outputs)
            self.looked_at = True
        t = checks.yes_or_no(outputs, targets)
        if self.class_weights is None:
            of = F.binary_cross_entropy_with_logits if self.from_logits else F.binary_cross_entropy
            return of(outputs, t) * (outputs.numel() / len(outputs) if self.by_sample else 1)
        no, yes = self.class_weights.to(outputs.dtype)
        if self.from_logits:
            each = no * F.binary_cross_entropy_with_logits(outputs, t, pos_weight=yes / no, reduction="none")
        else:
            # The share of each class has its own weight, also where a target lies between 0 and 1.
            at_yes = F.binary_cross_entropy(outputs, torch.ones_like(t), weight=yes * t, reduction="none")
            at_no = F.binary_cross_entropy(
                outputs, torch.zeros_like(t), weight=no * (1 - t), reduction="none"
            )
            each = at_yes + at_no
        loss: torch.Tensor = each.sum() / ((1 - t) * no + t * yes).sum()
        return loss

    def weight(self, targets: torch.Tensor) -> float:
        """Number of targets, or the sum of their classes' weights."""
        if self.class_weights is None:
            return float(len(targets))
        t = targets.to(self.class_weights.dtype)
        return float(((1 - t) * self.class_weights[0] + t * self.class_weights[1]).sum())


def value(z: Quantity, t: Quantity, class_weights: Sequence[float], from_logits: bool) -> Quantity:
    """Surprise at yes, and at no."""
    no, yes = class_weights
    if from_logits:
        return _times(yes, t * softplus(-z)) + _times(no, (1 - t) * softplus(z))
    at_yes = t * maximum(log(z), LEAST_LOGARITHM)
    at_no = (1 - t) * maximum(log(1 - z), LEAST_LOGARITHM)
    return -_times(yes, at_yes) - _times(no, at_no)


def slope(z: Quantity, t: Quantity, class_weights: Sequence[float], from_logits: bool) -> Quantity:
    """``sigma(z) - t``; for probabilities that over ``p (1 - p)``."""
    no, yes = class_weights
    if not from_logits:
        residual = z - t if no == yes == 1 else no * (1 - t) * z - yes * t * (1 - z)
        return residual / maximum(z * (1 - z), SMALLEST_VARIANCE)
    if no == yes == 1:
        return sigmoid(z) - t
    return no * (1 - t) * sigmoid(z) - yes * t * sigmoid(-z)


def _times(weight: float, quantity: Quantity) -> Quantity:
    return quantity if weight == 1 else weight * quantity


def _class_weight(t: Quantity, class_weights: Sequence[float]) -> Quantity:
    return (1 - t) * class_weights[0] + t * class_weights[1]


def rule_of(module: Any) -> tuple[Pointwise, dict[str, torch.Tensor]]:
    """The rule of a binary cross-entropy.

    Args:
        module: A :class:`BinaryCrossEntropy`.
    """
    weights = weights_of(module)
    return Pointwise(
        value,
        slope,
        {"class_weights": weights or (1.0, 1.0), "from_logits": module.from_logits},
        by_sample=module.by_sample,
        weigh=None if weights is None else lambda t: _class_weight(t, weights),
        letter="z" if module.from_logits else "p",
    ), {}


CONCEPT = Concept(
    name="binary_cross_entropy",
    kind="loss",
    summary="Surprise at the true answer to a yes-or-no question, from one logit.",
    build=BinaryCrossEntropy,
    aliases=("bce", "log_loss", "logistic_loss", "sigmoid_cross_entropy"),
    equation=r"L = -\frac1N \sum_n (t_n \ln \sigma(z_n) + (1 - t_n) \ln(1 - \sigma(z_n)))",
    derivative=r"\partial L / \partial z_n = \frac1N (\sigma(z_n) - t_n)",
    symbols={
        "z": "logits (N): any numbers",
        "t": "class 0 or 1, or the probability of class 1 (N)",
        "N": "numbers in the batch; with class weights the sum of their weights",
    },
    when="Two classes with one output, several yes-or-no labels at once, and pixels from 0 to 1.",
    pitfalls=(
        "It takes logits: a sigmoid before it squashes twice and slows learning.",
        "Its labels are 0 and 1, not -1 and 1.",
    ),
    conventions=(
        "From probabilities, ln p counts at least -100 and p (1 - p) in the slope at least 1e-12, as in "
        "PyTorch; Keras moves p away from 0 and 1 by 1e-7 instead.",
        "PyTorch's pos_weight w is class_weights = [1, w] here, except that this loss divides by the "
        "weights' sum and PyTorch by N.",
    ),
    source="Good 1952, Rational decisions; Hinton 1989, Connectionist learning procedures.",
    facts={"task": "classification", "classes": 2},
    rule=rule_of,
    worked=worked_forward(
        BinaryCrossEntropy, rule_of, inputs={"outputs": [0.5], "targets": [1.0]}, output="loss"
    ),
)

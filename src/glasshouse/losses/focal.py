"""Focal loss: cross-entropy that leaves aside what is learnt already."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import Quantity, choose, exp, named
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.by_class import Outputs, by_class, log_sum_exp, share_sum, softmax
from glasshouse.losses.contract import Loss


class Focal(Loss):
    r"""Cross-entropy times a power of what is missing to certainty.

    .. math:: L = -\frac{1}{\sum_n w_{y_n}} \sum_n w_{y_n} (1 - p_n)^\gamma \ln p_n,\quad
        p_n = \operatorname{softmax}(z_n)_{y_n}

    With ``gamma = 0`` it is the cross-entropy. It stays finite, and so does its slope, at certainty.

    Args:
        gamma: The focusing exponent, at least 0.
        class_weights: One positive weight per class (the paper's alpha), or ``None`` for equal ones.

    Shapes: outputs (N, classes) logits; targets (N,) int64 class indices; result a scalar.

    Raises:
        SettingError: ``gamma`` is negative, or a weight is not positive.
        DataError: In the forward pass, when targets are no class indices.
        ModelError: In the forward pass, when outputs and targets don't belong together.

    Source:
        Lin, Goyal, Girshick, He and Dollár 2017, Focal loss for dense object detection, arXiv 1708.02002.

    Example:
        >>> z, y = torch.tensor([[2.0, 1.0, 0.1]]), torch.tensor([0])
        >>> round(float(Focal()(z, y)), 4), round(float(Focal(gamma=0.0)(z, y)), 4)
        (0.0485, 0.417)
    """

    meaning = "logits"

    class_weights: torch.Tensor | None

    def __init__(
        self, gamma: float = 2.0, class_weights: Sequence[float] | torch.Tensor | None = None
    ) -> None:
        super().__init__()
        self.gamma = number("gamma", gamma, at_least=0)
        self.register_buffer("class_weights", checks.positive_weights(class_weights), persistent=False)

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits (N, classes) and class indices (N,) to a scalar."""
        if not self.looked_at:
            checks.class_indices(outputs, targets)
            checks.known_classes(targets, outputs.shape[1])
            checks.logits(outputs)
            self.looked_at = True
        log_p = F.log_softmax(outputs, 1).gather(1, targets.unsqueeze(1)).squeeze(1)
        # At certainty the power has an infinite slope for gamma < 1; the bound cuts it off there.
        missing = (-torch.expm1(log_p)).clamp_min(torch.finfo(outputs.dtype).tiny)
        each = -(missing**self.gamma) * log_p
        if self.class_weights is None:
            return each.mean()
        weights = self.class_weights[targets]
        return (weights * each).sum() / weights.sum()

    def weight(self, targets: torch.Tensor) -> float:
        """Number of samples, or the sum of the true classes' weights."""
        if self.class_weights is None:
            return float(len(targets))
        return float(self.class_weights[targets].sum())


def value(z: Outputs, t: Sequence[Quantity], gamma: float, class_weights: Sequence[float] | None) -> Quantity:
    """``-w (1 - p)^gamma ln p`` for the true class."""
    log_p = named("ln_p", share_sum(t, z) - log_sum_exp(z))
    each = -((1 - exp(log_p)) ** gamma) * log_p
    return each if class_weights is None else share_sum(t, class_weights) * each


def slopes(
    z: Outputs, t: Sequence[Quantity], gamma: float, class_weights: Sequence[float] | None
) -> Sequence[Quantity]:
    """``(gamma (1 - p)^(gamma - 1) p ln p - (1 - p)^gamma) ([k = y] - p_k)``, p that of the true class."""
    shares = softmax(z)
    log_p = named("ln_p", share_sum(t, z) - log_sum_exp(z))
    p = named("p_true", exp(log_p))
    missing = 1 - p
    # Towards certainty (1 - p)^(gamma - 1) ln p goes to -(1 - p)^gamma, not to infinity.
    by_power = choose(missing > 0, gamma * missing ** (gamma - 1) * p * log_p, 0.0) if gamma else 0.0
    outer = by_power - missing**gamma
    if class_weights is not None:
        outer = share_sum(t, class_weights) * outer
    return [outer * (true - share) for true, share in zip(t, shares, strict=True)]


RULE = by_class(value, slopes, "gamma", "class_weights")

CONCEPT = Concept(
    name="focal",
    kind="loss",
    summary="Cross-entropy in which samples that are nearly right count little.",
    build=Focal,
    aliases=("focal_loss",),
    equation=r"L = -\frac1N \sum_n (1 - p_n)^\gamma \ln p_n,\; p_n = \operatorname{softmax}(z_n)_{y_n}",
    derivative=(
        r"\partial L / \partial z_{nk} = \frac1N (\gamma (1 - p_n)^{\gamma - 1} p_n \ln p_n "
        r"- (1 - p_n)^\gamma) ([k = y_n] - \operatorname{softmax}(z_n)_k)"
    ),
    symbols={
        "z": "logits (N, classes)",
        "y": "true classes (N)",
        "p": "probability given to the true class",
        "gamma": "focusing exponent, from 0; 2 unless set",
    },
    when="Many easy samples of one class and few hard ones of another, as in detection.",
    pitfalls=(
        "Its probabilities are too timid: calibrate them before they are trusted.",
        "Mislabelled samples are the hardest of all, so they get the most weight.",
    ),
    conventions=("The paper has one sigmoid per class; this is the form with one softmax over all classes.",),
    source="Lin, Goyal, Girshick, He and Dollár 2017, Focal loss for dense object detection.",
    facts={"task": "classification"},
    rule=RULE,
    worked=worked_forward(Focal, RULE, inputs={"outputs": [[2.0, 1.0, 0.1]], "targets": [0]}, output="loss"),
)

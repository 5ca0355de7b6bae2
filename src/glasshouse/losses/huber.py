"""Huber loss: squared for small errors, absolute for large ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import Quantity, absolute, choose, sign
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.pointwise import pointwise
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.contract import Loss


class Huber(Loss):
    r"""Squared error up to a threshold, absolute error beyond.

    .. math:: L = \frac1N \sum_n \begin{cases} \tfrac12 r_n^2 & |r_n| \le \delta \\
        \delta (|r_n| - \tfrac12 \delta) & |r_n| > \delta \end{cases},\quad r_n = y_n - t_n

    Args:
        delta: The threshold, above 0, in the unit that the network is trained in (targets are
            standardised, so 1 is one standard deviation).

    Shapes: outputs and targets (N, D); result a scalar.

    Raises:
        SettingError: ``delta`` is not above 0.
        ModelError: In the forward pass, when the shapes differ.
        DataError: In the forward pass, when targets are no floating-point numbers.

    Source:
        Huber 1964, Robust estimation of a location parameter.

    Example:
        >>> float(Huber(delta=1.0)(torch.tensor([[0.5], [3.0]]), torch.tensor([[0.0], [0.0]])))
        1.3125
    """

    meaning = "values"

    def __init__(self, delta: float = 1.0) -> None:
        super().__init__()
        self.delta = number("delta", delta, above=0)

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Values (N, D) and targets (N, D) to a scalar."""
        checks.same_shape(outputs, targets)
        return F.huber_loss(outputs, targets, delta=self.delta)


def value(y: Quantity, t: Quantity, delta: float) -> Quantity:
    """``r^2 / 2`` near 0, ``delta (|r| - delta / 2)`` beyond."""
    r = y - t
    return choose(absolute(r) <= delta, r**2 / 2, delta * (absolute(r) - delta / 2))


def slope(y: Quantity, t: Quantity, delta: float) -> Quantity:
    """``r`` near 0, ``delta`` with its sign beyond."""
    r = y - t
    return choose(absolute(r) <= delta, r, delta * sign(r))


RULE = pointwise(value, slope, "delta")

CONCEPT = Concept(
    name="huber",
    kind="loss",
    summary="Squared error for small residuals, absolute error for large ones.",
    build=Huber,
    aliases=("smooth_l1",),
    equation=r"L = \tfrac12 r^2 \text{ for } |r| \le \delta,\; \delta(|r| - \tfrac12\delta) \text{ beyond}",
    derivative=r"\partial L / \partial r = \max(-\delta, \min(\delta, r))",
    symbols={
        "r": "output minus target, y - t",
        "delta": "where the parabola becomes a line, above 0; 1 unless set",
    },
    conventions=("At |r| = delta both branches have the slope delta: there is no kink.",),
    when="Regression with a few outliers.",
    pitfalls=("With delta other than 1 it differs from PyTorch's smooth L1 by the factor delta.",),
    source="Huber 1964, Robust estimation of a location parameter.",
    facts={"task": "regression"},
    rule=RULE,
    worked=worked_forward(
        Huber, RULE, inputs={"outputs": [[0.5], [3.0]], "targets": [[0.0], [0.0]]}, output="loss"
    ),
)

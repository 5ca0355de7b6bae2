"""Mean absolute percentage error: how large errors are beside what is true."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.arithmetic import Quantity, absolute, maximum, sign
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.pointwise import pointwise
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.contract import Loss

SMALLEST = 2.0**-52
"""What a target of 0 counts as, so that the quotient is finite: scikit-learn's choice."""


class MeanAbsolutePercentageError(Loss):
    r"""Mean of the absolute differences as shares of the true numbers.

    .. math:: L = \frac{1}{N D} \sum_{n,d} \frac{|y_{nd} - t_{nd}|}{\max(|t_{nd}|, \epsilon)}

    Where training standardises the targets, it says with ``centre`` and ``spread`` how they were: shares are
    taken of the targets in their own unit.

    Args:
        centre: What was taken off the targets.
        spread: By what they were then divided, above 0.

    Shapes: outputs and targets (N, D); result a scalar: 0.1 is ten percent.

    Raises:
        SettingError: ``centre`` is not a finite number, or ``spread`` not above 0.
        ModelError: In the forward pass, when the shapes differ.
        DataError: In the forward pass, when targets are no floating-point numbers.

    Source:
        Makridakis 1993, Accuracy measures: theoretical and practical concerns.

    Example:
        >>> float(MeanAbsolutePercentageError()(torch.tensor([[90.0]]), torch.tensor([[100.0]])))
        0.10000000149011612
    """

    meaning = "values"

    def __init__(self, centre: float = 0.0, spread: float = 1.0) -> None:
        super().__init__()
        self.centre = number("centre", centre)
        self.spread = number("spread", spread, above=0)

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Values (N, D) and targets (N, D) to a scalar."""
        checks.same_shape(outputs, targets)
        true = targets * self.spread + self.centre
        return (self.spread * (outputs - targets).abs() / true.abs().clamp_min(SMALLEST)).mean()


def value(y: Quantity, t: Quantity, centre: float, spread: float) -> Quantity:
    """``|y - t| / max(|t|, epsilon)``."""
    if (centre, spread) == (0, 1):
        return absolute(y - t) / maximum(absolute(t), SMALLEST)
    return spread * absolute(y - t) / maximum(absolute(t * spread + centre), SMALLEST)


def slope(y: Quantity, t: Quantity, centre: float, spread: float) -> Quantity:
    """``sign(y - t) / max(|t|, epsilon)``."""
    if (centre, spread) == (0, 1):
        return sign(y - t) / maximum(absolute(t), SMALLEST)
    return spread * sign(y - t) / maximum(absolute(t * spread + centre), SMALLEST)


RULE: Any = pointwise(value, slope, "centre", "spread")

CONCEPT = Concept(
    name="mape",
    kind="loss",
    summary="Mean of the absolute differences as shares of the true numbers.",
    build=MeanAbsolutePercentageError,
    aliases=("mean_absolute_percentage_error",),
    equation=r"L = \frac{1}{N D} \sum_{n,d} \frac{|y_{nd} - t_{nd}|}{\max(|t_{nd}|, \epsilon)}",
    derivative=(
        r"\partial L / \partial y_{nd} = \frac{1}{N D} "
        r"\frac{\operatorname{sign}(y_{nd} - t_{nd})}{\max(|t_{nd}|, \epsilon)}"
    ),
    symbols={
        "y": "outputs of the network (N, D)",
        "t": "targets (N, D), far from 0",
        "epsilon": "2.2e-16, so that a target of 0 gives a finite number",
    },
    when="Targets above zero whose errors matter in percent, such as prices.",
    pitfalls=(
        "A target near 0 gives a huge loss and gradient.",
        "Too low a forecast costs at most 100 %, too high a one any amount: it favours low forecasts.",
    ),
    conventions=(
        "A share here and in scikit-learn; Keras multiplies it by 100.",
        "At y = t the slope is 0.",
    ),
    source="Makridakis 1993, Accuracy measures: theoretical and practical concerns.",
    facts={"task": "regression"},
    rule=RULE,
    worked=worked_forward(
        MeanAbsolutePercentageError,
        RULE,
        inputs={"outputs": [[90.0], [210.0]], "targets": [[100.0], [200.0]]},
        output="loss",
    ),
)

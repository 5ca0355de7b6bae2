"""Bipolar step: yes is +1, no is -1."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity, choose
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


class BipolarStep(nn.Module):
    r"""+1 from the threshold on, else -1.

    .. math:: f(x) = 1 \text{ for } x \ge \theta,\; -1 \text{ for } x < \theta

    Its derivative is 0 wherever there is one, and 0 is also what goes back at the threshold.

    Shapes: any shape in, the same shape out.

    Args:
        threshold: Where the output changes its sign, any finite number.

    Raises:
        SettingError: ``threshold`` is not a finite number.

    Source:
        Widrow and Hoff 1960, Adaptive switching circuits.

    Example:
        >>> BipolarStep()(torch.tensor([-0.5, 0.0, 2.0])).tolist()
        [-1.0, 1.0, 1.0]
    """

    def __init__(self, threshold: float = 0.0) -> None:
        super().__init__()
        self.threshold = number("threshold", threshold)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        # sign keeps the graph (with a gradient of 0), which a comparison would cut.
        return 1 - 2 * torch.relu(-torch.sign(x - self.threshold))

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"threshold={self.threshold:.5g}"


def value(x: Quantity, threshold: float) -> Quantity:
    """The sign of the distance from the threshold, +1 on it."""
    return choose(x >= threshold, 1.0, -1.0)


def slope() -> Quantity:
    """0."""
    return 0.0


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="bipolar_step",
    kind="activation",
    summary="Gives +1 from a threshold on, else -1.",
    build=BipolarStep,
    aliases=("sign", "signum", "bipolar_threshold"),
    equation=r"f(x) = 1 \text{ for } x \ge \theta,\; -1 \text{ for } x < \theta",
    derivative=r"f'(x) = 0 \text{ for } x \ne \theta",
    symbols={"x": "weighted sum of the unit", "theta": "threshold, 0 unless set"},
    when="In Adaline, Hopfield networks and other units whose classes are -1 and +1.",
    pitfalls=("Back-propagation learns nothing through it: its slope is 0 nearly everywhere.",),
    conventions=("At the threshold it gives +1; the sign function of mathematics gives 0 there.",),
    source="Widrow and Hoff 1960, Adaptive switching circuits.",
    facts={"initializer": "glorot_uniform"},
    rule=RULE,
    worked=worked_forward(BipolarStep, RULE, inputs={"x": [-0.3]}, at=(0,)),
)

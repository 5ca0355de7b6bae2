"""Scaled tanh: the squashing function of LeNet-5."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity, named, tanh
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


class ScaledTanh(nn.Module):
    r"""A tanh with a height and a steepness.

    .. math:: f(x) = A \tanh(S x)

    With LeCun's numbers f(1) = 1 and f(-1) = -1, and the second derivative is largest there, so that
    targets of +1 and -1 lie where a unit still learns.

    Shapes: any shape in, the same shape out.

    Args:
        amplitude: A, height of the plateaus, above 0.
        slope: S, above 0; the steepness at 0 is A S.

    Raises:
        SettingError: A setting is not above 0.

    Source:
        LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition,
        appendix A.

    Example:
        >>> round(float(ScaledTanh()(torch.tensor(1.0))), 4)
        1.0
    """

    def __init__(self, amplitude: float = 1.7159, slope: float = 2 / 3) -> None:
        super().__init__()
        self.amplitude = number("amplitude", amplitude, above=0)
        self.slope = number("slope", slope, above=0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        return self.amplitude * torch.tanh(self.slope * x)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"amplitude={self.amplitude:.5g}, slope={self.slope:.5g}"


def value(x: Quantity, amplitude: float, slope: float) -> Quantity:
    """``A tanh(S x)``."""
    return amplitude * tanh(slope * x)


def slope_in_x(x: Quantity, amplitude: float, slope: float) -> Quantity:
    """``A S (1 - tanh^2(S x))``."""
    t = named("t", tanh(slope * x))
    return amplitude * slope * (1 - t**2)


RULE = elementwise(value, slope_in_x)

CONCEPT = Concept(
    name="scaled_tanh",
    kind="activation",
    summary="A tanh stretched so that +1 and -1 are fixed points: the squashing function of LeNet-5.",
    build=ScaledTanh,
    aliases=("lecun_tanh",),
    equation=r"f(x) = A \tanh(S x),\; A = 1.7159,\; S = \tfrac23",
    derivative=r"f'(x) = A S (1 - \tanh^2(S x))",
    symbols={"x": "weighted sum of the unit", "A": "height, 1.7159", "S": "steepness over A, 2/3"},
    when="To build LeNet-5 as it was in 1998.",
    pitfalls=("It saturates like any tanh.",),
    source="LeCun, Bottou, Bengio and Haffner 1998, appendix A.",
    facts={"initializer": "lecun_uniform"},
    rule=RULE,
    worked=worked_forward(ScaledTanh, RULE, inputs={"x": [1.0]}, at=(0,)),
)

"""Bipolar sigmoid: the logistic function stretched to the interval from -1 to 1."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity, named, sigmoid
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


class BipolarSigmoid(nn.Module):
    r"""The logistic function between -1 and 1, with a steepness.

    .. math:: f(x) = \frac{2}{1 + e^{-\lambda x}} - 1 = \tanh\left(\frac{\lambda x}{2}\right)

    Shapes: any shape in, the same shape out.

    Args:
        steepness: lambda, above 0; 2 is tanh.

    Raises:
        SettingError: ``steepness`` is not above 0.

    Source:
        Fausett 1994, Fundamentals of neural networks, section 1.4.

    Example:
        >>> x = torch.linspace(-3, 3, 7)
        >>> torch.allclose(BipolarSigmoid(2.0)(x), torch.tanh(x))
        True
    """

    def __init__(self, steepness: float = 1.0) -> None:
        super().__init__()
        self.steepness = number("steepness", steepness, above=0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        # As tanh, small numbers keep all their digits; 2 sigma - 1 would cancel them.
        return torch.tanh(self.steepness / 2 * x)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"steepness={self.steepness:.5g}"


def value(x: Quantity, steepness: float) -> Quantity:
    """``2 / (1 + e^(-lambda x)) - 1``."""
    return 2 * sigmoid(x if steepness == 1 else steepness * x) - 1


def slope(x: Quantity, steepness: float) -> Quantity:
    """``lambda / 2 (1 + f) (1 - f)``."""
    f = named("f", value(x, steepness))
    return steepness / 2 * (1 + f) * (1 - f)


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="bipolar_sigmoid",
    kind="activation",
    summary="Squashes any number into the open interval from -1 to 1, with a steepness.",
    build=BipolarSigmoid,
    aliases=("bipolar_logistic",),
    equation=r"f(x) = \frac{2}{1 + e^{-\lambda x}} - 1",
    derivative=r"f'(x) = \frac{\lambda}{2} (1 + f(x)) (1 - f(x))",
    symbols={"x": "weighted sum of the unit", "lambda": "steepness, above 0; 1 unless set"},
    when="Where targets are -1 and +1 and a course or paper is followed to the digit.",
    pitfalls=("It is tanh of half the steepness times x: at lambda = 1 it is half as steep as tanh at 0.",),
    conventions=("Libraries have only tanh, which is this with lambda = 2.",),
    source="Fausett 1994, Fundamentals of neural networks, section 1.4.",
    facts={"initializer": "glorot_uniform"},
    rule=RULE,
    worked=worked_forward(BipolarSigmoid, RULE, inputs={"x": [0.53]}, at=(0,)),
)

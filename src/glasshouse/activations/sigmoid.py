"""Sigmoid: the logistic function."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core import arithmetic
from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


class Sigmoid(nn.Sigmoid):
    r"""The logistic function, with a steepness.

    .. math:: f(x) = \frac{1}{1 + e^{-\lambda x}}

    Shapes: any shape in, the same shape out.

    Args:
        steepness: lambda, above 0; 1 is PyTorch's ``torch.nn.Sigmoid``, large ones approach the step.

    Raises:
        SettingError: ``steepness`` is not above 0.

    Source:
        Verhulst 1845; as a unit Rumelhart, Hinton and Williams 1986, Learning representations by
        back-propagating errors.

    Example:
        >>> round(float(Sigmoid()(torch.tensor(1.0))), 4), round(float(Sigmoid(5.0)(torch.tensor(1.0))), 4)
        (0.7311, 0.9933)
    """

    def __init__(self, steepness: float = 1.0) -> None:
        super().__init__()
        self.steepness = number("steepness", steepness, above=0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        return torch.sigmoid(x if self.steepness == 1 else self.steepness * x)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return "" if self.steepness == 1 else f"steepness={self.steepness:.5g}"


def value(x: Quantity, steepness: float) -> Quantity:
    """``1 / (1 + e^(-lambda x))``."""
    return arithmetic.sigmoid(x if steepness == 1 else steepness * x)


def slope(x: Quantity, steepness: float) -> Quantity:
    """``lambda f (1 - f)``."""
    f = arithmetic.named("f", value(x, steepness))
    return f * (1 - f) if steepness == 1 else steepness * f * (1 - f)


def of(module: nn.Sigmoid) -> object:
    """The rule of ours or of PyTorch's.

    Args:
        module: The sigmoid.
    """
    return RULE(module if hasattr(module, "steepness") else Sigmoid())


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="sigmoid",
    kind="activation",
    summary="Squashes any number into the open interval from 0 to 1.",
    build=Sigmoid,
    aliases=("logistic", "binary_sigmoid"),
    equation=r"f(x) = \frac{1}{1 + e^{-\lambda x}}",
    derivative=r"f'(x) = \lambda f(x)(1 - f(x)) \le \frac{\lambda}{4}",
    symbols={"x": "weighted sum of the unit", "lambda": "steepness, above 0; 1 unless set"},
    when="For gates and for probabilities of yes-or-no outputs.",
    pitfalls=(
        "Its derivative is at most 1/4 (steepness 1), so gradients vanish through many such layers.",
        "It is never zero-centred: all weights of a unit tend to move the same way.",
    ),
    conventions=("Libraries have steepness 1: the weights of the unit can take it over.",),
    source="Verhulst 1845; as a unit Rumelhart, Hinton and Williams 1986.",
    facts={"initializer": "glorot_uniform"},
    rule=of,
    worked=worked_forward(Sigmoid, RULE, inputs={"x": [0.53]}, at=(0,)),
)

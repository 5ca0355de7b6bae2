"""Tanh: the hyperbolic tangent."""

from __future__ import annotations

from torch import nn

from glasshouse.core import arithmetic
from glasshouse.core.arithmetic import Quantity
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def tanh() -> nn.Tanh:
    r"""The hyperbolic tangent.

    .. math:: f(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}} = 2 \sigma(2 x) - 1

    Shapes: any shape in, the same shape out, in the interval from -1 to 1.

    Source:
        LeCun, Bottou, Orr and Müller 1998, Efficient backprop.

    Example:
        >>> import torch
        >>> round(float(tanh()(torch.tensor(0.7))), 4)
        0.6044
    """
    return nn.Tanh()


def value(x: Quantity) -> Quantity:
    """``tanh x``."""
    return arithmetic.tanh(x)


def slope(x: Quantity) -> Quantity:
    """``1 - f^2``."""
    f = arithmetic.named("f", arithmetic.tanh(x))
    return 1 - f**2


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="tanh",
    kind="activation",
    summary="Squashes any number into the open interval from -1 to 1.",
    build=tanh,
    aliases=("hyperbolic_tangent",),
    equation=r"f(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}",
    derivative=r"f'(x) = 1 - f(x)^2",
    symbols={"x": "weighted sum of the unit"},
    when="In recurrent cells and small networks; better centred than the sigmoid.",
    pitfalls=("It saturates beyond |x| = 3: the gradient there is below 0.01.",),
    source="LeCun, Bottou, Orr and Müller 1998, Efficient backprop.",
    facts={"initializer": "glorot_uniform"},
    rule=RULE,
    worked=worked_forward(tanh, RULE, inputs={"x": [0.7]}, at=(0,)),
)

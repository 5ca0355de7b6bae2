"""Softplus: the smooth rectifier."""

from __future__ import annotations

from torch import nn

from glasshouse.core import arithmetic
from glasshouse.core.arithmetic import Quantity, choose, sigmoid
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def softplus(beta: float = 1.0, threshold: float = 20.0) -> nn.Softplus:
    r"""The smooth rectifier.

    .. math:: f(x) = \frac{1}{\beta} \ln(1 + e^{\beta x})

    Shapes: any shape in, the same shape out.

    Args:
        beta: Sharpness of the bend, above 0; with large ones it approaches ReLU.
        threshold: Where beta x is larger, x itself is given, which is the same to the last digits; above 0.

    Raises:
        SettingError: A setting is not above 0.

    Source:
        Dugas, Bengio, Bélisle, Nadeau and Garcia 2001, Incorporating second-order functional knowledge for
        better option pricing.

    Example:
        >>> import torch
        >>> round(float(softplus()(torch.tensor(0.0))), 4)
        0.6931
    """
    return nn.Softplus(number("beta", beta, above=0), number("threshold", threshold, above=0))


def value(x: Quantity, beta: float, threshold: float) -> Quantity:
    """``ln(1 + e^(beta x)) / beta``."""
    if beta == 1:
        return choose(x > threshold, x, arithmetic.softplus(x))
    return choose(beta * x > threshold, x, arithmetic.softplus(beta * x) / beta)


def slope(x: Quantity, beta: float, threshold: float) -> Quantity:
    """``sigma(beta x)``."""
    scaled = x if beta == 1 else beta * x
    return choose(scaled > threshold, 1.0, sigmoid(scaled))


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="softplus",
    kind="activation",
    summary="A smooth curve above ReLU whose derivative is the sigmoid.",
    build=softplus,
    aliases=("smooth_relu",),
    equation=r"f(x) = \frac{1}{\beta} \ln(1 + e^{\beta x})",
    derivative=r"f'(x) = \sigma(\beta x)",
    symbols={"x": "weighted sum of the unit", "beta": "sharpness of the bend, above 0; 1 unless set"},
    when="Where an output must be positive (a standard deviation, say).",
    pitfalls=("It is never exactly zero, so it gives no sparse activations.",),
    conventions=("PyTorch gives x itself where beta x is above 20; the difference is below 3e-9.",),
    source="Dugas, Bengio, Bélisle, Nadeau and Garcia 2001.",
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(softplus, RULE, inputs={"x": [0.5]}, at=(0,)),
)

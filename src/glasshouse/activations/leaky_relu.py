"""Leaky ReLU: a rectifier that lets a little through on the negative side."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity, choose
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def leaky_relu(negative_slope: float = 0.01, inplace: bool = False) -> nn.LeakyReLU:
    r"""A rectifier that lets a little through on the negative side.

    .. math:: f(x) = \max(0, x) + a \min(0, x)

    Shapes: any shape in, the same shape out.

    Args:
        negative_slope: a, any finite number; small and positive in practice.
        inplace: Whether the input's memory is used for the output.

    Raises:
        SettingError: ``negative_slope`` is not a finite number.

    Source:
        Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models.

    Example:
        >>> import torch
        >>> leaky_relu(0.5)(torch.tensor([-2.0, 3.0])).tolist()
        [-1.0, 3.0]
    """
    return nn.LeakyReLU(number("negative_slope", negative_slope), inplace)


def value(x: Quantity, negative_slope: float) -> Quantity:
    """``x``, or ``a x`` below 0."""
    return choose(x > 0, x, negative_slope * x)


def slope(x: Quantity, negative_slope: float) -> Quantity:
    """1 above 0, else ``a``."""
    return choose(x > 0, 1.0, negative_slope)


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="leaky_relu",
    kind="activation",
    summary="A ReLU with a small fixed slope for negative numbers.",
    build=leaky_relu,
    aliases=("leaky_rectifier",),
    equation=r"f(x) = \max(0, x) + a \min(0, x)",
    derivative=r"f'(x) = 1 \text{ for } x > 0,\; a \text{ for } x \le 0",
    symbols={"x": "weighted sum of the unit", "a": "slope below 0, 0.01 unless set"},
    when="Where ReLU units die.",
    pitfalls=("Only for a of at most 1 is it the same as max(a x, x).",),
    conventions=("At 0 the slope is a, as in PyTorch.", "Keras takes a = 0.3, PyTorch and the paper 0.01."),
    source="Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models.",
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(leaky_relu, RULE, inputs={"x": [-3.0]}, at=(0,)),
)

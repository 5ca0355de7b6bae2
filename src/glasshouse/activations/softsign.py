"""Softsign: a squashing function without an exponential."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity, absolute
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def softsign() -> nn.Softsign:
    r"""A number over one more than its magnitude.

    .. math:: f(x) = \frac{x}{1 + |x|}

    Shapes: any shape in, the same shape out, in the interval from -1 to 1.

    Source:
        Elliott 1993, A better activation function for artificial neural networks; Glorot and Bengio 2010.

    Example:
        >>> import torch
        >>> softsign()(torch.tensor([-3.0, 0.0, 1.0])).tolist()
        [-0.75, 0.0, 0.5]
    """
    return nn.Softsign()


def value(x: Quantity) -> Quantity:
    """``x / (1 + |x|)``."""
    return x / (1 + absolute(x))


def slope(x: Quantity) -> Quantity:
    """``1 / (1 + |x|)^2``."""
    return 1 / (1 + absolute(x)) ** 2


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="softsign",
    kind="activation",
    summary="Squashes any number into the open interval from -1 to 1, more slowly than tanh.",
    build=softsign,
    aliases=("elliott",),
    equation=r"f(x) = \frac{x}{1 + |x|}",
    derivative=r"f'(x) = \frac{1}{(1 + |x|)^2}",
    symbols={"x": "weighted sum of the unit"},
    when="In place of tanh where units saturate: its tails fall off as 1/x^2, not exponentially.",
    pitfalls=("Its second derivative jumps at 0.",),
    source="Elliott 1993, A better activation function for artificial neural networks.",
    facts={"initializer": "glorot_uniform"},
    rule=RULE,
    worked=worked_forward(softsign, RULE, inputs={"x": [-3.0]}, at=(0,)),
)

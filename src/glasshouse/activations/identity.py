"""Identity: the activation of an output layer that predicts a number."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def identity() -> nn.Identity:
    r"""What comes in goes out.

    .. math:: f(x) = x

    Shapes: any shape in, the same shape out.

    Source:
        Widrow and Hoff 1960, Adaptive switching circuits: the linear unit.

    Example:
        >>> import torch
        >>> identity()(torch.tensor([-2.0, 3.0])).tolist()
        [-2.0, 3.0]
    """
    return nn.Identity()


def value(x: Quantity) -> Quantity:
    """``x``."""
    return x


def slope() -> Quantity:
    """1."""
    return 1.0


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="identity",
    kind="activation",
    summary="Passes its input on unchanged.",
    build=identity,
    aliases=("linear", "none"),
    equation=r"f(x) = x",
    derivative=r"f'(x) = 1",
    symbols={"x": "weighted sum of the unit"},
    when="On the output of a regression network.",
    pitfalls=("A stack of linear layers with it is one linear layer: it adds no depth.",),
    source="Widrow and Hoff 1960, Adaptive switching circuits: the linear unit.",
    facts={"initializer": "glorot_uniform"},
    rule=RULE,
    worked=worked_forward(identity, RULE, inputs={"x": [-0.75]}, at=(0,)),
)

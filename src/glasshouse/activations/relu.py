"""ReLU: the rectified linear unit."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity, choose, maximum
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def relu(inplace: bool = False) -> nn.ReLU:
    r"""The rectified linear unit.

    .. math:: f(x) = \max(0, x)

    Shapes: any shape in, the same shape out.

    Args:
        inplace: Whether the input's memory is used for the output.

    Source:
        Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines.

    Example:
        >>> import torch
        >>> relu()(torch.tensor([-2.0, 3.0])).tolist()
        [0.0, 3.0]
    """
    return nn.ReLU(inplace)


def value(x: Quantity) -> Quantity:
    """``max(0, x)``."""
    return maximum(0.0, x)


def slope(x: Quantity) -> Quantity:
    """1 above 0, else 0."""
    return choose(x > 0, 1.0, 0.0)


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="relu",
    kind="activation",
    summary="Keeps positive numbers and sets the others to zero.",
    build=relu,
    aliases=("rectifier", "rectified_linear_unit"),
    equation=r"f(x) = \max(0, x)",
    derivative=r"f'(x) = 1 \text{ for } x > 0,\; 0 \text{ for } x \le 0",
    symbols={"x": "weighted sum of the unit"},
    when="The first choice between the layers of a network.",
    pitfalls=("A unit whose input is negative for every sample gets no gradient and stays dead.",),
    conventions=("At 0, where it has no derivative, 0 is taken, as in PyTorch.",),
    source="Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines.",
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(relu, RULE, inputs={"x": [-1.5]}, at=(0,)),
)

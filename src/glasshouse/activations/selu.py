"""SELU: the scaled ELU of self-normalising networks."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity, choose, exp
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward

ALPHA = 1.6732632423543772848170429916717
SCALE = 1.0507009873554804934193349852946
"""The paper's numbers: with them mean 0 and variance 1 are a fixed point of the layer."""


def selu(inplace: bool = False) -> nn.SELU:
    r"""The scaled exponential linear unit.

    .. math:: f(x) = \lambda x \text{ for } x > 0,\; \lambda \alpha (e^x - 1) \text{ for } x \le 0

    with lambda = 1.0507 and alpha = 1.6733.

    Shapes: any shape in, the same shape out.

    Args:
        inplace: Whether the input's memory is used for the output.

    Source:
        Klambauer, Unterthiner, Mayr and Hochreiter 2017, Self-normalizing neural networks.

    Example:
        >>> import torch
        >>> [round(y, 4) for y in selu()(torch.tensor([-1.0, 1.0])).tolist()]
        [-1.1113, 1.0507]
    """
    return nn.SELU(inplace)


def value(x: Quantity) -> Quantity:
    """``lambda x``, or ``lambda alpha (e^x - 1)`` below 0."""
    return choose(x > 0, SCALE * x, SCALE * ALPHA * (exp(x) - 1))


def slope(x: Quantity) -> Quantity:
    """``lambda``, or ``lambda alpha e^x`` below 0."""
    return choose(x > 0, SCALE, SCALE * ALPHA * exp(x))


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="selu",
    kind="activation",
    summary="An ELU scaled so that activations drift to mean 0 and variance 1.",
    build=selu,
    aliases=("scaled_elu",),
    equation=r"f(x) = \lambda x \text{ for } x > 0,\; \lambda \alpha (e^x - 1) \text{ for } x \le 0",
    derivative=r"f'(x) = \lambda \text{ for } x > 0,\; f(x) + \lambda \alpha \text{ for } x \le 0",
    symbols={"x": "weighted sum of the unit", "lambda": "1.0507", "alpha": "1.6733"},
    when="In deep dense networks without normalisation layers.",
    pitfalls=("It needs LeCun normal weights; ordinary dropout breaks its scaling.",),
    conventions=("At 0 the slope is lambda alpha, as in PyTorch.",),
    source="Klambauer, Unterthiner, Mayr and Hochreiter 2017, Self-normalizing neural networks.",
    facts={"initializer": "lecun_normal"},
    rule=RULE,
    worked=worked_forward(selu, RULE, inputs={"x": [-1.0]}, at=(0,)),
)

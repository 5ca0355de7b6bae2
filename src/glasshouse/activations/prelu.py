"""PReLU: a leaky rectifier that learns its slope."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity, choose
from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def prelu(num_parameters: int = 1, init: float = 0.25) -> nn.PReLU:
    r"""A leaky rectifier whose negative slope is learnt.

    .. math:: f(x) = \max(0, x) + a \min(0, x)

    Shapes: x (N, C, ...), the same shape out; a (1), or (C) with one slope for each channel.

    Args:
        num_parameters: How many slopes: 1 for all channels together, or as many as there are channels.
        init: The slope at the start, any finite number.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.

    Example:
        >>> import torch
        >>> prelu(init=0.5)(torch.tensor([-2.0, 3.0])).tolist()
        [-1.0, 3.0]
    """
    return nn.PReLU(
        whole_number("num_parameters", num_parameters, at_least=1),
        number("init", init),
    )


def value(x: Quantity, a: Quantity) -> Quantity:
    """``x``, or ``a x`` below 0."""
    return choose(x > 0, x, a * x)


def slope(x: Quantity, a: Quantity) -> Quantity:
    """1 above 0, else ``a``."""
    return choose(x > 0, 1.0, a)


def slope_in_a(x: Quantity) -> Quantity:
    """0 above 0, else ``x``."""
    return choose(x > 0, 0.0, x)


RULE = elementwise(value, slope, learnt={"a": slope_in_a}, a="weight")

CONCEPT = Concept(
    name="prelu",
    kind="activation",
    summary="A leaky ReLU whose negative slope is learnt.",
    build=prelu,
    aliases=("parametric_relu",),
    equation=r"f(x) = \max(0, x) + a \min(0, x)",
    derivative=r"f'(x) = 1 \text{ for } x > 0,\; a \text{ else};\; \partial f / \partial a = \min(0, x)",
    symbols={"x": "weighted sum of the unit", "a": "slope below 0, learnt: one, or one for each channel"},
    when="Where the right slope is unknown and there are data enough to learn it.",
    pitfalls=(
        "Weight decay pulls the slope to zero, which turns it back into a ReLU.",
        "max(a x, x) is the same only as long as a is at most 1.",
    ),
    conventions=("At 0 the slope is a, as in PyTorch.",),
    source="He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.",
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(prelu, RULE, inputs={"x": [-2.0]}, parameters={"a": [1.5]}, at=(0,)),
)

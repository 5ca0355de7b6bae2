"""Mish: a number times the tanh of its softplus."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity, named, sigmoid, softplus, tanh
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def mish() -> nn.Mish:
    r"""A number times the tanh of its softplus.

    .. math:: f(x) = x \tanh(\ln(1 + e^x))

    Shapes: any shape in, the same shape out.

    Source:
        Misra 2019, Mish: a self regularized non-monotonic activation function, arXiv 1908.08681.

    Example:
        >>> import torch
        >>> round(float(mish()(torch.tensor(1.0))), 4)
        0.8651
    """
    return nn.Mish()


def value(x: Quantity) -> Quantity:
    """``x tanh(softplus(x))``."""
    return x * tanh(softplus(x))


def slope(x: Quantity) -> Quantity:
    """``t + x sigma(x) (1 - t^2)`` with ``t = tanh(softplus(x))``."""
    t = named("t", tanh(softplus(x)))
    return t + x * sigmoid(x) * (1 - t**2)


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="mish",
    kind="activation",
    summary="A smooth rectifier like Swish, a little deeper below zero.",
    build=mish,
    equation=r"f(x) = x \tanh(\ln(1 + e^x))",
    derivative=r"f'(x) = t + x\,\sigma(x)(1 - t^2),\; t = \tanh(\ln(1 + e^x))",
    symbols={"x": "weighted sum of the unit"},
    when="Where Swish does well and a few more operations don't matter (YOLOv4).",
    pitfalls=("It costs two exponentials and a logarithm for each number.",),
    source="Misra 2019, arXiv 1908.08681.",
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(mish, RULE, inputs={"x": [1.0]}, at=(0,)),
)

"""GELU: the Gaussian error linear unit."""

from __future__ import annotations

import math

from torch import nn

from glasshouse.core.arithmetic import Quantity, erf, exp, named, tanh
from glasshouse.core.checks import one_of
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def gelu(approximate: str = "none") -> nn.GELU:
    r"""A number times the chance that a standard normal variable lies below it.

    .. math:: f(x) = x\,\Phi(x) = \frac{x}{2} (1 + \operatorname{erf}(x / \sqrt 2))

    Shapes: any shape in, the same shape out.

    Args:
        approximate: ``"none"`` for the exact form, ``"tanh"`` for the one of BERT and GPT-2.

    Raises:
        SettingError: ``approximate`` is neither.

    Source:
        Hendrycks and Gimpel 2016, Gaussian error linear units, arXiv 1606.08415.

    Example:
        >>> import torch
        >>> round(float(gelu()(torch.tensor(1.0))), 5), round(float(gelu("tanh")(torch.tensor(1.0))), 5)
        (0.84134, 0.84119)
    """
    return nn.GELU(one_of("approximate", approximate, ("none", "tanh")))


def value(x: Quantity, approximate: str) -> Quantity:
    """``x Phi(x)``."""
    if approximate == "tanh":
        return 0.5 * x * (1 + tanh(_inside(x)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def slope(x: Quantity, approximate: str) -> Quantity:
    """``Phi(x) + x phi(x)``, or the derivative of the approximation."""
    if approximate == "tanh":
        t = named("t", tanh(_inside(x)))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
    return 0.5 * (1 + erf(x / math.sqrt(2))) + x * exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def _inside(x: Quantity) -> Quantity:
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="gelu",
    kind="activation",
    summary="Weighs a number by the chance that a standard normal variable lies below it.",
    build=gelu,
    aliases=("gaussian_error_linear_unit",),
    equation=r"f(x) = x\,\Phi(x)",
    derivative=r"f'(x) = \Phi(x) + x\,\varphi(x)",
    symbols={
        "x": "weighted sum of the unit",
        "Phi": "standard normal distribution function",
        "varphi": "standard normal density",
    },
    when="In transformers and networks like them.",
    pitfalls=("The tanh approximation differs from the exact form in the fourth decimal.",),
    conventions=(
        "BERT and GPT-2 compute the tanh approximation; PyTorch computes the exact form unless "
        'approximate = "tanh".',
    ),
    source="Hendrycks and Gimpel 2016, Gaussian error linear units, arXiv 1606.08415.",
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(gelu, RULE, inputs={"x": [1.0]}, at=(0,)),
)

"""Swish: a number times its own sigmoid, with a steepness that may be learnt."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity, sigmoid
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


class Swish(nn.Module):
    r"""A number times its own sigmoid.

    .. math:: f(x) = x\,\sigma(\beta x)

    With ``beta = 1`` it is the SiLU of PyTorch; with growing ``beta`` it approaches ReLU, with ``beta = 0``
    it is ``x / 2``.

    Args:
        beta: The steepness of the gate, any finite number.
        learnable: Whether ``beta`` is a parameter that training changes.

    Shapes: any shape in, the same shape out.

    Raises:
        SettingError: ``beta`` is not a finite number.

    Source:
        Elfwing, Uchibe and Doya 2018, Sigmoid-weighted linear units (beta 1); Ramachandran, Zoph and Le 2017,
        Searching for activation functions, arXiv 1710.05941.

    Example:
        >>> round(float(Swish(beta=2.0)(torch.tensor(1.0))), 4)
        0.8808
        >>> [name for name, _ in Swish(learnable=True).named_parameters()]
        ['beta']
    """

    def __init__(self, beta: float = 1.0, learnable: bool = False) -> None:
        super().__init__()
        number("beta", beta)
        self.beta: float | nn.Parameter = (
            nn.Parameter(torch.tensor(float(beta))) if learnable else float(beta)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        if isinstance(self.beta, float) and self.beta == 1:
            return nn.functional.silu(x)  # one kernel instead of three
        return x * torch.sigmoid(self.beta * x)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"beta={float(self.beta):.5g}, learnable={isinstance(self.beta, nn.Parameter)}"


def value(x: Quantity, beta: Quantity) -> Quantity:
    """``x sigma(beta x)``."""
    return x * sigmoid(beta * x)


def slope(x: Quantity, beta: Quantity) -> Quantity:
    """``sigma + beta x sigma (1 - sigma)``."""
    s = sigmoid(beta * x)
    return s + beta * x * s * (1 - s)


def slope_in_beta(x: Quantity, beta: Quantity) -> Quantity:
    """``x**2 sigma (1 - sigma)``."""
    s = sigmoid(beta * x)
    # In this order a large x meets the factor that is 0 before it is squared to infinity.
    return (x * s) * (x * (1 - s))


RULE = elementwise(value, slope, learnt={"beta": slope_in_beta})

CONCEPT = Concept(
    name="swish",
    kind="activation",
    summary="A smooth rectifier that dips below zero for small negative numbers.",
    build=Swish,
    aliases=("silu",),
    equation=r"f(x) = x\,\sigma(\beta x)",
    derivative=(
        r"f'(x) = \sigma(\beta x) + \beta x\,\sigma(\beta x)(1 - \sigma(\beta x)),\; "
        r"\partial f / \partial \beta = x^2 \sigma(\beta x)(1 - \sigma(\beta x))"
    ),
    symbols={"x": "weighted sum of the unit", "beta": "steepness of the gate, 1 unless set or learnt"},
    when="As a smooth alternative to ReLU in deep networks.",
    pitfalls=(
        "It is not monotonic: with beta = 1 it has a minimum of -0.278 near x = -1.278.",
        "It costs an exponential where ReLU costs a comparison.",
    ),
    conventions=("SiLU is Swish with beta = 1; some papers say Swish for that, others for the learnt beta.",),
    source=(
        "Elfwing, Uchibe and Doya 2018, Sigmoid-weighted linear units; Ramachandran, Zoph and Le 2017, "
        "arXiv 1710.05941."
    ),
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(Swish, RULE, settings={"beta": 1.0}, inputs={"x": [0.5]}, at=(0,)),
)

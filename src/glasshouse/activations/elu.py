"""ELU: a rectifier that goes smoothly to a negative floor."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity, choose, exp
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def elu(alpha: float = 1.0, inplace: bool = False) -> nn.ELU:
    r"""The exponential linear unit.

    .. math:: f(x) = x \text{ for } x > 0,\; \alpha (e^x - 1) \text{ for } x \le 0

    Shapes: any shape in, the same shape out.

    Args:
        alpha: Depth of the negative floor, above 0.
        inplace: Whether the input's memory is used for the output.

    Raises:
        SettingError: ``alpha`` is not above 0.

    Source:
        Clevert, Unterthiner and Hochreiter 2016, Fast and accurate deep network learning by exponential
        linear units.

    Example:
        >>> import torch
        >>> [round(y, 4) for y in elu()(torch.tensor([-1.0, 3.0])).tolist()]
        [-0.6321, 3.0]
    """
    return nn.ELU(number("alpha", alpha, above=0), inplace)


def value(x: Quantity, alpha: float) -> Quantity:
    """``x``, or ``alpha (e^x - 1)`` below 0."""
    return choose(x > 0, x, alpha * (exp(x) - 1))


def slope(x: Quantity, alpha: float) -> Quantity:
    """1 above 0, else ``alpha e^x``."""
    return choose(x > 0, 1.0, alpha * exp(x))


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="elu",
    kind="activation",
    summary="Identity for positive numbers, an exponential that levels off at -alpha for negative ones.",
    build=elu,
    aliases=("exponential_linear_unit",),
    equation=r"f(x) = x \text{ for } x > 0,\; \alpha (e^x - 1) \text{ for } x \le 0",
    derivative=r"f'(x) = 1 \text{ for } x > 0,\; \alpha e^x = f(x) + \alpha \text{ for } x \le 0",
    symbols={"x": "weighted sum of the unit", "alpha": "depth of the floor, above 0; 1 unless set"},
    when="Where mean activations near zero help and dead units hurt.",
    pitfalls=("The exponential costs more than a comparison.",),
    conventions=("At 0 the slope is alpha, as in PyTorch; with alpha = 1 there is no kink.",),
    source="Clevert, Unterthiner and Hochreiter 2016, Exponential linear units.",
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(elu, RULE, inputs={"x": [-1.0]}, at=(0,)),
)

"""Hard tanh: a straight line cut off at both ends."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity, choose
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.errors import SettingError
from glasshouse.core.worked import worked_forward


def hard_tanh(least: float = -1.0, most: float = 1.0) -> nn.Hardtanh:
    r"""X between two numbers, and the nearer of them outside.

    .. math:: f(x) = \min(\max(x, a), b)

    Shapes: any shape in, the same shape out.

    Args:
        least: The lower end a.
        most: The upper end b, above a.

    Raises:
        SettingError: An end is not a finite number, or they are not in order.

    Source:
        Collobert 2004, Large scale machine learning.

    Example:
        >>> import torch
        >>> hard_tanh()(torch.tensor([-3.0, 0.5, 2.0])).tolist()
        [-1.0, 0.5, 1.0]
    """
    if number("least", least) >= number("most", most):
        raise SettingError(
            f"least = {least!r} and most = {most!r}",
            expected="least below most",
            fix="set most to a larger number than least",
        )
    return nn.Hardtanh(float(least), float(most))


def value(x: Quantity, min_val: float, max_val: float) -> Quantity:
    """x, cut off."""
    return choose(x > min_val, choose(x < max_val, x, max_val), min_val)


def slope(x: Quantity, min_val: float, max_val: float) -> Quantity:
    """1 between the ends, else 0."""
    return choose(x > min_val, choose(x < max_val, 1.0, 0.0), 0.0)


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="hard_tanh",
    kind="activation",
    summary="A straight line from -1 to 1, flat before and after: tanh without the exponential.",
    build=hard_tanh,
    aliases=("hardtanh",),
    equation=r"f(x) = \min(\max(x, a), b)",
    derivative=r"f'(x) = 1 \text{ for } a < x < b,\; 0 \text{ else}",
    symbols={
        "x": "weighted sum of the unit",
        "a": "lower end, -1 unless set",
        "b": "upper end, 1 unless set",
    },
    when="Where tanh would do and its exponential costs too much.",
    pitfalls=("Beyond its ends the slope is exactly 0: a unit that lies there for all samples is dead.",),
    conventions=("At both corners the slope is 0, as in PyTorch.",),
    source="Collobert 2004, Large scale machine learning.",
    facts={"initializer": "glorot_uniform"},
    rule=RULE,
    worked=worked_forward(hard_tanh, RULE, inputs={"x": [2.5]}, at=(0,)),
)

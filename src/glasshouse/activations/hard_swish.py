"""Hard Swish: a number times its hard sigmoid."""

from __future__ import annotations

from torch import nn

from glasshouse.core.arithmetic import Quantity, choose
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


def hard_swish() -> nn.Hardswish:
    r"""A number times its hard sigmoid.

    .. math:: f(x) = x \min(\max(x / 6 + 1/2, 0), 1)

    Shapes: any shape in, the same shape out.

    Source:
        Howard et al. 2019, Searching for MobileNetV3, arXiv 1905.02244.

    Example:
        >>> import torch
        >>> hard_swish()(torch.tensor([-4.0, 0.0, 3.0])).tolist()
        [-0.0, 0.0, 3.0]
    """
    return nn.Hardswish()


def value(x: Quantity) -> Quantity:
    """``x (x + 3) / 6`` between the corners."""
    return choose(x > -3, choose(x < 3, x * (x + 3) / 6, x), 0.0)


def slope(x: Quantity) -> Quantity:
    """``x / 3 + 1/2`` between the corners."""
    return choose(x > -3, choose(x < 3, x / 3 + 0.5, 1.0), 0.0)


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="hard_swish",
    kind="activation",
    summary="Swish built of a parabola and two straight lines.",
    build=hard_swish,
    aliases=("hardswish",),
    equation=r"f(x) = x \min(\max(x / 6 + 1/2, 0), 1)",
    derivative=(
        r"f'(x) = 0 \text{ for } x \le -3,\; x / 3 + 1/2 \text{ for } -3 < x < 3,\; 1 \text{ for } x \ge 3"
    ),
    symbols={"x": "weighted sum of the unit"},
    when="In networks for phones (MobileNetV3).",
    pitfalls=("Its slope jumps at -3 and at 3.",),
    conventions=("At -3 the slope is 0 and at 3 it is 1, as in PyTorch.",),
    source="Howard et al. 2019, Searching for MobileNetV3, arXiv 1905.02244.",
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(hard_swish, RULE, inputs={"x": [-1.0]}, at=(0,)),
)

"""Hard sigmoid: three straight lines in place of the sigmoid."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity, choose
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


class HardSigmoid(nn.Hardsigmoid):
    r"""A straight line from (-3, 0) to (3, 1), flat before and after.

    .. math:: f(x) = \min(\max(x / 6 + 1/2, 0), 1)

    Shapes: any shape in, the same shape out.

    Source:
        Courbariaux, Bengio and David 2015, BinaryConnect; with slope 1/6 Howard et al. 2019, MobileNetV3.

    Example:
        >>> HardSigmoid()(torch.tensor([-4.0, 0.0, 1.5])).tolist()
        [0.0, 0.5, 0.75]
    """

    def __init__(self) -> None:
        super().__init__()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        if x.dtype == torch.float64:
            # PyTorch's kernel goes back with the 1/6 of float32, wrong in the ninth digit.
            return nn.functional.relu6(x + 3) / 6
        return super().forward(x)


def value(x: Quantity) -> Quantity:
    """``x/6 + 1/2`` between 0 and 1."""
    return choose(x > -3, choose(x < 3, x / 6 + 0.5, 1.0), 0.0)


def slope(x: Quantity) -> Quantity:
    """1/6 between the corners, else 0."""
    return choose(x > -3, choose(x < 3, 1 / 6, 0.0), 0.0)


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="hard_sigmoid",
    kind="activation",
    summary="Three straight lines in place of the sigmoid: 0 up to -3, 1 from 3 on.",
    build=HardSigmoid,
    aliases=("hardsigmoid",),
    equation=r"f(x) = \min(\max(x / 6 + 1/2, 0), 1)",
    derivative=r"f'(x) = 1/6 \text{ for } -3 < x < 3,\; 0 \text{ else}",
    symbols={"x": "weighted sum of the unit"},
    when="For gates on devices where an exponential is slow.",
    pitfalls=("Beyond 3 its slope is exactly 0.",),
    conventions=(
        "Slope 1/6 is that of PyTorch and of Keras from version 3; older Keras and ONNX have 0.2 x + 0.5.",
        "At both corners the slope is 0, as in PyTorch.",
    ),
    source="Courbariaux, Bengio and David 2015, BinaryConnect; Howard et al. 2019, MobileNetV3.",
    facts={"initializer": "glorot_uniform"},
    rule=RULE,
    worked=worked_forward(HardSigmoid, RULE, inputs={"x": [1.5]}, at=(0,)),
)

"""Adaptive average pooling: as many windows as the output shall have numbers, and the mean of each."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.pooling_checks import Sizes, by_axis
from glasshouse.layers.pooling_rule import AdaptivePooling

BY_DIMENSIONS: dict[int, type[nn.AdaptiveAvgPool1d | nn.AdaptiveAvgPool2d | nn.AdaptiveAvgPool3d]] = {
    1: nn.AdaptiveAvgPool1d,
    2: nn.AdaptiveAvgPool2d,
    3: nn.AdaptiveAvgPool3d,
}


def adaptive_average_pool(
    output_size: Sizes, dimensions: int = 2
) -> nn.AdaptiveAvgPool1d | nn.AdaptiveAvgPool2d | nn.AdaptiveAvgPool3d:
    r"""Means of windows that are laid so that a given number of them covers the input.

    .. math::
        y_i = \frac{1}{b_i - a_i} \sum_{j=a_i}^{b_i - 1} x_j, \quad
        a_i = \lfloor i n / o \rfloor, \; b_i = \lceil (i + 1) n / o \rceil

    Shapes: x (N, C, H, W), y (N, C, *output_size); with other ``dimensions`` (N, C, L) or (N, C, D, H, W).

    Args:
        output_size: Numbers that come out along each axis, at least 1.
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        He, Zhang, Ren and Sun 2014, Spatial pyramid pooling, arXiv 1406.4729.

    Example:
        >>> adaptive_average_pool(2, dimensions=1)(torch.tensor([[[1.0, 2.0, 6.0]]])).flatten().tolist()
        [1.5, 4.0]
    """
    sizes = by_axis("output_size", output_size, dimensions, at_least=1)
    if dimensions == 1:
        return nn.AdaptiveAvgPool1d(sizes[0])
    return BY_DIMENSIONS[dimensions](sizes)


def rule_of(module: Any) -> tuple[AdaptivePooling, dict[str, torch.Tensor]]:
    """The rule of an adaptive average pooling layer.

    Args:
        module: A ``torch.nn.AdaptiveAvgPool1d``, ``2d`` or ``3d``.
    """
    axes = next(count for count, kind in BY_DIMENSIONS.items() if isinstance(module, kind))
    return AdaptivePooling("average", axes, by_axis("output_size", module.output_size, axes, 1)), {}


CONCEPT = Concept(
    name="adaptive_average_pool",
    kind="layer",
    summary="Means of as many windows as the output shall have numbers.",
    build=adaptive_average_pool,
    aliases=("adaptive_average_pooling", "adaptive_avg_pool"),
    equation=(
        r"y_i = \frac{1}{b_i - a_i} \sum_{j=a_i}^{b_i - 1} x_j,\; a_i = \lfloor i n / o \rfloor,\; "
        r"b_i = \lceil (i + 1) n / o \rceil"
    ),
    derivative=r"\frac{\partial y_i}{\partial x_j} = \frac{1}{b_i - a_i} \text{ in the window, else } 0",
    symbols={
        "x": "inputs (N, C, H, W)",
        "n": "size of the input along an axis",
        "o": "size of the output along it, from 1",
        "a": "first place of window i",
        "b": "place after its last one",
    },
    when="Before a linear layer, so that pictures of any size fit it.",
    pitfalls=("When the sizes do not divide, windows overlap and differ in size.",),
    conventions=("An output larger than the input repeats numbers.",),
    source="He, Zhang, Ren and Sun 2014, Spatial pyramid pooling, arXiv 1406.4729.",
    rule=rule_of,
    worked=worked_forward(
        adaptive_average_pool,
        rule_of,
        settings={"output_size": 2, "dimensions": 1},
        inputs={"x": [[[1.0, 2.0, 6.0]]]},
        at=(0, 0, 1),
    ),
)

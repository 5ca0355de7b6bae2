"""Adaptive max pooling: as many windows as the output shall have numbers, and the largest of each."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.pooling_checks import Sizes, by_axis
from glasshouse.layers.pooling_rule import AdaptivePooling

BY_DIMENSIONS: dict[int, type[nn.AdaptiveMaxPool1d | nn.AdaptiveMaxPool2d | nn.AdaptiveMaxPool3d]] = {
    1: nn.AdaptiveMaxPool1d,
    2: nn.AdaptiveMaxPool2d,
    3: nn.AdaptiveMaxPool3d,
}


def adaptive_max_pool(
    output_size: Sizes, dimensions: int = 2
) -> nn.AdaptiveMaxPool1d | nn.AdaptiveMaxPool2d | nn.AdaptiveMaxPool3d:
    r"""The largest numbers of windows that are laid so that a given number of them covers the input.

    .. math::
        y_i = \max_{a_i \le j < b_i} x_j, \quad
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
        >>> adaptive_max_pool(2, dimensions=1)(torch.tensor([[[1.0, 2.0, 6.0]]])).flatten().tolist()
        [2.0, 6.0]
    """
    sizes = by_axis("output_size", output_size, dimensions, at_least=1)
    if dimensions == 1:
        return nn.AdaptiveMaxPool1d(sizes[0])
    return BY_DIMENSIONS[dimensions](sizes)


def rule_of(module: Any) -> tuple[AdaptivePooling, dict[str, torch.Tensor]]:
    """The rule of an adaptive max pooling layer.

    Args:
        module: A ``torch.nn.AdaptiveMaxPool1d``, ``2d`` or ``3d``.
    """
    axes = next(count for count, kind in BY_DIMENSIONS.items() if isinstance(module, kind))
    return AdaptivePooling("max", axes, by_axis("output_size", module.output_size, axes, 1)), {}


CONCEPT = Concept(
    name="adaptive_max_pool",
    kind="layer",
    summary="The largest numbers of as many windows as the output shall have numbers.",
    build=adaptive_max_pool,
    aliases=("adaptive_max_pooling",),
    equation=(
        r"y_i = \max_{a_i \le j < b_i} x_j,\; a_i = \lfloor i n / o \rfloor,\; "
        r"b_i = \lceil (i + 1) n / o \rceil"
    ),
    derivative=r"\frac{\partial y_i}{\partial x_k} = 1 \text{ for the largest of the window, else } 0",
    symbols={
        "x": "inputs (N, C, H, W)",
        "n": "size of the input along an axis",
        "o": "size of the output along it, from 1",
        "a": "first place of window i",
        "b": "place after its last one",
    },
    when="Before a linear layer, so that pictures of any size fit it.",
    pitfalls=("When the sizes do not divide, windows overlap and differ in size.",),
    conventions=(
        "Of equal largest numbers the first, row by row, gets the whole gradient, as in PyTorch.",
        "An output larger than the input repeats numbers.",
    ),
    source="He, Zhang, Ren and Sun 2014, Spatial pyramid pooling, arXiv 1406.4729.",
    rule=rule_of,
    worked=worked_forward(
        adaptive_max_pool,
        rule_of,
        settings={"output_size": 2, "dimensions": 1},
        inputs={"x": [[[1.0, 2.0, 6.0]]]},
        at=(0, 0, 1),
    ),
)

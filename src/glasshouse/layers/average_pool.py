"""Average pooling: the mean of every window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.pooling_checks import Sizes, by_axis, padding_by_axis, windows_fit
from glasshouse.layers.pooling_rule import SlidingPooling


class AveragePool1d(nn.AvgPool1d):
    """``torch.nn.AvgPool1d`` whose refusals show the arithmetic."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, L) to (N, C, L')."""
        windows_fit(x, self, 1)
        return super().forward(x)


class AveragePool2d(nn.AvgPool2d):
    """``torch.nn.AvgPool2d`` whose refusals show the arithmetic."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, C, H', W')."""
        windows_fit(x, self, 2)
        return super().forward(x)


class AveragePool3d(nn.AvgPool3d):
    """``torch.nn.AvgPool3d`` whose refusals show the arithmetic."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, D, H, W) to (N, C, D', H', W')."""
        windows_fit(x, self, 3)
        return super().forward(x)


BY_DIMENSIONS: dict[int, Callable[..., Any]] = {
    1: AveragePool1d,
    2: AveragePool2d,
    3: AveragePool3d,
}


def average_pool(
    kernel_size: Sizes = 2,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil: bool = False,
    count_padding: bool = True,
    dimensions: int = 2,
) -> nn.Module:
    r"""The mean of every window, channel by channel.

    .. math:: y_i = \frac{1}{k} \sum_{j=0}^{k-1} x_{s i + j - p}

    Shapes: x (N, C, H, W), y (N, C, H', W') with the sizes of
    :func:`~glasshouse.layers.sizes.pooling_size`; with other ``dimensions`` (N, C, L) or (N, C, D, H, W).

    Args:
        kernel_size: Size of the window, at least 1; one number, or one for each axis.
        stride: Step from window to window, at least 1; the window's size if left out.
        padding: Zeros added at both ends, 0 to half of the window.
        ceil: Whether the number of windows is rounded up.
        count_padding: Whether the zeros of the padding count in the mean.
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when the window is larger than the padded input.

    Source:
        LeCun, Boser, Denker, Henderson, Howard, Hubbard and Jackel 1989, Handwritten digit recognition with a
        back-propagation network.

    Example:
        >>> average_pool(2)(torch.arange(16.0).reshape(1, 1, 4, 4)).flatten().tolist()
        [2.5, 4.5, 10.5, 12.5]
    """
    kernel = by_axis("kernel_size", kernel_size, dimensions, at_least=1)
    layer: nn.Module = BY_DIMENSIONS[dimensions](
        kernel,
        stride=kernel if stride is None else by_axis("stride", stride, dimensions, at_least=1),
        padding=padding_by_axis(padding, kernel, dimensions),
        ceil_mode=ceil,
        count_include_pad=count_padding,
    )
    return layer


def rule_of(module: Any) -> tuple[SlidingPooling, dict[str, torch.Tensor]]:
    """The rule of an average pooling layer.

    Args:
        module: A ``torch.nn.AvgPool1d``, ``2d`` or ``3d``.
    """
    dimensions = {nn.AvgPool1d: 1, nn.AvgPool2d: 2, nn.AvgPool3d: 3}
    axes = next(count for kind, count in dimensions.items() if isinstance(module, kind))
    return SlidingPooling(
        "average",
        axes,
        kernel=by_axis("kernel_size", module.kernel_size, axes, 1),
        stride=by_axis("stride", module.stride, axes, 1),
        padding=by_axis("padding", module.padding, axes, 0),
        dilation=(1,) * axes,
        ceil=module.ceil_mode,
        count_padding=module.count_include_pad,
    ), {}


CONCEPT = Concept(
    name="average_pool",
    kind="layer",
    summary="The mean of every window.",
    build=average_pool,
    aliases=("average_pooling", "avg_pool", "mean_pool"),
    equation=r"y_i = \frac{1}{k} \sum_{j=0}^{k-1} x_{s i + j - p}",
    derivative=r"\frac{\partial y_i}{\partial x_j} = \frac{1}{k} \text{ in the window, else } 0",
    symbols={
        "x": "inputs (N, C, H, W)",
        "i": "place in the output",
        "k": "numbers in the window",
        "s": "stride, from 1",
        "p": "padding at both ends, 0 to half of the window",
    },
    when="To make maps smaller where every place matters alike, and at the end of a convolutional network.",
    pitfalls=("A strong pattern at one place is thinned out by its weak neighbours.",),
    conventions=(
        "PyTorch counts the zeros of the padding in the mean (count_padding = true); Keras and TensorFlow "
        "divide by the numbers that are really there.",
    ),
    source=(
        "LeCun, Boser, Denker, Henderson, Howard, Hubbard and Jackel 1989, Handwritten digit recognition "
        "with a back-propagation network."
    ),
    rule=rule_of,
    worked=worked_forward(
        average_pool,
        rule_of,
        settings={"kernel_size": 2},
        inputs={"x": [[[[1.0, 3.0], [2.0, 0.5]]]]},
        at=(0, 0, 0, 0),
    ),
)

"""Max pooling: the largest number of every window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.pooling_checks import Sizes, by_axis, padding_by_axis, windows_fit
from glasshouse.layers.pooling_rule import SlidingPooling


class MaxPool1d(nn.MaxPool1d):
    """``torch.nn.MaxPool1d`` whose refusals show the arithmetic."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, L) to (N, C, L')."""
        windows_fit(x, self, 1)
        y: torch.Tensor = super().forward(x)
        return y


class MaxPool2d(nn.MaxPool2d):
    """``torch.nn.MaxPool2d`` whose refusals show the arithmetic."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, C, H', W')."""
        windows_fit(x, self, 2)
        y: torch.Tensor = super().forward(x)
        return y


class MaxPool3d(nn.MaxPool3d):
    """``torch.nn.MaxPool3d`` whose refusals show the arithmetic."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, D, H, W) to (N, C, D', H', W')."""
        windows_fit(x, self, 3)
        y: torch.Tensor = super().forward(x)
        return y


BY_DIMENSIONS: dict[int, Callable[..., Any]] = {1: MaxPool1d, 2: MaxPool2d, 3: MaxPool3d}


def max_pool(
    kernel_size: Sizes = 2,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil: bool = False,
    dimensions: int = 2,
) -> nn.Module:
    r"""The largest number of every window, channel by channel.

    .. math:: y_i = \max_{j} x_{s i + d j - p}

    Shapes: x (N, C, H, W), y (N, C, H', W') with the sizes of
    :func:`~glasshouse.layers.sizes.pooling_size`; with other ``dimensions`` (N, C, L) or (N, C, D, H, W).

    Args:
        kernel_size: Size of the window, at least 1; one number, or one for each axis.
        stride: Step from window to window, at least 1; the window's size if left out.
        padding: Places added at both ends, 0 to half of the window; they never win.
        dilation: Step from number to number inside a window, at least 1.
        ceil: Whether the number of windows is rounded up.
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when the window is larger than the padded input.

    Source:
        Riesenhuber and Poggio 1999, Hierarchical models of object recognition in cortex.

    Example:
        >>> max_pool(2)(torch.arange(16.0).reshape(1, 1, 4, 4)).flatten().tolist()
        [5.0, 7.0, 13.0, 15.0]
    """
    kernel = by_axis("kernel_size", kernel_size, dimensions, at_least=1)
    layer: nn.Module = BY_DIMENSIONS[dimensions](
        kernel,
        stride=kernel if stride is None else by_axis("stride", stride, dimensions, at_least=1),
        padding=padding_by_axis(padding, kernel, dimensions),
        dilation=by_axis("dilation", dilation, dimensions, at_least=1),
        ceil_mode=ceil,
    )
    return layer


def rule_of(module: Any) -> tuple[SlidingPooling, dict[str, torch.Tensor]]:
    """The rule of a max pooling layer.

    Args:
        module: A ``torch.nn.MaxPool1d``, ``2d`` or ``3d``.
    """
    dimensions = {nn.MaxPool1d: 1, nn.MaxPool2d: 2, nn.MaxPool3d: 3}
    axes = next(count for kind, count in dimensions.items() if isinstance(module, kind))
    return SlidingPooling(
        "max",
        axes,
        kernel=by_axis("kernel_size", module.kernel_size, axes, 1),
        stride=by_axis("stride", module.stride, axes, 1),
        padding=by_axis("padding", module.padding, axes, 0),
        dilation=by_axis("dilation", module.dilation, axes, 1),
        ceil=module.ceil_mode,
    ), {}


CONCEPT = Concept(
    name="max_pool",
    kind="layer",
    summary="The largest number of every window.",
    build=max_pool,
    aliases=("max_pooling", "maxpool"),
    equation=r"y_i = \max_{j} x_{s i + d j - p}",
    derivative=r"\frac{\partial y_i}{\partial x_k} = 1 \text{ for the largest of the window, else } 0",
    symbols={
        "x": "inputs (N, C, H, W)",
        "i": "place in the output",
        "j": "place in the window, 0 to k - 1",
        "s": "stride, from 1",
        "d": "dilation, from 1",
        "p": "padding at both ends, 0 to half of the window",
    },
    when="To make maps smaller where it matters that a pattern is there, not exactly where.",
    pitfalls=(
        "Only the winner learns: the gradient of all others in the window is 0.",
        "What no window reaches at the far edge is never seen; ceil = true adds a window for it.",
    ),
    conventions=(
        "Of equal largest numbers the first, row by row, gets the whole gradient, as in PyTorch.",
        "Padding counts as minus infinity, not as 0.",
    ),
    source="Riesenhuber and Poggio 1999, Hierarchical models of object recognition in cortex.",
    rule=rule_of,
    worked=worked_forward(
        max_pool,
        rule_of,
        settings={"kernel_size": 2},
        inputs={"x": [[[[1.0, 3.0], [2.0, 0.5]]]]},
        at=(0, 0, 0, 0),
    ),
)

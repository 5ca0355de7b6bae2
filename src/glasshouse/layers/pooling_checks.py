"""Settings and inputs of pooling layers, checked with messages that name the fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from glasshouse.core.checks import whole_number
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers.sizes import pooling_size

Sizes = int | Sequence[int]
"""One whole number for every axis, or one for each."""

LARGEST = 3
"""Series, pictures, volumes."""


def by_axis(name: str, value: Sizes, dimensions: int, at_least: int) -> tuple[int, ...]:
    """One number for every axis.

    Args:
        name: The setting's name, for the message.
        value: One whole number for all axes, or one for each.
        dimensions: How many axes.
        at_least: The smallest number allowed.

    Raises:
        SettingError: There are more or fewer numbers than axes, or one is too small.

    Example:
        >>> by_axis("kernel_size", 3, 2, at_least=1)
        (3, 3)
    """
    whole_number("dimensions", dimensions, at_least=1, at_most=LARGEST)
    numbers: Sequence[Any] = value if isinstance(value, (list, tuple)) else [value] * dimensions
    if len(numbers) != dimensions:
        raise SettingError(
            f"{name} = {value!r}",
            expected=f"one whole number, or {dimensions} of them: one for each axis",
            fix=f"give {name} as many numbers as there are dimensions",
        )
    return tuple(whole_number(name, each, at_least=at_least) for each in numbers)


def padding_by_axis(value: Sizes, kernel: Sequence[int], dimensions: int) -> tuple[int, ...]:
    """The padding of every axis, at most half of the window.

    Args:
        value: One whole number for all axes, or one for each, from 0.
        kernel: The window's sizes.
        dimensions: How many axes.

    Raises:
        SettingError: One is negative, or so large that a window would lie in the padding alone.

    Example:
        >>> padding_by_axis(1, (3, 3), 2)
        (1, 1)
    """
    padding = by_axis("padding", value, dimensions, at_least=0)
    for each, size in zip(padding, kernel, strict=True):
        if each > size // 2:
            raise SettingError(
                f"padding = {value!r} with kernel_size = {size}",
                expected=f"at most half of the window: 0 to {size // 2}",
                fix=f"set padding to {size // 2} or less",
            )
    return padding


def windows_fit(x: torch.Tensor, module: Any, dimensions: int) -> None:
    """Demand that x has the axes that a pooling layer slides over, and that its window fits in.

    Args:
        x: What goes in.
        module: The pooling layer; its window settings are tuples.
        dimensions: How many axes its window spans.

    Raises:
        ModelError: x has other axes, or one of them is smaller than the window; with the arithmetic.

    Example:
        >>> layer = torch.nn.AvgPool2d((2, 2), (2, 2), (0, 0))
        >>> windows_fit(torch.ones(1, 1, 4, 4), layer, 2)
    """
    if torch.compiler.is_compiling():
        return  # sizes may be symbols there, and the network has run before it is exported
    has_axes(x, dimensions, type(module).__name__)
    dilation = getattr(module, "dilation", (1,) * dimensions)
    settings = zip(module.kernel_size, module.stride, module.padding, dilation, strict=True)
    for size, (kernel, stride, padding, step) in zip(x.shape[-dimensions:], settings, strict=True):
        pooling_size(size, kernel, stride, padding, step, getattr(module, "ceil_mode", False))


def has_axes(x: torch.Tensor, dimensions: int, layer: str) -> None:
    """Demand the axes of a batch of series, pictures or volumes.

    Args:
        x: What goes in.
        dimensions: Axes beside samples and channels.
        layer: Who asks, for the message.

    Raises:
        ModelError: x has more or fewer axes (one sample alone, without the first axis, is fine).

    Example:
        >>> has_axes(torch.ones(1, 1, 4), 1, "MaxPool1d")
    """
    if x.dim() not in (dimensions + 1, dimensions + 2):
        axes = ("L", "H, W", "D, H, W")[dimensions - 1]
        raise ModelError(
            f"{layer} received x of shape {tuple(x.shape)}",
            expected=f"samples and channels before {dimensions} more axes: (N, C, {axes})",
            fix=f"bring x to that shape, or set dimensions to {max(1, x.dim() - 2)}",
        )

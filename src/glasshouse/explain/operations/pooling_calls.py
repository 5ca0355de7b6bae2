"""Readers of pooling functions: the rules are those of ``glasshouse.layers``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.explain.operations.layer_calls import by_card
from glasshouse.explain.operations.linear_map import linear_map
from glasshouse.explain.reading import Call, Reader, Reading
from glasshouse.layers import LAYERS


def max_pool(layer: Callable[..., Any]) -> Reader:
    """The reader of max pooling.

    Args:
        layer: PyTorch's layer.
    """

    def reader(
        call: Call,
        input: torch.Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Reading | None:
        module = layer(kernel_size, stride or None, padding, dilation, ceil_mode=ceil_mode)
        return _first_of(call, by_card(LAYERS, "max_pool", module, x=input))

    return reader


def average_pool(layer: Callable[..., Any]) -> Reader:
    """The reader of average pooling.

    Args:
        layer: PyTorch's layer.
    """

    def reader(
        call: Call,
        input: torch.Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Reading | None:
        if divisor_override is not None:
            return linear_map(
                call, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
            )
        module = layer(kernel_size, stride or None, padding, ceil_mode, count_include_pad)
        return by_card(LAYERS, "average_pool", module, x=input)

    return reader


def adaptive_pool(layer: Callable[..., Any], name: str) -> Reader:
    """The reader of adaptive pooling.

    Args:
        layer: PyTorch's layer.
        name: The concept's name.
    """

    def reader(
        call: Call, input: torch.Tensor, output_size: Any, return_indices: bool = False
    ) -> Reading | None:
        sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size,)
        if any(size is None for size in sizes):
            axes = len(sizes)
            output_size = tuple(
                own if size is None else size for size, own in zip(sizes, input.shape[-axes:], strict=True)
            )
        return _first_of(call, by_card(LAYERS, name, layer(output_size), x=input))

    return reader


def _first_of(call: Call, reading: Reading | None) -> Reading | None:
    """A reading whose second output, the places of the largest, no rule gives."""
    if reading is None or len(call.outputs) == 1:
        return reading
    return Reading(reading.rule, reading.values, ("y", None), concept=reading.concept, title=reading.title)


POOLING_CALLS: dict[str, Reader] = {
    "max_pool1d": max_pool(nn.MaxPool1d),
    "max_pool2d": max_pool(nn.MaxPool2d),
    "max_pool3d": max_pool(nn.MaxPool3d),
    "max_pool1d_with_indices": max_pool(nn.MaxPool1d),
    "max_pool2d_with_indices": max_pool(nn.MaxPool2d),
    "max_pool3d_with_indices": max_pool(nn.MaxPool3d),
    "avg_pool1d": average_pool(nn.AvgPool1d),
    "avg_pool2d": average_pool(nn.AvgPool2d),
    "avg_pool3d": average_pool(nn.AvgPool3d),
    "adaptive_avg_pool1d": adaptive_pool(nn.AdaptiveAvgPool1d, "adaptive_average_pool"),
    "adaptive_avg_pool2d": adaptive_pool(nn.AdaptiveAvgPool2d, "adaptive_average_pool"),
    "adaptive_avg_pool3d": adaptive_pool(nn.AdaptiveAvgPool3d, "adaptive_average_pool"),
    "adaptive_max_pool1d": adaptive_pool(nn.AdaptiveMaxPool1d, "adaptive_max_pool"),
    "adaptive_max_pool2d": adaptive_pool(nn.AdaptiveMaxPool2d, "adaptive_max_pool"),
    "adaptive_max_pool3d": adaptive_pool(nn.AdaptiveMaxPool3d, "adaptive_max_pool"),
}
"""The reader of each pooling function, by its name."""

"""Settings, inputs and cost of transposed convolutions, checked with messages that name the fix."""

from __future__ import annotations

import math
from typing import Any

import torch

from glasshouse.core.errors import SettingError
from glasshouse.layers.convolution_checks import Numbers, channels_fit
from glasshouse.layers.parameter_counts import convolution_parameters
from glasshouse.layers.pooling_checks import Sizes, by_axis
from glasshouse.layers.sizes import transposed_size


def transposed_settings(
    channels: tuple[int, int],
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    groups: int,
    dilation: Sizes,
    axes: int,
) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers]:
    """Check the settings of a transposed convolution.

    Args:
        channels: How many go in, and how many come out.
        kernel_size: From 1.
        stride: From 1.
        padding: From 0.
        output_padding: From 0, below the larger of stride and dilation.
        groups: A divisor of both channels.
        dilation: From 1.
        axes: Along how many axes the kernel slides.

    Returns:
        Kernel, stride, padding, output padding and dilation, one number for each axis.

    Raises:
        SettingError: A setting lies outside its range.

    Example:
        >>> transposed_settings((1, 1), 3, 2, 1, 1, 1, 1, axes=1)
        ((3,), (2,), (1,), (1,), (1,))
    """
    kernel = by_axis("kernel_size", kernel_size, axes, at_least=1)
    strides = by_axis("stride", stride, axes, at_least=1)
    cut = by_axis("padding", padding, axes, at_least=0)
    dilations = by_axis("dilation", dilation, axes, at_least=1)
    longer = by_axis("output_padding", output_padding, axes, at_least=0)
    convolution_parameters(*channels, kernel, groups)
    for q, s, d in zip(longer, strides, dilations, strict=True):
        if q >= max(s, d):
            raise SettingError(
                f"output_padding = {q} with stride = {s} and dilation = {d}",
                expected=f"less than the larger of both: 0 to {max(s, d) - 1}",
                fix="it chooses among the sizes that a convolution with that stride brings to one; set it to "
                f"{max(s, d) - 1} or less",
            )
    return kernel, strides, cut, longer, dilations


def transposed_fits(x: torch.Tensor, module: Any, axes: int) -> None:
    """Demand an input from which a transposed convolution leaves something.

    Args:
        x: What goes in.
        module: A ``torch.nn`` transposed convolution.
        axes: Along how many axes its kernel slides.

    Raises:
        ModelError: x has other axes or channels, or the padding cuts everything off, with the arithmetic.

    Example:
        >>> transposed_fits(torch.ones(1, 1, 4), torch.nn.ConvTranspose1d(1, 1, 3), 1)
    """
    if torch.compiler.is_compiling():
        return  # sizes may be symbols there, and the network has run before it is exported
    channels_fit(x, module.in_channels, axes, type(module).__name__)
    settings = (module.kernel_size, module.stride, module.padding, module.dilation, module.output_padding)
    for n, k, s, p, d, q in zip(x.shape[-axes:], *settings, strict=True):
        if n < 1 or (n - 1) * s - 2 * p + d * (k - 1) + 1 + q < 1:
            transposed_size(n, k, s, p, d, q)  # raises, with the arithmetic


def products(module: Any, output: torch.Tensor) -> int:
    """The products that a transposed convolution adds up for one sample, those that padding cuts off too.

    Args:
        module: A ``torch.nn`` transposed convolution.
        output: What came out.

    Example:
        >>> layer = torch.nn.ConvTranspose1d(1, 1, 3, stride=2)
        >>> products(layer, layer(torch.ones(1, 1, 4)))
        12
    """
    settings = (module.kernel_size, module.stride, module.padding, module.dilation, module.output_padding)
    sizes = output.shape[-len(module.kernel_size) :]
    inputs = [
        (o - 1 - q + 2 * p - d * (k - 1)) // s + 1 for o, k, s, p, d, q in zip(sizes, *settings, strict=True)
    ]
    laid: int = module.weight.numel() * math.prod(inputs)
    return laid

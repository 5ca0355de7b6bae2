"""Settings and inputs of convolutions, checked with messages that name the fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from glasshouse.core.checks import one_of
from glasshouse.core.errors import ModelError
from glasshouse.layers.convolution_padding import (
    MODES,
    Padding,
    PaddingSetting,
    padding_amounts,
    padding_fits,
    read_padding,
)
from glasshouse.layers.parameter_counts import convolution_parameters
from glasshouse.layers.pooling_checks import Sizes, by_axis
from glasshouse.layers.sizes import convolution_size, window_count

Numbers = tuple[int, ...]


@dataclass(frozen=True)
class Settings:
    """The settings of a convolution, one number for each axis.

    Args:
        kernel_size, stride, dilation: For each axis.
        padding: Places before and after each axis, or ``"tensorflow_same"``.
    """

    kernel_size: Numbers
    stride: Numbers
    dilation: Numbers
    padding: Padding

    @property
    def symmetric(self) -> Numbers | None:
        """One number for both ends of each axis, as PyTorch takes it; None where there is none."""
        if isinstance(self.padding, str) or any(before != after for before, after in self.padding):
            return None
        return tuple(before for before, _ in self.padding)


def convolution_settings(
    channels: tuple[int, int],
    kernel_size: Sizes,
    stride: Sizes,
    dilation: Sizes,
    groups: int,
    padding: PaddingSetting,
    axes: int,
) -> Settings:
    """Check the settings of a convolution.

    Args:
        channels: How many go in, and how many come out.
        kernel_size: From 1.
        stride: From 1.
        dilation: From 1.
        groups: A divisor of both channels.
        padding: See :func:`~glasshouse.layers.convolution_padding.read_padding`.
        axes: Along how many axes the kernel slides.

    Raises:
        SettingError: A setting lies outside its range.

    Example:
        >>> convolution_settings((1, 1), 3, 1, 1, 1, "same", axes=1).padding
        ((1, 1),)
    """
    kernel = by_axis("kernel_size", kernel_size, axes, at_least=1)
    strides = by_axis("stride", stride, axes, at_least=1)
    dilations = by_axis("dilation", dilation, axes, at_least=1)
    convolution_parameters(*channels, kernel, groups)  # refuses channels and groups that do not go together
    return Settings(kernel, strides, dilations, read_padding(padding, kernel, strides, dilations))


def padding_mode_of(value: str) -> str:
    """How padding is filled: one of four words.

    Args:
        value: The setting.

    Raises:
        SettingError: It is another word.

    Example:
        >>> padding_mode_of("reflect")
        'reflect'
    """
    return one_of("padding_mode", value, MODES)


def channels_fit(x: torch.Tensor, channels: int, axes: int, layer: str) -> None:
    """Demand a batch (or one sample) of series, pictures or volumes with as many channels as are expected.

    Args:
        x: What goes in.
        channels: How many channels are expected.
        axes: Axes beside samples and channels.
        layer: Who asks, for the message.

    Raises:
        ModelError: x has other axes, or another number of channels.

    Example:
        >>> channels_fit(torch.ones(1, 3, 8, 8), 3, 2, "Conv2d")
    """
    names = ("L", "H, W", "D, H, W")[axes - 1]
    wanted = f"(N, {channels}, {names})"
    if x.dim() not in (axes + 1, axes + 2):
        raise ModelError(
            f"{layer} received x of shape {tuple(x.shape)}",
            expected=f"{wanted}: samples, {channels} channels and {axes} more axes (one sample may lack N)",
            fix="bring x to that shape, or use the layer for as many axes as x has",
        )
    if x.shape[-axes - 1] != channels:
        last = x.shape[-1] == channels
        raise ModelError(
            f"{layer} received {x.shape[-axes - 1]} channels: x of shape {tuple(x.shape)}",
            expected=f"{wanted}: in_channels = {channels}",
            fix="move the channels before the other axes: x.movedim(-1, 1)"
            if last
            else f"set in_channels = {x.shape[-axes - 1]}, or give x with {channels} channels",
        )


def kernel_fits(x: torch.Tensor, settings: Settings, mode: str) -> None:
    """Demand that the kernel fits into the padded input.

    Args:
        x: What goes in.
        settings: The convolution's settings.
        mode: How the padding is filled.

    Raises:
        ModelError: It spans more, with the arithmetic; or there are too few numbers to mirror.

    Example:
        >>> kernel_fits(torch.ones(1, 1, 4), convolution_settings((1, 1), 3, 1, 1, 1, 0, 1), "zeros")
    """
    kernel, stride, dilation = settings.kernel_size, settings.stride, settings.dilation
    sizes = x.shape[-len(kernel) :]
    amounts = padding_amounts(settings.padding, sizes, kernel, stride, dilation)
    for n, k, s, pair, d in zip(sizes, kernel, stride, amounts, dilation, strict=True):
        if n < 1 or window_count(n, k, s, pair, d) < 1:
            convolution_size(n, k, s, pair, d)  # raises, with the arithmetic
    padding_fits(amounts, sizes, mode)


def described(module: Any, settings: Settings) -> str:
    """The settings of a convolution in a line, those left out that have their usual value.

    Args:
        module: A ``torch.nn`` convolution.
        settings: Its settings.

    Example:
        >>> described(torch.nn.Conv1d(1, 2, 4), convolution_settings((1, 2), 4, 1, 1, 1, "causal", 1))
        '1, 2, kernel_size=(4,), padding=(3+0)'
    """
    said = [f"{module.in_channels}, {module.out_channels}, kernel_size={settings.kernel_size}"]
    if any(each > 1 for each in settings.stride):
        said.append(f"stride={settings.stride}")
    if settings.symmetric is None:
        said.append(f"padding={_uneven(settings.padding)}")
    elif any(settings.symmetric):
        said.append(f"padding={settings.symmetric}")
    if any(each > 1 for each in settings.dilation):
        said.append(f"dilation={settings.dilation}")
    if module.groups > 1:
        said.append(f"groups={module.groups}")
    if module.bias is None:
        said.append("bias=False")
    if module.padding_mode != "zeros":
        said.append(f"padding_mode={module.padding_mode!r}")
    return ", ".join(said)


def _uneven(padding: Padding) -> str:
    """Before and after with a plus between them, axis by axis."""
    if isinstance(padding, str):
        return padding
    return "(" + ", ".join(f"{before}+{after}" for before, after in padding) + ")"


def checked_and_padded(x: torch.Tensor, module: Any, settings: Settings) -> torch.Tensor:
    """The input of a convolution, padded as far as PyTorch's own layer does not do it.

    Args:
        x: What goes in.
        module: A ``torch.nn`` convolution.
        settings: Its settings.

    Raises:
        ModelError: x does not fit.

    Example:
        >>> layer = torch.nn.Conv1d(1, 1, 4)
        >>> settings = convolution_settings((1, 1), 4, 1, 1, 1, "same", 1)
        >>> checked_and_padded(torch.ones(1, 1, 4), layer, settings).shape
        torch.Size([1, 1, 7])
    """
    mode: str = module.padding_mode
    axes = len(settings.kernel_size)
    # While a network is compiled or exported, sizes may be symbols; it has run before.
    if not torch.compiler.is_compiling():
        channels_fit(x, module.in_channels, axes, type(module).__name__)
        kernel_fits(x, settings, mode)
    if settings.symmetric is not None:
        return x
    amounts = padding_amounts(
        settings.padding, x.shape[-axes:], settings.kernel_size, settings.stride, settings.dilation
    )
    # PyTorch wants the last axis first.
    flat: Sequence[int] = [each for pair in reversed(amounts) for each in pair]
    return F.pad(x, list(flat), "constant" if mode == "zeros" else mode)

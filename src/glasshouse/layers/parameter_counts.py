"""How many numbers a linear or convolutional layer learns, with the arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from glasshouse.core.checks import whole_number
from glasshouse.core.errors import SettingError
from glasshouse.core.expression import Expression, Number, Product


@dataclass(frozen=True, slots=True)
class Count:
    """A number of parameters and how it comes about.

    Args:
        count: All of them.
        arithmetic: Outputs times what each of them learns.
    """

    count: int
    arithmetic: Expression = field(compare=False)

    def __str__(self) -> str:
        # Not as a rounded number: a count of parameters is exact.
        return f"{self.arithmetic.text()} = {self.count:,}"


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> Count:
    """The parameters of a linear layer: every output has a weight for each input, and a bias.

    Args:
        in_features: Inputs, from 1.
        out_features: Outputs, from 1.
        bias: Whether there are biases.

    Raises:
        SettingError: A size is not a whole number from 1.

    Example:
        >>> print(linear_parameters(4096, 10))
        10·(4096 + 1) = 40,970
    """
    whole_number("in_features", in_features, at_least=1)
    whole_number("out_features", out_features, at_least=1)
    each: Expression = Number(in_features, "in_features")
    return _counted(Number(out_features, "out_features"), each, bias, in_features * out_features)


def convolution_parameters(
    in_channels: int,
    out_channels: int,
    kernel_size: Sequence[int],
    groups: int = 1,
    bias: bool = True,
) -> Count:
    """The parameters of a convolution: every output channel has one kernel for each channel of its group.

    Args:
        in_channels: Channels that go in, from 1.
        out_channels: Channels that come out, from 1.
        kernel_size: The kernel's size along each axis, each from 1.
        groups: Into how many groups the channels are divided; divides both.
        bias: Whether there are biases.

    Raises:
        SettingError: A number lies outside its range, or the groups do not divide the channels.

    Example:
        >>> print(convolution_parameters(3, 12, (3, 3)))
        12·(3·3·3 + 1) = 336
        >>> print(convolution_parameters(32, 32, (3, 3), groups=32, bias=False))
        32·(32 / 32)·3·3 = 288
    """
    for name, size in (("in_channels", in_channels), ("out_channels", out_channels)):
        whole_number(name, size, at_least=1)
        whole_number("groups", groups, at_least=1)
        if size % groups:
            raise SettingError(
                f"groups = {groups} with {name} = {size}",
                expected=f"a divisor of {name}",
                fix="choose a number of groups that divides in_channels and out_channels",
            )
    sides = [Number(whole_number("kernel_size", side, at_least=1), "k") for side in kernel_size]
    channels: Expression = Number(in_channels, "in_channels")
    if groups > 1:
        channels = channels / Number(groups, "groups")
    count = out_channels * (in_channels // groups) * math.prod(kernel_size)
    return _counted(Number(out_channels, "out_channels"), Product([channels, *sides]), bias, count)


def _counted(outputs: Number, each: Expression, bias: bool, weights: int) -> Count:
    return Count(weights + int(outputs.number) * bias, outputs * (each + 1) if bias else outputs * each)

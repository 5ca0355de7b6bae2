"""Output sizes of convolution and pooling along one axis, each with the arithmetic that gives it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch

from glasshouse.core.arithmetic import Function
from glasshouse.core.checks import whole_number
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.core.expression import Expression, Number, wrap

floor = Function(torch.floor, math.floor, "floor({0})", r"\left\lfloor {0} \right\rfloor")
ceiling = Function(torch.ceil, math.ceil, "ceil({0})", r"\left\lceil {0} \right\rceil")

Padding = int | tuple[int, int]
"""Zeros on both sides of an axis, or those before and those after it."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many numbers come out along one axis, and why.

    Args:
        size: The count.
        arithmetic: The formula with its numbers; its value is the count.
        unseen: Numbers at the end of the input that no window reaches.
        note: What the formula alone does not say.
    """

    size: int
    arithmetic: Expression = field(compare=False)
    unseen: int = 0
    note: str = ""

    def __str__(self) -> str:
        return f"{self.arithmetic.text()} = {self.size}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, slots=True)
class SamePadding:
    """The zeros that keep a map at ``ceil(n / stride)``.

    Args:
        before, after: Zeros before and after the input.
        size: What comes out.
        arithmetic: The formula of the zeros in all; its value is ``before + after``.
    """

    before: int
    after: int
    size: int
    arithmetic: Expression = field(compare=False)

    def __str__(self) -> str:
        whole = self.before + self.after
        return f"{self.arithmetic.text()} = {whole}: {self.before} before, {self.after} after"


def convolution_size(n: int, kernel: int, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> Size:
    r"""How many numbers a convolution makes of ``n`` along one axis.

    .. math:: o = \left\lfloor \frac{n + 2p - (d(k - 1) + 1)}{s} \right\rfloor + 1

    Args:
        n: Size of the input, from 1.
        kernel: ``k``, from 1.
        stride: ``s``, from 1.
        padding: ``p``, from 0; or a pair, before and after, in the place of ``2p``.
        dilation: ``d``, from 1.

    Raises:
        SettingError: A number lies outside its range.
        ModelError: The kernel spans more than the padded input.

    Source:
        Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, arXiv 1603.07285.

    Example:
        >>> print(convolution_size(16, 3, padding=2))
        floor((16 + 2·2 − 3) / 1) + 1 = 18
        >>> convolution_size(6, 3, stride=2).unseen
        1
    """
    return _slid(n, kernel, stride, padding, dilation, ceil=False)


def pooling_size(
    n: int,
    kernel: int,
    stride: int | None = None,
    padding: Padding = 0,
    dilation: int = 1,
    ceil: bool = False,
) -> Size:
    """How many numbers pooling makes of ``n`` along one axis.

    It is the size of a convolution. With ``ceil`` it is rounded up, so that the last window may reach beyond
    the padded input; one that would begin in the padding after the input is left out, as PyTorch does it.

    Args:
        n: Size of the input, from 1.
        kernel: Size of the window, from 1.
        stride: Step from window to window, from 1; the window's size if left out.
        padding: Zeros on both sides, from 0; or a pair, before and after.
        dilation: Step from number to number inside a window, from 1.
        ceil: Whether to round up.

    Raises:
        SettingError: A number lies outside its range.
        ModelError: No window fits.

    Source:
        Dumoulin and Visin 2016, arXiv 1603.07285.

    Example:
        >>> print(pooling_size(5, 2))
        floor((5 + 2·0 − 2) / 2) + 1 = 2
        >>> print(pooling_size(5, 2, ceil=True))
        ceil((5 + 2·0 − 2) / 2) + 1 = 3
    """
    return _slid(n, kernel, kernel if stride is None else stride, padding, dilation, ceil)


def transposed_size(
    n: int,
    kernel: int,
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
    output_padding: int = 0,
) -> Size:
    r"""How many numbers a transposed convolution makes of ``n`` along one axis.

    .. math:: o = (n - 1)s - 2p + d(k - 1) + 1 + q

    A convolution with the same settings makes ``n`` of ``o``. With a stride it does so for several ``o``;
    ``q``, the output padding, says which one is meant.

    Args:
        n: Size of the input, from 1.
        kernel: ``k``, from 1.
        stride: ``s``, from 1.
        padding: ``p``, from 0; or a pair in the place of ``2p``. It takes away from the output.
        dilation: ``d``, from 1.
        output_padding: ``q``, from 0, below the larger of stride and dilation.

    Raises:
        SettingError: A number lies outside its range.
        ModelError: Nothing would be left of the output.

    Source:
        Dumoulin and Visin 2016, arXiv 1603.07285.

    Example:
        >>> print(transposed_size(4, 3, stride=2, padding=1, output_padding=1))
        (4 − 1)·2 − 2·1 + 3 + 1 = 8
    """
    before, after = _checked(n, kernel, stride, padding, dilation)
    whole_number("output_padding", output_padding, at_least=0, at_most=max(stride, dilation) - 1)
    steps = (Number(n, "n") - 1) * Number(stride, "s")
    arithmetic = steps - _both(before, after) + _span(kernel, dilation) + Number(output_padding, "q")
    size = (n - 1) * stride - before - after + dilation * (kernel - 1) + 1 + output_padding
    if size < 1:
        raise ModelError(
            f"a transposed convolution of {n}: {arithmetic.text()} = {size}",
            expected="at least 1 number in the output",
            fix="use less padding or a larger kernel",
        )
    return Size(size, arithmetic)


def same_padding(n: int, kernel: int, stride: int = 1, dilation: int = 1) -> SamePadding:
    r"""The zeros with which ``ceil(n / stride)`` numbers come out, as TensorFlow and Keras place them.

    .. math:: p = \max\left((\lceil n / s \rceil - 1) s + d(k - 1) + 1 - n,\; 0\right)

    Half of them go before the input; an odd one goes after it. With stride 1 it is the "same" of PyTorch.

    Args:
        n: Size of the input, from 1.
        kernel: ``k``, from 1.
        stride: ``s``, from 1.
        dilation: ``d``, from 1.

    Raises:
        SettingError: A number lies outside its range.

    Source:
        Abadi et al. 2016, TensorFlow: a system for large-scale machine learning.

    Example:
        >>> print(same_padding(8, 3, stride=2))
        (ceil(8 / 2) − 1)·2 + 3 − 8 = 1: 0 before, 1 after
    """
    _checked(n, kernel, stride, 0, dilation)
    before, after = same_amounts(n, kernel, stride, dilation)
    reached = (ceiling(Number(n, "n") / Number(stride, "s")) - 1) * Number(stride, "s")
    arithmetic = reached + _span(kernel, dilation) - Number(n, "n")
    # A negative need (a stride longer than the kernel) asks for no zeros.
    needed = arithmetic if arithmetic.value >= 0 else wrap(0)
    return SamePadding(before, after, -(-n // stride), needed)


def same_amounts(n: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """The zeros before and after of :func:`same_padding`, as bare numbers and unchecked.

    Args:
        n: Size of the input.
        kernel: Size of the kernel.
        stride: The stride.
        dilation: The dilation.
    """
    whole = max((-(-n // stride) - 1) * stride + dilation * (kernel - 1) + 1 - n, 0)
    return whole // 2, whole - whole // 2


def window_count(
    n: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int = 1, ceil: bool = False
) -> int:
    """How many windows there are, as a bare number and unchecked: below 1 where none fits.

    Args:
        n: Size of the input.
        kernel: Size of the window.
        stride: The stride.
        padding: Zeros before and after.
        dilation: The dilation.
        ceil: Whether to round up.
    """
    free = n + sum(padding) - dilation * (kernel - 1) - 1
    if not ceil:
        return free // stride + 1
    rounded_up = -(-free // stride) + 1
    return rounded_up - 1 if (rounded_up - 1) * stride >= n + padding[0] else rounded_up


def _slid(n: int, kernel: int, stride: int, padding: Padding, dilation: int, ceil: bool) -> Size:
    before, after = _checked(n, kernel, stride, padding, dilation)
    size = window_count(n, kernel, stride, (before, after), dilation, ceil)
    reach = dilation * (kernel - 1) + 1
    if size < 1:
        raise ModelError(
            f"a kernel that spans {reach} on an input of {n}, {n + before + after} with its padding: "
            f"{n} + {_both(before, after).text()} − {reach} = {n + before + after - reach}",
            expected="a padded input at least as large as the span of the kernel",
            fix="use a smaller kernel or dilation, pad more, or shrink the input less before it",
        )
    free = Number(n, "n") + _both(before, after) - _span(kernel, dilation)
    rounded = (ceiling if ceil else floor)(free / Number(stride, "s"))
    note = ""
    if ceil and int(rounded.value) + 1 > size:
        rounded, note = rounded - 1, "the last window would begin in the padding after the input"
    end = (size - 1) * stride + reach - before
    return Size(size, rounded + 1, max(0, n - end), note)


def _checked(n: int, kernel: int, stride: int, padding: Padding, dilation: int) -> tuple[int, int]:
    for name, value in (("n", n), ("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        whole_number(name, value, at_least=1)
    sides = padding if isinstance(padding, tuple) else (padding, padding)
    if len(sides) != 2:
        raise SettingError(
            f"padding = {padding!r}",
            expected="a whole number, or a pair: before and after",
            fix="give one number for both sides, or two",
        )
    before, after = (whole_number("padding", side, at_least=0) for side in sides)
    return before, after


def _both(before: int, after: int) -> Expression:
    if before == after:
        return Number(2) * Number(before, "p")
    return Number(before, "p_before") + Number(after, "p_after")


def _span(kernel: int, dilation: int) -> Expression:
    """What a kernel spans: its size, or with gaps ``d (k - 1) + 1``."""
    k = Number(kernel, "k")
    return k if dilation == 1 else Number(dilation, "d") * (k - 1) + 1

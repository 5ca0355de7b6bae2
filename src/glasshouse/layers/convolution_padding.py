"""Padding of convolutions: how much goes before and after the input, and with which numbers it is filled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch

from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers.pooling_checks import by_axis
from glasshouse.layers.sizes import same_amounts

PaddingSetting = int | str | Sequence[Any]
"""``"valid"``, ``"same"``, ``"tensorflow_same"``, ``"causal"``, one number, one for each axis, or a pair of
numbers (before, after) for each axis."""

Amounts = tuple[tuple[int, int], ...]
"""For every axis the places added before and after."""

Padding = Amounts | Literal["tensorflow_same"]
"""Known amounts, or those that depend on the size of the input."""

WORDS = ("valid", "same", "tensorflow_same", "causal")
MODES = ("zeros", "reflect", "replicate", "circular")
OUTSIDE = -1
"""Stands where a padded place is a zero and no number of the input."""


def read_padding(
    value: PaddingSetting, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> Padding:
    """The padding that a setting means.

    Args:
        value: ``"valid"`` (none), ``"same"`` (with stride 1 as many numbers come out as go in; an odd zero
            goes after the input, as in PyTorch), ``"tensorflow_same"`` (``ceil(n / stride)`` come out, for
            every stride), ``"causal"`` (series only: all of it before the input, so that no output sees a
            later input), a number from 0, one for each axis, or a pair (before, after) for each axis.
        kernel: The kernel's size along each axis.
        stride: The stride along each axis.
        dilation: The dilation along each axis.

    Raises:
        SettingError: It is none of these, a number is negative, ``"same"`` meets a stride, or ``"causal"``
            more than one axis.

    Example:
        >>> read_padding("same", (4,), (1,), (1,))
        ((1, 2),)
        >>> read_padding([[0, 1], [2, 0]], (3, 3), (1, 1), (1, 1))
        ((0, 1), (2, 0))
    """
    reach = [step * (size - 1) for size, step in zip(kernel, dilation, strict=True)]
    if isinstance(value, str):
        word = one_of("padding", value, WORDS)
        if word == "tensorflow_same":
            return "tensorflow_same"
        if word == "same":
            _without_stride(stride)
            return tuple((each // 2, each - each // 2) for each in reach)
        if word == "causal":
            if len(kernel) > 1:
                raise SettingError(
                    f"padding = 'causal' with {len(kernel)} axes",
                    expected="a series: one axis, on which before and after have a meaning",
                    fix="use it in conv1d, or give a pair (before, after) for each axis",
                )
            return ((reach[0], 0),)
        return tuple((0, 0) for _ in reach)
    pairs = isinstance(value, (list, tuple)) and any(isinstance(each, (list, tuple)) for each in value)
    if not pairs:
        numbers: Any = value
        return tuple((each, each) for each in by_axis("padding", numbers, len(kernel), at_least=0))
    if not isinstance(value, (list, tuple)) or len(value) != len(kernel):
        raise SettingError(
            f"padding = {value!r}",
            expected=f"{len(kernel)} pairs (before, after): one for each axis",
            fix="give a pair for each axis, such as " + repr([[1, 1]] * len(kernel)),
        )
    return tuple(_pair(each) for each in value)


def _without_stride(stride: Sequence[int]) -> None:
    if any(each != 1 for each in stride):
        raise SettingError(
            f"padding = 'same' with stride = {tuple(stride)}",
            expected="stride 1: with a stride fewer numbers come out than go in (PyTorch refuses it as well)",
            fix="set padding = 'tensorflow_same' for ceil(n / stride) numbers, as in TensorFlow and Keras, "
            "or give the padding in numbers",
        )


def _pair(value: Any) -> tuple[int, int]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise SettingError(
            f"padding = {value!r} along one axis",
            expected="a pair: before and after",
            fix="give two whole numbers from 0 for each axis",
        )
    before, after = (whole_number("padding", each, at_least=0) for each in value)
    return before, after


def padding_amounts(
    padding: Padding,
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> Amounts:
    """How many places are added before and after each axis of an input.

    Args:
        padding: What :func:`read_padding` gave.
        sizes: The input's sizes along the axes.
        kernel: The kernel's sizes.
        stride: The strides.
        dilation: The dilations.

    Example:
        >>> padding_amounts("tensorflow_same", (8,), (3,), (2,), (1,))
        ((0, 1),)
    """
    if padding == "tensorflow_same":
        return tuple(same_amounts(*each) for each in zip(sizes, kernel, stride, dilation, strict=True))
    return padding


def padding_fits(amounts: Amounts, sizes: Sequence[int], mode: str) -> None:
    """Demand that the input has enough numbers to be mirrored or wrapped around.

    Args:
        amounts: Places before and after each axis.
        sizes: The input's sizes along these axes.
        mode: How the places are filled.

    Raises:
        ModelError: Mirroring needs more numbers beside the edge than there are, or wrapping around would go
            round more than once.

    Example:
        >>> padding_fits(((2, 2),), (3,), "reflect")
    """
    if mode not in ("reflect", "circular"):
        return
    for pair, size in zip(amounts, sizes, strict=True):
        most = size - 1 if mode == "reflect" else size
        if max(pair) > most:
            raise ModelError(
                f"padding {pair} in mode {mode!r} on an axis of {size}",
                expected=f"at most {most} places on a side: "
                + ("the edge itself is not mirrored" if mode == "reflect" else "once around"),
                fix="pad less, use padding_mode = 'zeros' or 'replicate', or give larger inputs",
            )


def padding_sources(size: int, before: int, after: int, mode: str) -> list[int]:
    """From which place of the input each place of the padded axis takes its number.

    Args:
        size: Size of the input along the axis.
        before: Places added before it.
        after: Places added after it.
        mode: ``"zeros"`` (none: ``OUTSIDE``), ``"reflect"`` (mirrored at the edge, the edge not repeated),
            ``"replicate"`` (the edge repeated) or ``"circular"`` (from the other end).

    Example:
        >>> padding_sources(3, 2, 1, "reflect")
        [2, 1, 0, 1, 2, 1]
        >>> padding_sources(3, 1, 1, "zeros")
        [-1, 0, 1, 2, -1]
    """
    places = range(-before, size + after)
    if mode == "reflect":
        return [abs(place) if place < size else 2 * (size - 1) - place for place in places]
    if mode == "replicate":
        return [min(max(place, 0), size - 1) for place in places]
    if mode == "circular":
        return [place % size for place in places]
    return [place if 0 <= place < size else OUTSIDE for place in places]


def padded(x: torch.Tensor, amounts: Amounts, mode: str = "zeros") -> torch.Tensor:
    """The input with its padding around it.

    Args:
        x: (..., sizes): the last axes are padded.
        amounts: Places before and after each of them.
        mode: How the places are filled.

    Example:
        >>> padded(torch.tensor([1.0, 2.0, 3.0]), ((1, 2),), "circular").tolist()
        [3.0, 1.0, 2.0, 3.0, 1.0, 2.0]
    """
    if not any(map(any, amounts)):
        return x
    first = x.dim() - len(amounts)
    if mode == "zeros":
        sizes = [size + sum(pair) for size, pair in zip(x.shape[first:], amounts, strict=True)]
        result = x.new_zeros(*x.shape[:first], *sizes)
        result[_inside(amounts, x.shape[first:])] = x
        return result
    for axis, pair in enumerate(amounts, start=first):
        sources = torch.tensor(padding_sources(x.shape[axis], *pair, mode), device=x.device)
        x = x.index_select(axis, sources)
    return x


def unpadded(gradient: torch.Tensor, amounts: Amounts, mode: str = "zeros") -> torch.Tensor:
    """The gradient by the input, from that by the padded input: every copy gives its share back.

    Args:
        gradient: (..., padded sizes).
        amounts: Places before and after each of the last axes.
        mode: How they were filled.

    Example:
        >>> unpadded(torch.ones(5), ((1, 1),), "replicate").tolist()
        [2.0, 1.0, 2.0]
    """
    if not any(map(any, amounts)):
        return gradient
    first = gradient.dim() - len(amounts)
    sizes = [size - sum(pair) for size, pair in zip(gradient.shape[first:], amounts, strict=True)]
    if mode == "zeros":
        return gradient[_inside(amounts, sizes)]
    for axis, (size, pair) in enumerate(zip(sizes, amounts, strict=True), start=first):
        sources = torch.tensor(padding_sources(size, *pair, mode), device=gradient.device)
        shape = [*gradient.shape[:axis], size, *gradient.shape[axis + 1 :]]
        gradient = gradient.new_zeros(shape).index_add(axis, sources, gradient)
    return gradient


def _inside(amounts: Amounts, sizes: Sequence[int]) -> tuple[Any, ...]:
    """Where in the padded tensor the input lies."""
    return (
        ...,
        *(slice(before, before + size) for (before, _), size in zip(amounts, sizes, strict=True)),
    )

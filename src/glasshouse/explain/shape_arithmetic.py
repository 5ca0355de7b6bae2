"""Sizes, parameters, products and receptive fields of single operations, each with its arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from glasshouse.core.expression import Expression, Number, Product, Sum, wrap
from glasshouse.layers.parameter_counts import Count, convolution_parameters, linear_parameters
from glasshouse.layers.receptive_fields import Field, field_after
from glasshouse.layers.sizes import Padding, Size, convolution_size, pooling_size, transposed_size

Arguments = dict[str, Any]
"""The arguments of a call by the names that PyTorch's documentation gives them; with them ``output``, what
came out, ``parameters``, those that it used, and ``axes``, the number in the operation's name."""


@dataclass(frozen=True)
class Shaped:
    """What an operation does to shapes.

    Args:
        sizes: How each of the last axes gets its size.
        parameters: What it learns.
        products: Multiply-accumulates for one sample; ``None`` where they are not counted.
        fields: What the receptive field becomes along each of the last axes; ``None`` where every number sees
            the whole input.
    """

    sizes: tuple[Size, ...] = ()
    parameters: Count | None = None
    products: Expression | None = None
    fields: Callable[[Sequence[Field]], tuple[Field, ...] | None] = field(default=tuple)


def convolution(call: Arguments) -> Shaped:
    """Convolution over one, two or three axes."""
    x, weight = call["input"], call["weight"]
    axes = weight.dim() - 2
    kernel = list(weight.shape[2:])
    stride, dilation = by_axis(call.get("stride", 1), axes), by_axis(call.get("dilation", 1), axes)
    padding = paddings(call.get("padding", 0), kernel, dilation)
    groups = call.get("groups", 1)
    sizes = tuple(
        convolution_size(n, *rest)
        for n, *rest in zip(x.shape[-axes:], kernel, stride, padding, dilation, strict=True)
    )
    count = convolution_parameters(
        x.shape[-axes - 1], len(weight), kernel, groups, call.get("bias") is not None
    )
    each = [Number(side, "out") for side in call["output"].shape[-axes:]]
    channels: Expression = Number(x.shape[-axes - 1], "C_in")
    if groups > 1:
        channels = channels / Number(groups, "groups")
    products = Product([*each, Number(len(weight), "C_out"), channels, *(Number(k, "k") for k in kernel)])
    steps = list(zip(kernel, stride, dilation, [first(each) for each in padding], strict=True))
    return Shaped(sizes, count, products, lambda fields: moved(fields, steps))


def transposed(call: Arguments) -> Shaped:
    """Transposed convolution: every number of the input lays one kernel into the output."""
    x, weight = call["input"], call["weight"]
    axes = weight.dim() - 2
    kernel, groups = list(weight.shape[2:]), call.get("groups", 1)
    settings = [by_axis(call.get(name, default), axes) for name, default in TRANSPOSED_SETTINGS]
    sizes = tuple(
        transposed_size(n, k, *rest) for n, k, *rest in zip(x.shape[-axes:], kernel, *settings, strict=True)
    )
    outputs, inputs = weight.shape[1] * groups, x.shape[-axes - 1]
    count = convolution_parameters(inputs, outputs, kernel, groups, call.get("bias") is not None)
    each = [Number(side, "in") for side in x.shape[-axes:]]
    mapped = [Number(inputs, "C_in"), Number(outputs, "C_out") / Number(groups, "groups")]
    if groups == 1:
        mapped[1] = Number(outputs, "C_out")
    return Shaped(sizes, count, Product([*each, *mapped, *(Number(k, "k") for k in kernel)]), nowhere)


TRANSPOSED_SETTINGS = (("stride", 1), ("padding", 0), ("dilation", 1), ("output_padding", 0))


def pooling(call: Arguments) -> Shaped:
    """Windows that step over the last axes."""
    x, kernel = call["input"], call["kernel_size"]
    axes = call["axes"]
    kernel = by_axis(kernel, axes)
    stride = by_axis(call.get("stride") or kernel, axes)
    padding = by_axis(call.get("padding", 0), axes)
    dilation = by_axis(call.get("dilation", 1), axes)
    ceil = bool(call.get("ceil_mode", False))
    settings = zip(x.shape[-axes:], kernel, stride, padding, dilation, strict=True)
    sizes = tuple(pooling_size(*each, ceil=ceil) for each in settings)
    steps = list(zip(kernel, stride, dilation, padding, strict=True))
    return Shaped(sizes, fields=lambda fields: moved(fields, steps))


def linear(call: Arguments) -> Shaped:
    """A weighted sum of all features of a sample, or of each of its positions."""
    weight = call["weight"]
    outputs, inputs = weight.shape
    positions = math.prod(call["output"].shape[1:-1])
    factors: list[Expression] = [Number(outputs, "out"), Number(inputs, "in")]
    if positions > 1:
        factors.insert(0, Number(positions, "positions"))
    count = linear_parameters(inputs, outputs, call.get("bias") is not None)
    # With positions (a sequence) every one is treated alone; without, every feature sees all others.
    return Shaped((), count, Product(factors), tuple if call["output"].dim() > 2 else nowhere)


def tables(call: Arguments) -> Shaped:
    """Operations of which only the parameters are counted: scales and shifts, tables, recurrent weights."""
    found = [each for each in call["parameters"] if each.numel()]
    counts = [Product([Number(size, "size") for size in each.shape]) for each in found]
    count = Count(sum(each.numel() for each in found), Sum(counts) if counts else wrap(0))
    return Shaped((), count if found else None)


def everywhere(_call: Arguments) -> Shaped:
    """Operations after which every number has seen the whole input: adaptive pooling to few numbers."""
    return Shaped(fields=nowhere)


def moved(fields: Sequence[Field], steps: Sequence[tuple[int, int, int, int]]) -> tuple[Field, ...]:
    """The fields after a window of (kernel, stride, dilation, padding before) along each of the last axes."""
    kept, last = fields[: len(fields) - len(steps)], fields[len(fields) - len(steps) :]
    return (*kept, *(field_after(before, *step) for before, step in zip(last, steps, strict=False)))


def nowhere(fields: Sequence[Field]) -> None:
    """Every number sees everything, or what it sees is not one interval: no field is told."""


def by_axis(value: Any, axes: int) -> list[int]:
    """A setting for each axis; one number serves all of them."""
    numbers = list(value) if isinstance(value, (list, tuple)) else [value]
    return numbers * axes if len(numbers) == 1 else numbers


def paddings(value: Any, kernel: Sequence[int], dilation: Sequence[int]) -> list[Padding]:
    """The zeros before and after each axis, "same" and "valid" understood."""
    if value == "valid":
        return [0] * len(kernel)
    if value == "same":
        whole = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return [each // 2 if each % 2 == 0 else (each // 2, each - each // 2) for each in whole]
    return list(by_axis(value, len(kernel)))


def first(padding: Padding) -> int:
    """The zeros before an axis."""
    return padding if isinstance(padding, int) else padding[0]

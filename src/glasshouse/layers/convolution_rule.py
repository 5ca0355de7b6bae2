"""The rule that all convolutions share: a kernel slides over the input, window times kernel, added up."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from glasshouse.core.arithmetic import leaf
from glasshouse.core.expression import Expression, Number, total
from glasshouse.core.rule import Forward, Rule, Tensors, places
from glasshouse.layers.convolution_checks import Settings
from glasshouse.layers.convolution_padding import (
    OUTSIDE,
    Amounts,
    Padding,
    padded,
    padding_amounts,
    padding_sources,
    read_padding,
    unpadded,
)
from glasshouse.layers.convolution_windows import fold, unfold

Place = tuple[int, ...]


@dataclass(frozen=True)
class Convolution(Rule):
    """``y[n, o, i] = b[o] + sum over c, j of W[o, c, j] x[n, c, s i + d j - p]``, along one to three axes.

    The kernel is not flipped (cross-correlation). x may come without the axis of samples. In the arithmetic
    of an output every weight of the kernel has its term, those over zeros of the padding as well: the window
    is drawn whole. In the arithmetic of a gradient, terms that the padding makes 0 are left out.

    Args:
        stride: Step of the kernel along each axis.
        padding: Places before and after each axis, or ``"tensorflow_same"``.
        dilation: Distance of neighbours within the kernel, along each axis.
        groups: Into how many groups the channels are divided; outputs see the inputs of their group.
        padding_mode: How the padding is filled.
    """

    parameters: ClassVar[tuple[str, ...]] = ("weight", "bias")
    stride: Place
    padding: Padding
    dilation: Place
    groups: int = 1
    padding_mode: str = "zeros"

    @property
    def axes(self) -> int:
        """Along how many axes the kernel slides."""
        return len(self.stride)

    def forward(self, values: Tensors) -> Forward:
        """All windows as the columns of one matrix, times the kernels as the rows of another."""
        x, weight = values["x"], values["weight"]
        columns = self._columns(x, weight)
        y = self._rows(weight) @ self._grouped(columns, 1 + self.axes)
        y = y.reshape(len(columns), len(weight), *columns.shape[-self.axes :])
        if "bias" in values:
            y = y + values["bias"].reshape(-1, *(1 for _ in self.stride))
        return Forward({"y": y if self.has_samples(x) else y[0]}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dW = dy columns'``; ``dx`` is ``W' dy``, added up where windows overlap; ``db`` sums ``dy``."""
        x, weight = saved["x"], saved["weight"]
        columns = self._columns(x, weight)
        dy = gradients["y"] if self.has_samples(x) else gradients["y"].unsqueeze(0)
        incoming = self._grouped(dy, 1)
        dw = (incoming @ self._grouped(columns, 1 + self.axes).mT).sum(0)
        by_column = (self._rows(weight).mT @ incoming).reshape(columns.shape)
        amounts = self.amounts(x.shape, weight.shape)
        sizes = [size + sum(pair) for size, pair in zip(x.shape[-self.axes :], amounts, strict=True)]
        dx = unpadded(fold(by_column, sizes, self.stride, self.dilation), amounts, self.padding_mode)
        result = {"x": dx.reshape(x.shape), "weight": dw.reshape(weight.shape)}
        if "bias" in saved:
            result["bias"] = dy.sum([0, *range(2, 2 + self.axes)])
        return result

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The window times the kernel, number by number, plus the bias."""
        x, weight = saved["x"], saved["weight"]
        terms = [
            leaf("weight", weight, at) * self.number(x, seen)
            for at, seen in self.window(x.shape, weight.shape, tuple(index))
        ]
        if "bias" in saved:
            terms.append(leaf("bias", saved["bias"], (index[-1 - self.axes],)))
        return total(terms)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """For x the kernels that saw it, for a weight all positions at which it served, for a bias all."""
        x, weight, dy, place = saved["x"], saved["weight"], gradients["y"], tuple(index)
        if name == "x":
            saw = self.saw(x.shape, weight.shape, dy.shape, place)
            return total([leaf("dy", dy, at) * leaf("weight", weight, by) for at, by in saw])
        if name == "weight":
            served = self.served(x.shape, weight.shape, dy.shape, place)
            return total([leaf("dy", dy, at) * leaf("x", x, seen) for at, seen in served])
        return total([leaf("dy", dy, at) for at in self.of_channel(dy.shape, place[0])])

    def window(
        self, x: Sequence[int], weight: Sequence[int], index: Place
    ) -> Iterator[tuple[Place, Place | None]]:
        """What one output sees.

        Args:
            x: Shape of the input.
            weight: Shape of the weight.
            index: Which output.

        Yields:
            The place of a weight, and the place of the number that it meets: None for a zero of the padding.
        """
        *lead, o = index[: -self.axes]
        sources = self._sources(x, weight)
        first = o // (weight[0] // self.groups) * weight[1]
        for c, *j in places(weight[1:]):
            seen = [
                table[i * s + step * d]
                for table, i, s, step, d in zip(
                    sources, index[-self.axes :], self.stride, j, self.dilation, strict=True
                )
            ]
            yield (o, c, *j), None if OUTSIDE in seen else (*lead, first + c, *seen)

    def saw(
        self, x: Sequence[int], weight: Sequence[int], y: Sequence[int], index: Place
    ) -> Iterator[tuple[Place, Place]]:
        """Which outputs saw one number of the input.

        Args:
            x: Shape of the input.
            weight: Shape of the weight.
            y: Shape of the output.
            index: Which number of the input.

        Yields:
            The place of an output, and the place of the weight through which it saw the number.
        """
        *lead, channel = index[: -self.axes]
        group, c = divmod(channel, weight[1])
        by_axis = [
            self._meetings(table, at, axis, weight[2 + axis], y[axis - self.axes])
            for axis, (table, at) in enumerate(
                zip(self._sources(x, weight), index[-self.axes :], strict=True)
            )
        ]
        each = weight[0] // self.groups
        for o in range(group * each, (group + 1) * each):
            for met in itertools.product(*by_axis):
                yield (*lead, o, *(i for i, _ in met)), (o, c, *(j for _, j in met))

    def served(
        self, x: Sequence[int], weight: Sequence[int], y: Sequence[int], index: Place
    ) -> Iterator[tuple[Place, Place]]:
        """Where one weight served.

        Args:
            x: Shape of the input.
            weight: Shape of the weight.
            y: Shape of the output.
            index: Which weight.

        Yields:
            The place of an output, and the place of the number that the weight met for it; where it met a
            zero of the padding, nothing.
        """
        o, c, *j = index
        sources = self._sources(x, weight)
        channel = o // (weight[0] // self.groups) * weight[1] + c
        for at in self.of_channel(y, o):
            seen = [
                table[i * s + step * d]
                for table, i, s, step, d in zip(
                    sources, at[-self.axes :], self.stride, j, self.dilation, strict=True
                )
            ]
            if OUTSIDE not in seen:
                yield at, (*at[: -self.axes - 1], channel, *seen)

    def of_channel(self, y: Sequence[int], channel: int) -> list[Place]:
        """All places of one channel.

        Args:
            y: A shape, with or without samples.
            channel: Which channel.
        """
        before = places(y[: len(y) - self.axes - 1])
        return [(*lead, channel, *at) for lead in before for at in places(y[-self.axes :])]

    def amounts(self, x: Sequence[int], weight: Sequence[int]) -> Amounts:
        """The padding before and after each axis of an input.

        Args:
            x: Shape of the input.
            weight: Shape of the weight.
        """
        return padding_amounts(self.padding, x[-self.axes :], weight[2:], self.stride, self.dilation)

    @staticmethod
    def number(x: torch.Tensor, place: Place | None) -> Expression:
        """One number that a window sees.

        Args:
            x: The input.
            place: Where; None for a zero of the padding.
        """
        return Number(0.0, "padding") if place is None else leaf("x", x, place)

    def has_samples(self, x: torch.Tensor) -> bool:
        """Whether x has an axis of samples.

        Args:
            x: The input.
        """
        return x.dim() == self.axes + 2

    def _columns(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        batch = x if self.has_samples(x) else x.unsqueeze(0)
        whole = padded(batch, self.amounts(x.shape, weight.shape), self.padding_mode)
        return unfold(whole, weight.shape[2:], self.stride, self.dilation)

    def _rows(self, weight: torch.Tensor) -> torch.Tensor:
        """(G, O / G, C / G times kernel)."""
        return weight.reshape(self.groups, len(weight) // self.groups, math.prod(weight.shape[1:]))

    def _grouped(self, tensor: torch.Tensor, rows: int) -> torch.Tensor:
        """(N, channels, ...) as (N, G, the first axes from the channels on, positions)."""
        shape = tensor.shape
        height = math.prod(shape[1 : 1 + rows]) // self.groups
        return tensor.reshape(shape[0], self.groups, height, math.prod(shape[1 + rows :]))

    def _sources(self, x: Sequence[int], weight: Sequence[int]) -> list[list[int]]:
        pairs = zip(x[-self.axes :], self.amounts(x, weight), strict=True)
        return [padding_sources(size, *pair, self.padding_mode) for size, pair in pairs]

    def _meetings(
        self, table: list[int], at: int, axis: int, kernel: int, count: int
    ) -> list[tuple[int, int]]:
        """At which positions i which place j of the kernel lies on a number of the input, along one axis."""
        s, d = self.stride[axis], self.dilation[axis]
        copies = [place for place, source in enumerate(table) if source == at]
        steps = [(place - j * d, j) for place in copies for j in range(kernel)]
        return [(step // s, j) for step, j in steps if step >= 0 and step % s == 0 and step // s < count]


def rule_of(module: Any) -> tuple[Convolution, dict[str, torch.Tensor]]:
    """The rule of a convolution, PyTorch's own or ours.

    Args:
        module: A ``torch.nn.Conv1d``, ``Conv2d`` or ``Conv3d``.

    Example:
        >>> rule, parameters = rule_of(torch.nn.Conv1d(1, 1, 4, padding="same"))
        >>> rule.padding, sorted(parameters)
        (((1, 2),), ['bias', 'weight'])
    """
    settings = (module.kernel_size, module.stride, module.dilation)
    own = getattr(module, "settings", None)  # has the paddings that PyTorch's layer does not know
    padding = own.padding if isinstance(own, Settings) else read_padding(module.padding, *settings)
    rule = Convolution(
        tuple(module.stride), padding, tuple(module.dilation), module.groups, module.padding_mode
    )
    parameters = {"weight": module.weight, "bias": module.bias}
    return rule, {name: tensor for name, tensor in parameters.items() if tensor is not None}

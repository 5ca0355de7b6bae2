"""The rule that all pooling layers share: the numbers of a window become one number.

They differ in how (largest, smallest, mean, sum, root of squares) and in where the windows lie.
"""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from glasshouse.core.arithmetic import choose, leaf, maximum, minimum, named, sqrt
from glasshouse.core.expression import Expression, Number, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.layers.sizes import pooling_size

Kind = Literal["max", "min", "average", "sum", "l2"]
Window = list[int]
OUTSIDE = -1
"""Stands in a window for a place in the padding, or for no place at all."""


@dataclass(frozen=True)
class Pooling(Rule):
    """Windows over the last axes of x; every channel of every sample for itself.

    Args:
        kind: What becomes of a window: ``"max"`` (of equal ones the first, row by row, gets the gradient),
            ``"min"`` (likewise), ``"average"``, ``"sum"`` or ``"l2"``, the root of the sum of squares (its
            gradient is 0 where it is 0).
        dimensions: How many last axes the windows span.
    """

    kind: Kind
    dimensions: int

    @abstractmethod
    def windows(self, sizes: Sequence[int]) -> tuple[list[int], list[list[Window]]]:
        """Where the windows lie, axis by axis.

        Args:
            sizes: The input's sizes along the pooled axes.

        Returns:
            The output's sizes, and for each axis and each output coordinate the input coordinates that it
            covers, with ``OUTSIDE`` for padding.
        """

    def divisor(self, inside: int, covered: int) -> int:
        """By what an average divides.

        Args:
            inside: How many numbers of the input the window covers.
            covered: The same, padding included.
        """
        return inside

    def forward(self, values: Tensors) -> Forward:
        """One number for each window."""
        x = values["x"]
        sizes, table, divisors = self._tables(x)
        numbers = self._in_windows(x, table)
        if self.kind == "max":
            y = numbers.masked_fill(table == OUTSIDE, -math.inf).amax(-1)
        elif self.kind == "min":
            y = numbers.masked_fill(table == OUTSIDE, math.inf).amin(-1)
        elif self.kind == "l2":
            y = torch.sqrt((numbers * numbers).sum(-1))
        else:
            y = numbers.sum(-1)
            if self.kind == "average":
                y = y / divisors
        leading = x.shape[: x.dim() - self.dimensions]
        return Forward({"y": y.reshape(*leading, *sizes)}, {**values, "y": y.reshape(*leading, *sizes)})

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Each window's gradient goes back to the numbers that it covered."""
        x = saved["x"]
        _, table, divisors = self._tables(x)
        numbers = self._in_windows(x, table)
        leading = x.shape[: x.dim() - self.dimensions]
        dy = gradients["y"].reshape(*leading, len(table), 1)
        if self.kind in ("max", "min"):
            sign = 1 if self.kind == "max" else -1
            ranked = (sign * numbers).masked_fill(table == OUTSIDE, -math.inf)
            shares = torch.zeros_like(numbers).scatter(-1, ranked.argmax(-1, keepdim=True), 1.0)
        elif self.kind == "l2":
            norm = saved["y"].reshape(*leading, len(table), 1)
            shares = torch.where(norm > 0, numbers / norm, torch.zeros_like(numbers))
        else:
            shares = torch.ones_like(numbers)
            if self.kind == "average":
                shares = shares / divisors.unsqueeze(-1)
        flat = math.prod(x.shape[x.dim() - self.dimensions :])
        # One more place collects what would go to the padding, and is left out.
        back = x.new_zeros(*leading, flat + 1)
        goes = torch.where(table == OUTSIDE, flat, table).flatten().expand(*leading, -1)
        back = back.scatter_add(-1, goes, (shares * dy).reshape(*leading, table.numel()))
        return {"x": back[..., :flat].reshape(x.shape)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The numbers of the window, and what becomes of them."""
        covered, inside = self._window(saved["x"], index)
        numbers = [leaf("x", saved["x"], place) for place in inside]
        if self.kind in ("max", "min"):
            winner = maximum if self.kind == "max" else minimum
            return wrap(winner(*numbers)) if len(numbers) > 1 else numbers[0]
        if self.kind == "l2":
            return wrap(sqrt(total([each**2 for each in numbers])))
        result = total(numbers) if numbers else Number(0.0)
        return result / self.divisor(len(inside), covered) if self.kind == "average" else result

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The windows that covered this number."""
        x, dy, place = saved["x"], gradients["y"], tuple(index)
        lead = place[: x.dim() - self.dimensions]
        sizes, by_axis = self.windows(x.shape[x.dim() - self.dimensions :])
        covering = [
            [out for out in range(size) if coordinate in by_axis[axis][out]]
            for axis, (size, coordinate) in enumerate(zip(sizes, place[len(lead) :], strict=True))
        ]
        terms: list[Expression] = []
        for out in itertools.product(*covering):
            covered, inside = self._window(x, (*lead, *out))
            incoming = leaf("dy", dy, (*lead, *out))
            if self.kind in ("max", "min"):
                # The first of the largest (smallest), row by row; places come in that order.
                winner = max if self.kind == "max" else min
                if winner(inside, key=lambda at: float(x[at])) == place:
                    terms.append(incoming)
            elif self.kind == "l2":
                norm = named("y", sqrt(total([leaf("x", x, at) ** 2 for at in inside])), (*lead, *out))
                terms.append(incoming * choose(norm > 0, leaf("x", x, place) / norm, 0.0))
            elif self.kind == "average":
                terms.append(incoming / self.divisor(len(inside), covered))
            else:
                terms.append(incoming)
        return total(terms) if terms else Number(0.0)

    def _window(self, x: torch.Tensor, index: Sequence[int]) -> tuple[int, list[tuple[int, ...]]]:
        """How many places a window covers, and those of them that are numbers of x."""
        lead = tuple(index[: x.dim() - self.dimensions])
        _, by_axis = self.windows(x.shape[x.dim() - self.dimensions :])
        chosen = [by_axis[axis][out] for axis, out in enumerate(index[len(lead) :])]
        inside = itertools.product(*([each for each in axis if each != OUTSIDE] for axis in chosen))
        return math.prod(len(axis) for axis in chosen), [(*lead, *place) for place in inside]

    def _tables(self, x: torch.Tensor) -> tuple[list[int], torch.Tensor, torch.Tensor]:
        """The output's sizes, the flat places of every window, and by what an average divides."""
        pooled = x.shape[x.dim() - self.dimensions :]
        sizes, by_axis = self.windows(pooled)
        rows: list[Window] = []
        divisors: list[int] = []
        for out in itertools.product(*(range(size) for size in sizes)):
            chosen = [by_axis[axis][each] for axis, each in enumerate(out)]
            row = [_flat(place, pooled) for place in itertools.product(*chosen)]
            rows.append(row)
            divisors.append(self.divisor(sum(each != OUTSIDE for each in row), len(row)))
        longest = max((len(row) for row in rows), default=0)
        table = torch.tensor([row + [OUTSIDE] * (longest - len(row)) for row in rows], dtype=torch.int64)
        return sizes, table.reshape(len(rows), longest), torch.tensor(divisors, dtype=x.dtype)

    def _in_windows(self, x: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
        """The numbers of every window along the last axis; 0 in the padding."""
        flat = x.flatten(x.dim() - self.dimensions)
        numbers = flat[..., table.clamp(min=0)]
        return numbers.masked_fill(table == OUTSIDE, 0.0)


@dataclass(frozen=True)
class SlidingPooling(Pooling):
    """Windows of one size at regular steps.

    Args:
        kind: What becomes of a window.
        dimensions: How many axes.
        kernel: Size of the window along each axis.
        stride: Step along each axis.
        padding: Places added at both ends of each axis; they never win a maximum.
        dilation: Distance of neighbours within the window.
        ceil: Whether a last window may reach beyond the padded input; it covers nothing there.
        count_padding: Whether an average divides by the whole window at the edges too.
    """

    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    ceil: bool = False
    count_padding: bool = True

    def windows(self, sizes: Sequence[int]) -> tuple[list[int], list[list[Window]]]:
        """Every ``stride`` places, from ``padding`` places before the first number."""
        counts: list[int] = []
        by_axis: list[list[Window]] = []
        for axis, size in enumerate(sizes):
            kernel, stride, padding = self.kernel[axis], self.stride[axis], self.padding[axis]
            dilation = self.dilation[axis]
            count = pooling_size(size, kernel, stride, padding, dilation, self.ceil).size
            starts = [out * stride - padding for out in range(count)]
            counts.append(count)
            by_axis.append([self._window_from(start, axis, size) for start in starts])
        return counts, by_axis

    def divisor(self, inside: int, covered: int) -> int:
        """The whole window, or the numbers in it."""
        return covered if self.count_padding else inside

    def _window_from(self, start: int, axis: int, size: int) -> Window:
        places = [start + step * self.dilation[axis] for step in range(self.kernel[axis])]
        end = size + self.padding[axis]
        return [place if 0 <= place < size else OUTSIDE for place in places if place < end]


@dataclass(frozen=True)
class AdaptivePooling(Pooling):
    """As many windows as the output shall have numbers; they may differ in size and overlap.

    Args:
        kind: What becomes of a window.
        dimensions: How many axes.
        output_size: Size of the output along each axis.
    """

    output_size: tuple[int, ...] = ()

    def windows(self, sizes: Sequence[int]) -> tuple[list[int], list[list[Window]]]:
        """Output i of o covers the input from floor(i n / o) to before ceil((i + 1) n / o)."""
        by_axis = [
            [list(range(out * size // count, -(-(out + 1) * size // count))) for out in range(count)]
            for size, count in zip(sizes, self.output_size, strict=True)
        ]
        return list(self.output_size), by_axis


def _flat(place: Sequence[int], sizes: Sequence[int]) -> int:
    if OUTSIDE in place:
        return OUTSIDE
    flat = 0
    for coordinate, size in zip(place, sizes, strict=True):
        flat = flat * size + coordinate
    return flat

"""The rules of operations that make one number of many: sums, means, variances, extremes, norms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from glasshouse.core.arithmetic import absolute, choose, exp, leaf, log, maximum, minimum, named, sign, sqrt
from glasshouse.core.expression import Expression, Number, Product, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, gradient_name

Place = tuple[int, ...]
Kind = Literal["sum", "mean", "variance", "deviation", "max", "min", "norm", "log_sum_exp", "product"]


@dataclass(frozen=True)
class Reduction(Rule):
    """One number out of all along some axes.

    Args:
        kind: What is made of them. Equal extremes share the gradient.
        axes: The axes that disappear, counted from 0.
        keep: Whether they stay with size 1.
        order: The order of a norm (1 or 2), or by how much less than the count a variance divides.
    """

    kind: Kind
    axes: tuple[int, ...]
    keep: bool = False
    order: float = 0.0

    def forward(self, values: Tensors) -> Forward:
        """The number of each group."""
        x = values["x"]
        y = self._reduced(x)
        return Forward({"y": y if self.keep else self._without_axes(y)}, {**values, "y": y})

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """The gradient of the group's number, times the slope by each of its members."""
        x, y = saved["x"], saved["y"]
        dy = gradients["y"].reshape(y.shape)
        return {"x": dy * self._slopes(x, y)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """What is made of the members of that group."""
        numbers = [leaf("x", saved["x"], place) for place in self._members(saved["x"], tuple(index))]
        return self._written(numbers)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The gradient of its group's number, times the slope by it."""
        x, place = saved["x"], tuple(index)
        group = tuple(0 if axis in self.axes else at for axis, at in enumerate(place))
        if not self.keep:
            group = tuple(at for axis, at in enumerate(place) if axis not in self.axes)
        incoming = leaf(gradient_name("y"), gradients["y"], group)
        members = self._members(x, group)
        own = leaf("x", x, place)
        if self.kind == "sum":
            return incoming
        if self.kind == "mean":
            return incoming / len(members)
        numbers = [leaf("x", x, each) for each in members]
        return wrap(incoming * self._slope_written(numbers, own, members.index(place)))

    def _reduced(self, x: torch.Tensor) -> torch.Tensor:
        axes, kind = list(self.axes), self.kind
        if kind in ("variance", "deviation"):
            variance = ((x - x.mean(axes, keepdim=True)) ** 2).sum(axes, keepdim=True)
            variance = variance / max(0.0, self._count(x) - self.order)
            return variance if kind == "variance" else variance.sqrt()
        if kind == "norm":
            absolutes = x.abs().sum(axes, keepdim=True)
            return absolutes if self.order == 1 else (x * x).sum(axes, keepdim=True).sqrt()
        if kind == "product":
            for axis in axes:
                x = x.prod(axis, keepdim=True)
            return x
        by_kind: dict[str, Callable[..., torch.Tensor]] = {
            "sum": torch.sum,
            "mean": torch.mean,
            "max": torch.amax,
            "min": torch.amin,
            "log_sum_exp": torch.logsumexp,
        }
        return by_kind[kind](x, axes, keepdim=True) if axes else x.clone()

    def _slopes(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        kind, axes, count = self.kind, list(self.axes), self._count(x)
        if kind == "sum":
            return torch.ones_like(x)
        if kind == "mean":
            return torch.full_like(x, 1 / count)
        if kind in ("variance", "deviation"):
            slopes = 2 * (x - x.mean(axes, keepdim=True)) / (count - self.order)
            return slopes if kind == "variance" else slopes / (2 * y)
        if kind == "norm":
            return torch.sign(x) if self.order == 1 else torch.where(y == 0, torch.zeros_like(x), x / y)
        if kind == "log_sum_exp":
            return torch.exp(x - y)
        if kind == "product":
            return self._products_of_others(x)
        ties = (x == y).to(x.dtype)
        return ties / ties.sum(axes, keepdim=True)

    def _products_of_others(self, x: torch.Tensor) -> torch.Tensor:
        slopes = torch.empty_like(x)
        for place in itertools.product(*(range(size) for size in x.shape)):
            others = x.clone()
            others[place] = 1.0
            group = tuple(slice(None) if axis in self.axes else at for axis, at in enumerate(place))
            slopes[place] = others[group].prod()
        return slopes

    def _written(self, numbers: Sequence[Expression]) -> Expression:
        count = len(numbers)
        if self.kind in ("variance", "deviation"):
            centre = named("mean", total(numbers) / count)
            variance = total([(each - centre) ** 2 for each in numbers]) / _less(count, self.order)
            return variance if self.kind == "variance" else wrap(sqrt(variance))
        if self.kind == "norm":
            if self.order == 1:
                return total([wrap(absolute(each)) for each in numbers])
            return wrap(sqrt(total([each**2 for each in numbers])))
        if self.kind == "log_sum_exp":
            return _log_sum_exp(numbers)
        if self.kind == "product":
            return Product(numbers)
        if self.kind in ("max", "min"):
            pick = maximum if self.kind == "max" else minimum
            return wrap(pick(*numbers)) if count > 1 else numbers[0]
        return total(numbers) / count if self.kind == "mean" else total(numbers)

    def _slope_written(
        self, numbers: Sequence[Expression], own: Expression, which: int
    ) -> Expression | float:
        if self.kind in ("variance", "deviation"):
            centre = named("mean", total(numbers) / len(numbers))
            slope = 2 * (own - centre) / _less(len(numbers), self.order)
            if self.kind == "variance":
                return wrap(slope)
            return wrap(slope / (2 * named("y", self._written(numbers))))
        if self.kind == "norm":
            if self.order == 1:
                return wrap(sign(own))
            norm = named("y", self._written(numbers))
            return wrap(choose(norm > 0, own / norm, 0.0))
        if self.kind == "log_sum_exp":
            return wrap(exp(own - named("y", self._written(numbers))))
        if self.kind == "product":
            return Product([each for at, each in enumerate(numbers) if at != which])
        values = [each.value for each in numbers]
        best = max(values) if self.kind == "max" else min(values)
        ties = values.count(best)
        if own.value != best:
            return Number(0.0)
        return Number(1.0) if ties == 1 else Number(1.0) / ties

    def _members(self, x: torch.Tensor, group: Place) -> list[Place]:
        at = iter(group)
        ranges: list[Sequence[int]] = []
        for axis, size in enumerate(x.shape):
            if axis in self.axes:
                if self.keep:
                    next(at)
                ranges.append(range(size))
            else:
                ranges.append((next(at),))
        return list(itertools.product(*ranges))

    def _count(self, x: torch.Tensor) -> int:
        return math.prod(x.shape[axis] for axis in self.axes)

    def _without_axes(self, y: torch.Tensor) -> torch.Tensor:
        return y.reshape([size for axis, size in enumerate(y.shape) if axis not in self.axes])


def _less(count: int, order: float) -> Expression | float:
    return Number(float(count)) - order if order else float(count)


def _log_sum_exp(numbers: Sequence[Expression]) -> Expression:
    largest = max(each.value for each in numbers)
    if abs(largest) <= 700:
        return wrap(log(total([wrap(exp(each)) for each in numbers])))
    shift = Number(largest, "max")
    return wrap(shift + log(total([wrap(exp(each - shift)) for each in numbers])))

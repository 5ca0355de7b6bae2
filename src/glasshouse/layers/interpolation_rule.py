"""The rule of upsampling: along every axis, an output is a weighted mean of the nearest inputs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from glasshouse.core.arithmetic import leaf
from glasshouse.core.expression import Expression, Number, Product, total
from glasshouse.core.rule import Forward, Rule, Tensors

Weights = dict[int, float]
"""From which places along one axis an output takes, and how much of each."""

NAMES = ("a", "b", "c")
"""What the weights along the first, second and third axis are called in the arithmetic."""


@dataclass(frozen=True)
class Interpolation(Rule):
    """``y[u, v] = sum over i, k of a[u, i] b[v, k] x[i, k]``, channel by channel.

    Args:
        axes: How many last axes grow.
        linear: Whether two neighbours share each place along an axis; else it takes the nearest one.
        scale: By how much each axis grows; empty where sizes are given.
        size: How large each axis becomes; empty where scales are given.
        align_corners: Whether the first and the last numbers keep their places at the ends.
    """

    axes: int
    linear: bool
    scale: tuple[float, ...] = ()
    size: tuple[int, ...] = ()
    align_corners: bool = False

    def forward(self, values: Tensors) -> Forward:
        """Along one axis after the other, the matrix of weights times the numbers."""
        y = values["x"]
        for axis, table in enumerate(self._tables(y.shape), start=y.dim() - self.axes):
            y = _along(y, _matrix(table, y.shape[axis], y), axis)
        return Forward({"y": y}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """The same with the matrices transposed: every number gets back by as much as it gave."""
        x, back = saved["x"], gradients["y"]
        for axis, table in enumerate(self._tables(x.shape), start=x.dim() - self.axes):
            back = _along(back, _matrix(table, x.shape[axis], x).mT, axis)
        return {"x": back}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The neighbours of that place, each with its share along every axis."""
        x = saved["x"]
        lead, place = tuple(index[: -self.axes]), index[-self.axes :]
        shares = [table[at] for table, at in zip(self._tables(x.shape), place, strict=True)]
        return total(
            [
                self._share(place, seen, shares, leaf("x", x, (*lead, *seen)))
                for seen in itertools.product(*shares)
            ]
        )

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The places that took of this number, each with the share that it took."""
        dy, lead, seen = gradients["y"], tuple(index[: -self.axes]), tuple(index[-self.axes :])
        tables = self._tables(saved["x"].shape)
        taken = [
            [out for out, shares in enumerate(table) if at in shares]
            for table, at in zip(tables, seen, strict=True)
        ]
        terms: list[Expression] = []
        for place in itertools.product(*taken):
            shares = [table[out] for table, out in zip(tables, place, strict=True)]
            terms.append(self._share(place, seen, shares, leaf("dy", dy, (*lead, *place))))
        return total(terms)

    def _share(
        self, place: Sequence[int], seen: Sequence[int], shares: Sequence[Weights], number: Expression
    ) -> Expression:
        if not self.linear:
            return number  # it is taken whole
        weights = [
            Number(share[at], NAMES[axis], (out, at))
            for axis, (share, out, at) in enumerate(zip(shares, place, seen, strict=True))
        ]
        return Product([*weights, number])

    def _tables(self, shape: Sequence[int]) -> list[list[Weights]]:
        return [self._axis(axis, size) for axis, size in enumerate(shape[-self.axes :])]

    def _axis(self, axis: int, size: int) -> list[Weights]:
        count = self.size[axis] if self.size else math.floor(size * self.scale[axis])
        step = size / count if self.size else 1 / self.scale[axis]
        if not self.linear:
            return [{min(math.floor(out * step), size - 1): 1.0} for out in range(count)]
        if self.align_corners:
            step = (size - 1) / (count - 1) if count > 1 else 0.0
        table: list[Weights] = []
        for out in range(count):
            # Without aligned corners, numbers are the middles of cells; beyond the first middle it counts.
            at = out * step if self.align_corners else max((out + 0.5) * step - 0.5, 0.0)
            left = min(math.floor(at), size - 1)
            right = min(left + 1, size - 1)
            share = at - left
            table.append({left: 1 - share, right: share} if right > left else {left: 1.0})
        return table


def _matrix(table: list[Weights], size: int, like: torch.Tensor) -> torch.Tensor:
    matrix = torch.zeros(len(table), size, dtype=torch.float64)
    for out, shares in enumerate(table):
        for at, share in shares.items():
            matrix[out, at] = share
    return matrix.to(like.device, like.dtype)


def _along(x: torch.Tensor, matrix: torch.Tensor, axis: int) -> torch.Tensor:
    return (x.movedim(axis, -1) @ matrix.mT).movedim(-1, axis)

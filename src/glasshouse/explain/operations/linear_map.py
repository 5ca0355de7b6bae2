"""The rule of operations that weigh and add up numbers of their inputs, with weights known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from glasshouse.core.arithmetic import leaf
from glasshouse.core.expression import Expression, Number, total
from glasshouse.core.rule import Forward, Rule, Tensors, gradient_name
from glasshouse.explain.nested import each_of, replaced
from glasshouse.explain.operations.movement import place_of
from glasshouse.explain.reading import Call, Reading

MOST = 1 << 22
"""The largest matrix that is written down for such an operation."""


@dataclass(frozen=True, eq=False)
class LinearMap(Rule):
    """``y = A x``, with the numbers of all inputs one after the other in x.

    Args:
        names: The inputs.
        shapes: Their shapes.
        matrix: A, a row for each number of the output.
        shape: The shape of the output.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    matrix: torch.Tensor
    shape: tuple[int, ...]

    def forward(self, values: Tensors) -> Forward:
        """The weighted sums."""
        x = torch.cat([values[name].flatten() for name in self.names])
        return Forward({"y": (self.matrix.to(x.dtype) @ x).reshape(self.shape)}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dx = A' dy``."""
        dy = gradients["y"].flatten()
        back = self.matrix.to(dy.dtype).mT @ dy
        counts = [torch.Size(shape).numel() for shape in self.shapes]
        parts = zip(self.names, self.shapes, torch.split(back, counts), strict=True)
        return {name: part.reshape(shape) for name, shape, part in parts}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The numbers that have a weight, times it."""
        row = self.matrix[_flat(index, self.shape)]
        terms = []
        for column in row.nonzero().flatten().tolist():
            name, place = self._source(column)
            terms.append(_weighed(float(row[column]), leaf(name, saved[name], place)))
        return total(terms) if terms else Number(0.0)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The gradients of the outputs in which the number has a weight, times it."""
        which = self.names.index(name)
        before = sum(torch.Size(shape).numel() for shape in self.shapes[:which])
        column = self.matrix[:, before + _flat(index, self.shapes[which])]
        dy = gradients["y"]
        terms = [
            _weighed(float(column[row]), leaf(gradient_name("y"), dy, place_of(row, self.shape)))
            for row in column.nonzero().flatten().tolist()
        ]
        return total(terms) if terms else Number(0.0)

    def differentiated(self, values: Tensors) -> list[str]:
        """Every input."""
        return list(self.names)

    def _source(self, column: int) -> tuple[str, tuple[int, ...]]:
        for name, shape in zip(self.names, self.shapes, strict=True):
            count = torch.Size(shape).numel()
            if column < count:
                return name, place_of(column, shape)
            column -= count
        raise IndexError(column)


def linear_map(call: Call, *arguments: Any, **keywords: Any) -> Reading | None:
    """Any operation that is linear in its inputs with fractions; it is asked for every unit vector.

    Args:
        call: The call.
        arguments: Its positional arguments.
        keywords: Its arguments by name.
    """
    inputs = [each for each in each_of(torch.Tensor, (arguments, keywords)) if each.is_floating_point()]
    counts = [each.numel() for each in inputs]
    output = call.outputs[0]
    if not inputs or len(call.outputs) > 1 or sum(counts) * max(1, output.numel()) > MOST:
        return None
    units = torch.eye(sum(counts), dtype=torch.float64)
    columns = []
    for unit in units:
        parts = iter(torch.split(unit, counts))
        shapes = iter([each.shape for each in inputs])

        def stand_in(tensor: torch.Tensor, parts: Any = parts, shapes: Any = shapes) -> torch.Tensor:
            return next(parts).reshape(next(shapes)).clone() if tensor.is_floating_point() else tensor

        given, named = replaced((arguments, keywords), stand_in, torch.Tensor)
        columns.append(call.function(*given, **named).flatten())
    names = tuple("x" if len(inputs) == 1 else f"x{which}" for which in range(1, len(inputs) + 1))
    rule = LinearMap(
        names, tuple(tuple(each.shape) for each in inputs), torch.stack(columns, 1), tuple(output.shape)
    )
    return Reading(rule, dict(zip(names, inputs, strict=True)), formula=r"y_i = \sum_j A_{ij} x_j")


def _weighed(weight: float, number: Expression) -> Expression:
    return number if weight == 1 else Number(weight) * number


def _flat(index: Sequence[int], shape: Sequence[int]) -> int:
    flat = 0
    for at, size in zip(index, shape, strict=True):
        flat = flat * size + at
    return flat

"""The rule of operations that move numbers and leave them as they are: views, slices, joins, pads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from glasshouse.core.arithmetic import leaf
from glasshouse.core.expression import Expression, Number, total
from glasshouse.core.rule import Forward, Rule, Tensors, gradient_name

NOWHERE = -1
"""Stands in the place of a source for a number that comes from no input: padding, or a filled-in constant."""


@dataclass(frozen=True, eq=False)
class Movement(Rule):
    """Every number of an output is one number of one input, or a constant.

    Args:
        names: The inputs, in the order in which their numbers are counted.
        shapes: Their shapes.
        sources: For each output the place of every number's source, counted through all inputs one after
            the other; ``NOWHERE`` for a constant.
        constants: For each output the constants, where there are some.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    sources: dict[str, torch.Tensor]
    constants: dict[str, torch.Tensor]

    def forward(self, values: Tensors) -> Forward:
        """Take every number from where it stands."""
        numbers = torch.cat([values[name].double().flatten() for name in self.names])
        return Forward({name: self._taken(numbers, name) for name in self.sources}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Each number gets the gradients of all the places to which it went."""
        like = next(iter(gradients.values()))
        back = like.new_zeros(self.starts[-1] + 1)  # the last place collects what goes to constants
        for name, source in self.sources.items():
            goes = torch.where(source == NOWHERE, self.starts[-1], source).flatten()
            back.index_add_(0, goes, gradients[name].flatten())
        return {
            name: back[start : start + count].reshape(shape)
            for name, shape, start, count in zip(
                self.names, self.shapes, self.starts, self._counts, strict=False
            )
        }

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The number that stands there now, by where it stood before."""
        place = tuple(index)
        source = int(self.sources[output][place])
        if source == NOWHERE:
            return Number(float(self.constants[output][place]))
        which = max(at for at, start in enumerate(self.starts[:-1]) if start <= source and self._counts[at])
        name = self.names[which]
        return leaf(name, saved[name], place_of(source - self.starts[which], self.shapes[which]))

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The gradients of the places to which the number went, added up."""
        which = self.names.index(name)
        flat = 0
        for at, size in zip(index, self.shapes[which], strict=True):
            flat = flat * size + at
        wanted = self.starts[which] + flat
        terms: list[Expression] = [
            leaf(gradient_name(output), gradients[output], place)
            for output, source in self.sources.items()
            for place in (source == wanted).nonzero().tolist()
        ]
        return total(terms) if terms else Number(0.0)

    def differentiated(self, values: Tensors) -> list[str]:
        """Every input with fractions."""
        return [name for name in self.names if values[name].is_floating_point()]

    @cached_property
    def starts(self) -> list[int]:
        """Where the count of each input begins, and at last how many numbers there are."""
        starts = [0]
        for count in self._counts:
            starts.append(starts[-1] + count)
        return starts

    @cached_property
    def _counts(self) -> list[int]:
        return [int(torch.Size(shape).numel()) for shape in self.shapes]

    def _taken(self, numbers: torch.Tensor, name: str) -> torch.Tensor:
        source = self.sources[name]
        if not len(numbers):
            return self.constants[name].clone() if name in self.constants else numbers.reshape(source.shape)
        taken = numbers[source.clamp(min=0)]
        if name in self.constants:
            taken = torch.where(source == NOWHERE, self.constants[name], taken)
        return taken


def place_of(flat: int, shape: Sequence[int]) -> tuple[int, ...]:
    """Where the number stands that is so far from the first one, the last axis running fastest.

    Example:
        >>> place_of(5, (2, 3)), place_of(0, ())
        ((1, 2), ())
    """
    place = []
    for size in reversed(shape):
        flat, at = divmod(flat, size)
        place.append(at)
    return tuple(reversed(place))

"""The rule of operations that treat every number alike, on any number of tensors that are broadcast."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from glasshouse.core.arithmetic import Quantity, leaf
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, gradient_name, reduce_to

Place = tuple[int, ...]


@dataclass(frozen=True)
class Formula(Rule):
    """``y = f(x, z, ...)`` number by number; operands are broadcast against each other.

    Args:
        value: ``f``, in the functions of ``core.arithmetic``; its arguments are the names of the operands.
        slopes: ``df/dx`` for each operand that has one, with the same arguments or fewer.
        settings: Plain numbers that the formulas take besides, by name.
    """

    value: Callable[..., Quantity]
    slopes: Mapping[str, Callable[..., Quantity]]
    settings: Mapping[str, float] = field(default_factory=dict)

    def forward(self, values: Tensors) -> Forward:
        """``f`` of the operands."""
        return Forward({"y": self._full(self.value, values)}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dx = dy df/dx``, summed over the places to which x was broadcast."""
        return {
            name: reduce_to(gradients["y"] * self._full(slope, saved), saved[name].shape)
            for name, slope in self.slopes.items()
            if name in saved and saved[name].is_floating_point()
        }

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The formula with the numbers of that place."""
        return wrap(self.value(**self._leaves(self.value, saved, tuple(index))))

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """``dy`` times the slope, at every place that the number served."""
        dy, slope = gradients["y"], self.slopes[name]
        terms: list[Expression] = []
        for place in served_places(tuple(index), saved[name].shape, dy.shape):
            incoming = leaf(gradient_name("y"), dy, place)
            slope_there = slope(**self._leaves(slope, saved, place))
            plain = isinstance(slope_there, (int, float)) and abs(slope_there) == 1
            signed = incoming if plain and slope_there > 0 else -incoming
            terms.append(signed if plain else wrap(incoming * slope_there))
        return total(terms)

    def differentiated(self, values: Tensors) -> list[str]:
        """The operands that have a slope."""
        return [name for name in self.slopes if name in values and values[name].is_floating_point()]

    def _full(self, formula: Callable[..., Quantity], values: Tensors) -> torch.Tensor:
        names = inspect.signature(formula).parameters
        given = {name: values[name] if name in values else self.settings[name] for name in names}
        shape = torch.Size(torch.broadcast_shapes(*(each.shape for each in values.values())))  # type: ignore[no-untyped-call]
        result = formula(**given)
        like = next(each for each in values.values() if each.is_floating_point())
        if not isinstance(result, torch.Tensor):
            return like.new_full(shape, float(result))
        return result.to(like.dtype).expand(shape)

    def _leaves(self, formula: Callable[..., Quantity], saved: Tensors, place: Place) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name in inspect.signature(formula).parameters:
            if name in saved:
                given[name] = leaf(name, saved[name], broadcast_place(place, saved[name].shape))
            else:
                given[name] = self.settings[name]
        return given


def served_places(place: Place, shape: Sequence[int], full: Sequence[int]) -> Iterator[Place]:
    """The places of a broadcast tensor that one number serves.

    Args:
        place: Where the number stands.
        shape: The shape of its own tensor.
        full: The shape after broadcasting.

    Example:
        >>> list(served_places((1,), (2,), (3, 2)))
        [(0, 1), (1, 1), (2, 1)]
    """
    surplus = len(full) - len(shape)
    axes: list[Sequence[int]] = [range(size) for size in full[:surplus]]
    for axis, size in enumerate(shape):
        wide = size == 1 and full[surplus + axis] != 1
        axes.append(range(full[surplus + axis]) if wide else (place[axis],))
    return itertools.product(*axes)


def broadcast_place(place: Place, shape: Sequence[int]) -> Place:
    """Where the number of a place of the broadcast tensor stands in a tensor before broadcasting.

    Example:
        >>> broadcast_place((4, 1), (2,)), broadcast_place((4, 1), (5, 1)), broadcast_place((4, 1), ())
        ((1,), (4, 0), ())
    """
    own = place[len(place) - len(shape) :]
    return tuple(0 if size == 1 else at for at, size in zip(own, shape, strict=True))

"""Layers of a population, each for all members at once: batched products, activations, dropout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch import nn

from glasshouse.training.dense.binders import binder_of
from glasshouse.training.dense.site import Site
from glasshouse.training.population.stack import Stack

Move = Callable[[torch.Tensor], torch.Tensor]
Pair = tuple[Move, Move]
"""From inputs to outputs, and from the gradient by the outputs to that by the inputs."""


class Block:
    """A buffer (members, rows, features), also as one row of numbers.

    Args:
        members: How many networks.
        rows: Of a batch.
        features: Of a row.
        dtype: Of its numbers.
    """

    def __init__(self, members: int, rows: int, features: int, dtype: torch.dtype) -> None:
        self.size = rows * features
        self.view = torch.zeros(members, rows, features, dtype=dtype)
        self.flat = self.view.view(-1)

    def of(self, first: int, end: int) -> torch.Tensor:
        """The numbers of some members, in a row."""
        return self.flat[first * self.size : end * self.size]


@dataclass(frozen=True)
class Segment(Site):
    """The place of an activation that some of the members share: its outputs have their place already."""

    outputs: torch.Tensor = field(kw_only=True)

    def empty(self, *shape: int) -> torch.Tensor:
        """The outputs' own place."""
        return super().empty(*shape) if shape else self.outputs


def products(stack: Stack, number: int, y: Block, dx: Block | None) -> tuple[Move, Callable[..., None]]:
    """A linear layer: ``y = x W' + b``; back ``dW = dy' x``, ``db = sum dy``, ``dx = dy W`` for each member.

    The slope of the weights is computed with the shorter axis first, as ``dW`` or as its transpose: a product
    with few columns costs five times as much as one with few rows.

    Args:
        stack: The parameters.
        number: Which layer.
        y: Where its outputs go.
        dx: Where the gradient by its inputs goes; ``None`` for the first layer.
    """
    weight, bias = stack.matrices(stack.weights)[number], stack.biases(stack.weights)[number]
    in_weight, in_bias = stack.matrices(stack.gradients)[number], stack.biases(stack.gradients)[number]
    turned = weight.transpose(1, 2)
    added = None if bias is None else bias.unsqueeze(1)
    narrow = weight.shape[1] < weight.shape[2]
    slope = torch.empty(in_weight.shape if narrow else in_weight.transpose(1, 2).shape, dtype=stack.dtype)
    in_slope = in_weight if narrow else in_weight.transpose(1, 2)
    outputs = y.view
    kept = y.view
    bmm, baddbmm, total = torch.bmm, torch.baddbmm, torch.sum

    def forward(x: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        kept = x
        return bmm(x, turned, out=outputs) if added is None else baddbmm(added, x, turned, out=outputs)

    def backward(dy: torch.Tensor) -> None:
        if narrow:
            bmm(dy.transpose(1, 2), kept, out=slope)
        else:
            bmm(kept.transpose(1, 2), dy, out=slope)
        in_slope.copy_(slope)
        if in_bias is not None:
            total(dy, 1, out=in_bias)
        if dx is not None:
            bmm(dy, weight, out=dx.view)

    return forward, backward


def activation(modules: Sequence[nn.Module], x: Block, y: Block, slope: Block | None) -> Pair | None:
    """An activation for each member; members beside each other with the same one share its kernel.

    Args:
        modules: The activation of every member.
        x: Its inputs.
        y: Its outputs.
        slope: Where the gradient by its outputs lies, which becomes that by its inputs.

    Returns:
        ``None`` where all are the identity.
    """
    if all(isinstance(each, nn.Identity) for each in modules):
        return None
    forwards: list[Callable[[], None]] = []
    backwards: list[Callable[[], None]] = []
    place = 0
    for _, same in groupby(modules, key=name_of):
        shared = list(same)
        first, place = place, place + len(shared)
        forward, backward = _segment(shared[0], x, y, slope, (first, place))
        forwards.append(forward)
        backwards.append(backward)

    def all_forward(_: torch.Tensor) -> torch.Tensor:
        for each in forwards:
            each()
        return y.view

    def all_backward(dy: torch.Tensor) -> torch.Tensor:
        for each in backwards:
            each()
        return dy

    return all_forward, all_backward


def name_of(module: nn.Module) -> str:
    """Equal for activations that compute the same."""
    return f"{type(module).__module__}.{module!r}"


def _segment(
    module: nn.Module, x: Block, y: Block, slope: Block | None, members: tuple[int, int]
) -> tuple[Callable[[], None], Callable[[], None]]:
    """The activation of some members, on their part of the buffers."""
    given, outputs = x.of(*members), y.of(*members)
    gradient = None if slope is None else slope.of(*members)
    binder = binder_of(module)
    assert binder is not None, "structure.py let only known activations pass"
    site = Segment("", tuple(given.shape), given.dtype, True, lambda _: None, outputs=outputs)
    value, back = binder(module, site)[:2]

    def forward() -> None:
        found = given if value is None else value(given)
        if found is not outputs:
            outputs.copy_(found)

    def backward() -> None:
        assert gradient is not None
        if back is not None:
            found = back(gradient)
            if found is not gradient:
                gradient.copy_(found)

    return forward, backward


class Dropout:
    """Dropout with each member's own chance and own random numbers, those that it would draw alone.

    Args:
        chances: To be dropped, for every member.
        y: Where the outputs go.
        generators: Of the members; ``None`` for one that draws no more.
    """

    def __init__(
        self, chances: Sequence[float], y: Block, generators: Sequence[torch.Generator | None]
    ) -> None:
        self._y = y
        self._mask = Block(len(chances), y.view.shape[1], y.view.shape[2], y.flat.dtype)
        self._mask.flat.fill_(1.0)
        self._generators = generators
        self._drawn = []
        for place, chance in enumerate(chances):
            if chance == 1:
                self._mask.of(place, place + 1).zero_()
            elif chance > 0:
                self._drawn.append((place, self._mask.of(place, place + 1), 1 - chance))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``y = m x / (1 - p)``."""
        for place, mask, kept in self._drawn:
            generator = self._generators[place]
            if generator is not None:
                mask.bernoulli_(kept, generator=generator).div_(kept)
        return torch.mul(x, self._mask.view, out=self._y.view)

    def backward(self, dy: torch.Tensor) -> torch.Tensor:
        """The gradient by the inputs, in place."""
        return dy.mul_(self._mask.view)

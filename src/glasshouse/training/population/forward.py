"""Forward and backward of a population over batches of one size, in buffers that are made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from glasshouse.training.population.heads import Head
from glasshouse.training.population.layers import Block, Dropout, activation, products
from glasshouse.training.population.stack import Stack
from glasshouse.training.population.structure import Structure

Move = Callable[[torch.Tensor], torch.Tensor]
Look = Callable[[torch.Tensor, torch.Tensor], None]


class Pass:
    """The way through all layers and back.

    Args:
        stack: The parameters.
        structures: What each member has of its own.
        rows: Of a batch.
        head: The losses.
        generators: For dropout, of every member; ``None`` to judge: nothing is dropped, no way back.
    """

    def __init__(
        self,
        stack: Stack,
        structures: Sequence[Structure],
        rows: int,
        head: Head,
        generators: Sequence[torch.Generator | None] | None,
    ) -> None:
        self._stack = stack
        self._structures = structures
        self._rows = rows
        self._head = head
        self._generators = generators
        self._forwards: list[Move] = []
        self._backwards: list[Move] = []
        widths = [layer.outputs for layer in stack.layers]
        slopes = [self._block(each) if generators is not None else None for each in widths]
        self._drop(0, stack.layers[0].inputs, with_slope=False)
        for number, slope in enumerate(slopes):
            self._layer(number, slope, slopes[number - 1] if number else None)
        last = slopes[-1]
        self._slope = None if last is None else last.view

    def outputs(self, x: torch.Tensor) -> torch.Tensor:
        """What every member answers, in a buffer that the next call fills."""
        for forward in self._forwards:
            x = forward(x)
        return x

    def run(
        self, x: torch.Tensor, t: torch.Tensor, look: Look | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
        """Forward, losses, and all gradients into the stack.

        Args:
            x: Inputs (members, rows, features).
            t: Targets (members, rows, ...).
            look: Told outputs and targets before anything is made of them, where somebody wants to look.

        Returns:
            Losses (members,), what each counts (``None``: its rows), and the outputs.
        """
        z = self.outputs(x)
        if look is not None:
            look(z, t)
        losses, weights = self._head(z, t, self._slope)
        assert self._slope is not None
        gradient = self._slope
        for backward in reversed(self._backwards):
            gradient = backward(gradient)
        return losses, weights, z

    def _block(self, features: int) -> Block:
        return Block(self._stack.members, self._rows, features, self._stack.dtype)

    def _drop(self, place: int, features: int, with_slope: bool = True) -> None:
        """Dropout, where a member has some."""
        chances = [each.dropouts[place] for each in self._structures]
        if self._generators is not None and any(chances):
            dropout = Dropout(chances, self._block(features), self._generators)
            self._forwards.append(dropout.forward)
            if with_slope:
                self._backwards.append(dropout.backward)

    def _layer(self, number: int, slope: Block | None, before: Block | None) -> None:
        """A linear layer, its activation and its dropout."""
        features = self._stack.layers[number].outputs
        sums = self._block(features)
        forward, back = products(self._stack, number, sums, before)
        self._forwards.append(forward)

        def backward(dy: torch.Tensor) -> torch.Tensor:
            back(dy)
            return dy if before is None else before.view

        self._backwards.append(backward)
        modules = [each.activations[number] for each in self._structures]
        pair = activation(modules, sums, self._block(features), slope)
        if pair is not None:
            self._forwards.append(pair[0])
            self._backwards.append(pair[1])
        self._drop(number + 1, features)

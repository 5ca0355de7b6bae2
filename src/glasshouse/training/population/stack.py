"""The parameters of a population: one row for each network, in one buffer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from glasshouse.training.flat import ALIGNMENT
from glasshouse.training.population.structure import Layer


def padded(count: int) -> int:
    """The next multiple of what vector instructions like.

    Example:
        >>> padded(33), padded(32)
        (48, 32)
    """
    return -(-count // ALIGNMENT) * ALIGNMENT


class Stack:
    """Weights and gradients of many networks with the same layers.

    All matrices come first in a row, all biases after them: decay and penalties pull the first part only.

    Args:
        layers: The linear layers that every network has.
        members: How many networks.
        dtype: Of all numbers.

    Example:
        >>> stack = Stack([Layer(2, 3, True)], members=4, dtype=torch.float32)
        >>> [tuple(each.shape) for each in (stack.weights, *stack.matrices(stack.weights))]
        [(4, 32), (4, 3, 2)]
    """

    def __init__(self, layers: Sequence[Layer], members: int, dtype: torch.dtype) -> None:
        self.layers = layers
        self.members = members
        self.dtype = dtype
        self._matrices, place = [], 0
        for layer in layers:
            self._matrices.append(place)
            place += padded(layer.inputs * layer.outputs)
        self.pulled = place
        self._biases = []
        for layer in layers:
            self._biases.append(place)
            place += padded(layer.outputs) if layer.bias else 0
        self.width = place
        self.weights = torch.zeros(members, self.width, dtype=dtype)
        self.gradients = torch.zeros_like(self.weights)

    def matrices(self, buffer: torch.Tensor) -> list[torch.Tensor]:
        """Views of a buffer like the weights, (members, outputs, inputs) for each layer."""
        return [
            buffer.as_strided(
                (len(buffer), layer.outputs, layer.inputs), (self.width, layer.inputs, 1), place
            )
            for layer, place in zip(self.layers, self._matrices, strict=True)
        ]

    def biases(self, buffer: torch.Tensor) -> list[torch.Tensor | None]:
        """Views of a buffer like the weights, (members, outputs) for each layer with a bias."""
        return [
            buffer.as_strided((len(buffer), layer.outputs), (self.width, 1), place) if layer.bias else None
            for layer, place in zip(self.layers, self._biases, strict=True)
        ]

    def read(self, linears: Sequence[nn.Linear]) -> torch.Tensor:
        """The row of a network."""
        row = torch.zeros(1, self.width, dtype=self.dtype)
        for view, parameter in self._pairs(row, linears):
            view.copy_(parameter)
        return row[0]

    def write(self, row: torch.Tensor, linears: Sequence[nn.Linear]) -> None:
        """Give a network the parameters of a row."""
        for view, parameter in self._pairs(row.reshape(1, -1), linears):
            parameter.copy_(view)

    def _pairs(
        self, row: torch.Tensor, linears: Sequence[nn.Linear]
    ) -> list[tuple[torch.Tensor, torch.Tensor]]:
        base = row.storage_offset()
        pairs = []
        for number, (layer, own) in enumerate(zip(self.layers, linears, strict=True)):
            shape = (layer.outputs, layer.inputs)
            view = row.as_strided(shape, (layer.inputs, 1), base + self._matrices[number])
            pairs.append((view, own.weight.detach()))
            if layer.bias:
                view = row.as_strided((layer.outputs,), (1,), base + self._biases[number])
                pairs.append((view, own.bias.detach()))
        return pairs

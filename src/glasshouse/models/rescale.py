"""Rescaling: every number times a factor of its own, plus an offset. Nothing in it is learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import nn


class Rescale(nn.Module):
    r"""A line for each number: at the beginning of a network it standardises what comes in, at the end it
    brings what a tanh gives to the ends of a range.

    .. math:: y_d = f_d x_d + o_d

    Args:
        factor: One for each number.
        offset: One for each number.

    Shapes: (N, D) to (N, D).

    Example:
        >>> Rescale.between([0.0, -2.0], [1.0, 2.0])(torch.tensor([[-1.0, 1.0]]))
        tensor([[0., 2.]])
        >>> Rescale.standardising([3.0], [2.0])(torch.tensor([[7.0]]))
        tensor([[2.]])
    """

    factor: torch.Tensor
    offset: torch.Tensor

    def __init__(self, factor: Sequence[float], offset: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("factor", torch.tensor(list(factor), dtype=torch.float32))
        self.register_buffer("offset", torch.tensor(list(offset), dtype=torch.float32))

    @classmethod
    def between(cls, low: Sequence[float], high: Sequence[float]) -> Self:
        """From -1 and 1 to the ends of a range.

        Args:
            low: The lower end of each number.
            high: The upper end of each.
        """
        pairs = list(zip(low, high, strict=True))
        return cls([(b - a) / 2 for a, b in pairs], [(a + b) / 2 for a, b in pairs])

    @classmethod
    def standardising(cls, centre: Sequence[float], spread: Sequence[float]) -> Self:
        """From numbers to how many spreads they lie from the centre.

        Args:
            centre: Of each number.
            spread: Of each number, above 0.
        """
        pairs = list(zip(centre, spread, strict=True))
        return cls([1 / s for _, s in pairs], [-c / s for c, s in pairs])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, D) to (N, D)."""
        return x * self.factor + self.offset

    def extra_repr(self) -> str:
        """How many numbers."""
        return str(len(self.factor))


def standardised(network: nn.Sequential, centre: Sequence[float], spread: Sequence[float]) -> nn.Sequential:
    """The same layers, behind one that standardises what comes in; without centre and spread, as it is.

    Args:
        network: Layers in a line.
        centre: Of each number; empty for none.
        spread: Of each number, above 0; empty for none.

    Example:
        >>> [name for name, _ in standardised(nn.Sequential(nn.Linear(1, 1)), [0.0], [1.0]).named_children()]
        ['standardize', '0']
    """
    if not centre:
        return network
    named = {"standardize": Rescale.standardising(centre, spread), **dict(network.named_children())}
    whole = nn.Sequential()
    for name, layer in named.items():
        whole.add_module(name, layer)
    return whole

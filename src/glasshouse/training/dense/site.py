"""What one layer of the dense engine is told about its place, and what it answers with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch

Gradients = Callable[[torch.Tensor], torch.Tensor | None]
"""Where the gradient of a parameter is to be written; ``None`` for one that is frozen."""


class UnsupportedError(Exception):
    """A piece that the dense engine has no rule for. Caught where the engine is chosen.

    Args:
        piece: What it is: ``"layer 'conv1' (Conv2d)"``.
        reason: Why it can't be trained so.
    """

    def __init__(self, piece: str, reason: str) -> None:
        self.piece, self.reason = piece, reason
        super().__init__(f"{piece}: {reason}")


@dataclass(frozen=True)
class Site:
    """The place of a layer for batches of one size.

    Everything that depends on the shape of a batch is decided here, so that a leading population axis can be
    added to it: shapes, buffers and places of gradients, and nothing of it in the layers' own formulas.

    Args:
        name: The layer's name, for messages.
        shape: Of what goes in, rows first.
        dtype: Of all numbers.
        wanted: Whether the gradient by the inputs is wanted, because a layer before is trained.
        gradient: Where gradients of parameters go.
    """

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    wanted: bool
    gradient: Gradients

    def empty(self, *shape: int) -> torch.Tensor:
        """A buffer of the network's type; without a shape, one like the inputs."""
        return torch.empty(shape or self.shape, dtype=self.dtype)


class Bound(NamedTuple):
    """A layer with its buffers.

    Attributes:
        forward: From inputs to outputs; ``None`` where they are the same.
        backward: From the gradient by the outputs to that by the inputs, writing gradients of parameters on
            the way. It may use the memory of what it is given. ``None`` where both gradients are the same.
        shape: Of what comes out.
    """

    forward: Callable[[torch.Tensor], torch.Tensor] | None
    backward: Callable[[torch.Tensor], torch.Tensor] | None
    shape: tuple[int, ...]


def flat_rows(site: Site) -> tuple[int, int]:
    """Rows and numbers per row.

    Raises:
        UnsupportedError: What goes in has more axes.
    """
    if len(site.shape) != 2:
        raise UnsupportedError(
            site.name, f"it receives {len(site.shape)} axes, and 2 (rows, features) are known"
        )
    return site.shape[0], site.shape[1]

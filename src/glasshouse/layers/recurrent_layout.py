"""Where the steps of a sequence stand in its tensor, and which layer reads them in which direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch

from glasshouse.core.errors import ModelError
from glasshouse.layers.recurrent_cell_rule import RecurrentCell


@dataclass(frozen=True)
class Layout:
    """The axes of a sequence (T, N, I), (N, T, I) or (T, I).

    Args:
        axis: The axis of time.
        steps: How many steps there are, at least 1.
        samples: The sizes of the other axes but the last: (N) or ().

    Example:
        >>> Layout.of(torch.zeros(4, 7, 3), batch_first=True)
        Layout(axis=1, steps=7, samples=(4,))
    """

    axis: int
    steps: int
    samples: tuple[int, ...]

    @classmethod
    def of(cls, x: torch.Tensor, batch_first: bool) -> Self:
        """Read it off a sequence.

        Args:
            x: The sequence.
            batch_first: Whether the batch comes before time, where there is one.

        Raises:
            ModelError: x is no sequence, or has no step.
        """
        axis = 1 if batch_first and x.dim() == 3 else 0
        if x.dim() not in (2, 3) or not x.shape[axis]:
            raise ModelError(
                f"x of shape {tuple(x.shape)}",
                expected="(T, N, I), (N, T, I) with batch_first, or (T, I), with T at least 1",
                fix="give at least one step, and the numbers of a step on the last axis",
            )
        return cls(axis, x.shape[axis], (*x.shape[:axis], *x.shape[axis + 1 : -1]))

    def place(self, t: int, rest: Sequence[int]) -> tuple[int, ...]:
        """The place in the sequence's layout.

        Args:
            t: The step.
            rest: The place on the other axes.

        Example:
            >>> Layout(1, 7, (4,)).place(6, (3, 0))
            (3, 6, 0)
        """
        return (*rest[: self.axis], t, *rest[self.axis :])


class Track(NamedTuple):
    """One layer in one direction.

    Attributes:
        cell: Its cell, with the names of this layer and direction.
        backward: Whether it reads the sequence from its end.
        row: Its row in the first and last states.
    """

    cell: RecurrentCell
    backward: bool
    row: int

    def order(self, layout: Layout) -> list[int]:
        """The steps in the order in which they are read.

        Args:
            layout: That of the sequence.
        """
        steps = list(range(layout.steps))
        return steps[::-1] if self.backward else steps

    def named(self, *names: str) -> list[str]:
        """Names of states, gates and parameters, as this layer and direction have them.

        Args:
            names: The cell's own names.
        """
        return [name + self.cell.suffix for name in names]

    def learnt(self, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Its parameters.

        Args:
            values: Tensors by name, these among them.
        """
        return {name: values[name] for name in self.named(*self.cell.parameters) if name in values}

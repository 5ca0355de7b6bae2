"""Replay memory: the steps made in a world, so that old ones can be learnt from again, in any order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from glasshouse.core.checks import whole_number
from glasshouse.objectives.acting import Transitions
from glasshouse.worlds.contract import Action, Observation


class ReplayMemory:
    """A ring of steps in one block of memory; the oldest step makes room for the newest.

    Batches are drawn evenly, with repetition: neighbours in a batch are then hardly ever neighbours in time,
    which stochastic gradient descent takes for granted.

    Args:
        capacity: Most steps, from 1.
        numbers: Numbers of an observation.
        width: Numbers of an action.

    Source:
        Lin 1992, Self-improving reactive agents based on reinforcement learning, planning and teaching.

    Example:
        >>> memory = ReplayMemory(2, numbers=1, width=1)
        >>> for time in range(3):
        ...     memory.add(np.float32([time]), 0, 0.5, np.float32([time + 1]), False)
        >>> len(memory), sorted(memory.rows[:, 0].tolist())
        (2, [1.0, 2.0])
    """

    def __init__(self, capacity: int, numbers: int, width: int) -> None:
        self.capacity = whole_number("capacity", capacity, at_least=1)
        self._sizes = [numbers, width, 1, numbers, 1]
        # One row for one step, so that a batch is one gather.
        self.rows = torch.zeros(capacity, sum(self._sizes))
        self._array = self.rows.numpy()
        self.added = 0

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(
        self, seen: Observation, action: Action, reward: float, after: Observation, terminated: bool
    ) -> None:
        """Remember a step."""
        row = self._array[self.added % self.capacity]
        numbers, width = self._sizes[:2]
        row[:numbers] = seen
        row[numbers : numbers + width] = action
        row[numbers + width] = reward
        row[numbers + width + 1 : -1] = after
        row[-1] = terminated
        self.added += 1

    def sample(self, count: int, generator: np.random.Generator) -> Transitions:
        """Steps that are drawn evenly, with repetition.

        Args:
            count: How many.
            generator: What draws.
        """
        places = torch.from_numpy(generator.integers(len(self), size=count))
        return Transitions(*torch.split(self.rows.index_select(0, places), self._sizes, dim=1))

    def state(self) -> dict[str, Any]:
        """What is remembered: 4 bytes for each number."""
        return {"rows": self.rows[: len(self)], "added": self.added}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.rows[: len(state["rows"])] = state["rows"]
        self.added = state["added"]

"""What a world is: something that is seen, acted in, and pays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

Observation = NDArray[np.float32]
"""What is seen of the state: shape (numbers,)."""
Action = Any
"""A whole number from 0, or an array of shape (dimensions,), float32."""


@dataclass(frozen=True)
class Actions:
    """What can be done in a world.

    Args:
        names: One for each action, or for each dimension of a continuous one.
        low, high: Ends of each dimension; empty where actions are counted.

    Example:
        >>> Actions(("left", "right")).counted, Actions(("torque",), (-2.0,), (2.0,)).counted
        (True, False)
    """

    names: tuple[str, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether one of several is taken; otherwise numbers between ends are chosen."""
        return not self.low

    @property
    def width(self) -> int:
        """Numbers that an action is written with: 1, or one for each dimension."""
        return len(self.low) or 1

    def __len__(self) -> int:
        return len(self.names)

    def random(self, generator: np.random.Generator) -> Action:
        """One that is drawn evenly."""
        if self.counted:
            return int(generator.integers(len(self.names)))
        return generator.uniform(self.low, self.high).astype(np.float32)


class Moved(NamedTuple):
    """What came of an action.

    Args:
        observation: What is seen now.
        reward: What it paid.
        terminated: Whether the world came to an end: nothing can be earned from here on.
        truncated: Whether time ran out: the world would go on, only nobody looks any longer.

    Example:
        >>> Moved(np.zeros(2, np.float32), 1.0, terminated=False, truncated=True).reward
        1.0
    """

    observation: Observation
    reward: float
    terminated: bool
    truncated: bool


class World(ABC):
    """A world of one agent.

    An episode is a function of its seed and of the actions: the same seed and the same actions lead to the
    same observations and rewards. So the state of any world can be kept as a seed and a list of actions.

    Attributes:
        name: As in an experiment: ``"gymnasium:CartPole-v1"``.
        seen: What the numbers of an observation are called.
        actions: What can be done.
        ends: The lowest and the highest that each number can be; infinite where nobody knows.
        limit: Steps after which time runs out; ``None`` for no limit.
        solved: The mean return from which on the world counts as solved, where its authors named one.
        discount: The discount that suits it.
    """

    name: str
    seen: tuple[str, ...]
    actions: Actions
    ends: tuple[tuple[float, float], ...]
    limit: int | None = None
    solved: float | None = None
    discount: ClassVar[float] = 0.99

    @abstractmethod
    def reset(self, seed: int) -> Observation:
        """Begin the episode of that seed."""

    @abstractmethod
    def step(self, action: Action) -> Moved:
        """Act."""

    def retrace(self, seed: int, actions: Sequence[Action]) -> Observation:
        """Begin an episode and repeat its actions: the world is then as it was after them."""
        observation = self.reset(seed)
        for action in actions:
            observation = self.step(action).observation
        return observation

    def facts(self) -> dict[str, Any]:
        """The world in plain JSON types, for records."""
        return {
            "name": self.name,
            "seen": list(self.seen),
            "actions": {
                "names": list(self.actions.names),
                "low": list(self.actions.low),
                "high": list(self.actions.high),
            },
            "limit": self.limit,
            "solved": self.solved,
        }

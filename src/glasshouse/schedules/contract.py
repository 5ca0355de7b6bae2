"""What a schedule is: the share of the base learning rate at each step of training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple


class Clock(NamedTuple):
    """Where training stands.

    Args:
        step: Optimizer steps done, from 0.
        steps_per_epoch: Optimizer steps in one pass over the training part, at least 1.
        epochs: Passes that are planned, at least 1.

    Example:
        >>> clock = Clock(step=15, steps_per_epoch=10, epochs=3)
        >>> clock.progress, clock.epoch
        (0.5, 1)
    """

    step: int
    steps_per_epoch: int
    epochs: int

    @property
    def progress(self) -> float:
        """Share of the planned training that is done, from 0 to below 1."""
        return self.step / (self.steps_per_epoch * self.epochs)

    @property
    def epoch(self) -> int:
        """Full passes done, from 0."""
        return self.step // self.steps_per_epoch


class Schedule(ABC):
    """A factor on the learning rate, asked for before every step.

    A schedule is a function of the clock, so a resumed run needs no memory of it. One that reacts to
    what it sees (plateau) keeps its memory in :meth:`state`.
    """

    @abstractmethod
    def factor(self, clock: Clock) -> float:
        """What to multiply the base learning rate with, at least 0."""

    def observe(self, loss: float) -> None:  # noqa: B027 - a schedule without memory has nothing to do
        """Take note of the watched loss at the end of an epoch. Most schedules need not know."""

    def state(self) -> dict[str, Any]:
        """What must be remembered to go on exactly, in plain JSON types."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: B027 - nor anything to restore
        """Go on from what :meth:`state` gave."""


def warmed_up(share: float, progress: float) -> float:
    """Linear rise from 0 to 1 over the first ``share`` of training, then 1.

    Example:
        >>> warmed_up(0.1, 0.05)
        0.5
    """
    return min(1.0, progress / share) if share > 0 else 1.0

"""How long a step took, and what many measurements of it amount to."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple


@dataclass
class EpochEnds:
    """The moments at which the epochs of one training ended.

    Every trainer has a place that is reached once per epoch: there :meth:`note` is called, and nowhere else.
    """

    moments: list[float] = field(default_factory=list)

    def note(self) -> None:
        """An epoch is over."""
        self.moments.append(perf_counter())

    def seconds_per_step(self, steps: int) -> float:
        """From the end of the first epoch to the end of the last, per step; setting up lies before that.

        Args:
            steps: Steps per epoch.
        """
        return (self.moments[-1] - self.moments[0]) / ((len(self.moments) - 1) * steps)


class Spread(NamedTuple):
    """The middle half of some measurements."""

    lower: float
    median: float
    upper: float

    def text(self, form: str = "{:.2f}") -> str:
        """Median, and the quartiles in brackets."""
        lower, median, upper = (form.format(each) for each in self)
        return f"{median} ({lower} to {upper})"


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles.

    Example:
        >>> spread([3.0, 1.0, 2.0])
        Spread(lower=1.5, median=2.0, upper=2.5)
    """
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))

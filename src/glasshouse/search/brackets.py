"""Successive halving in brackets: the trials of a bracket compete with each other, and one process has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glasshouse.search.claims import Claims
from glasshouse.search.halving import rungs_of
from glasshouse.search.space import Assignment
from glasshouse.search.trial import Asked, Trial
from glasshouse.search.unit import Unit


class Brackets:
    """Hands out brackets.

    A bracket whose process was killed is taken up by another: trials that were given up by then stay given
    up, the others begin again and climb the same rungs.

    Args:
        points: The settings of every trial, in the order of their numbers.
        size: Trials of a bracket.
        epochs: How long the last ones are trained.
        factor: Of how many trials one survives a rung.
        rungs: How many rungs.

    Raises:
        SettingError: There are fewer epochs than rungs.
    """

    def __init__(self, points: Sequence[Assignment], size: int, epochs: int, factor: int, rungs: int) -> None:
        self.points, self.size = points, size
        self.epochs, self.factor, self.rungs = epochs, factor, rungs
        rungs_of(size, epochs, factor, rungs)  # too few epochs are to be told now

    @property
    def total(self) -> int:
        """How many trials there are."""
        return len(self.points)

    def ask(self, done: Mapping[int, Trial], claims: Claims) -> Unit | None:
        """The next bracket that nobody is at; ``None`` where there is none."""
        for start in range(0, self.total, self.size):
            numbers = range(start, min(start + self.size, self.total))
            name = f"bracket-{start // self.size:06d}"
            if all(number in done for number in numbers) or not claims.take(name):
                continue
            rungs = rungs_of(len(numbers), self.epochs, self.factor, self.rungs)
            left = [number for number in numbers if number not in done]
            return Unit([Asked(number, self.points[number], name) for number in left], rungs)
        return None

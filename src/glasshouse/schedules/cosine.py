"""Cosine annealing: the learning rate falls along half a cosine."""

from __future__ import annotations

import math

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule, warmed_up


class Cosine(Schedule):
    r"""The rate falls from 1 to a floor along half a cosine, after an optional warm-up.

    .. math:: f(p) = f_0 + (1 - f_0) \tfrac12 (1 + \cos \pi p)

    Args:
        floor: Share of the rate that is left at the end, from 0 to 1.
        warmup: Share of training over which the rate rises from 0 first, from 0 to below 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts.

    Example:
        >>> round(Cosine().factor(Clock(step=10, steps_per_epoch=10, epochs=2)), 6)
        0.5
    """

    def __init__(self, floor: float = 0.0, warmup: float = 0.0) -> None:
        self.floor = number("floor", floor, at_least=0, at_most=1)
        self.warmup = number("warmup", warmup, at_least=0, below=1)

    def factor(self, clock: Clock) -> float:
        """The rise, or the place on the cosine after it."""
        if clock.progress < self.warmup:
            return warmed_up(self.warmup, clock.progress)
        along = (clock.progress - self.warmup) / (1 - self.warmup)
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * along))


CONCEPT = Concept(
    name="cosine",
    kind="schedule",
    summary="The rate falls from 1 to a floor along half a cosine, after an optional warm-up.",
    build=Cosine,
    aliases=("cosine_annealing",),
    equation=r"f(p) = f_0 + (1 - f_0) \tfrac12 (1 + \cos \pi p)",
    when="The default: good results without choosing where to drop.",
    pitfalls=("It needs to know the number of epochs; stopping early leaves the rate high.",),
    source="Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts.",
)

"""Constant: the learning rate stays as it is."""

from __future__ import annotations

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule, warmed_up


class Constant(Schedule):
    r"""The same rate throughout, after an optional warm-up.

    .. math:: f(p) = \min(1, p / w)

    Args:
        warmup: Share of training over which the rate rises from 0, from 0 to below 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Robbins and Monro 1951 (who prove that it must shrink to converge).

    Example:
        >>> Constant().factor(Clock(step=7, steps_per_epoch=10, epochs=2))
        1.0
    """

    def __init__(self, warmup: float = 0.0) -> None:
        self.warmup = number("warmup", warmup, at_least=0, below=1)

    def factor(self, clock: Clock) -> float:
        """1, or less during warm-up."""
        return warmed_up(self.warmup, clock.progress)


CONCEPT = Concept(
    name="constant",
    kind="schedule",
    summary="The same rate throughout, after an optional warm-up.",
    build=Constant,
    aliases=("none",),
    equation=r"f(p) = \min(1, p / w)",
    when="To see what the rate itself does.",
    pitfalls=("The noise of the batches keeps the loss from settling.",),
    source="Robbins and Monro 1951 (who prove that it must shrink to converge).",
)

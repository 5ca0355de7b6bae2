"""Exponential decay: the learning rate shrinks by the same share every epoch."""

from __future__ import annotations

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule


class Exponential(Schedule):
    r"""The rate is multiplied by gamma once per epoch, smoothly.

    .. math:: f(e) = \gamma^{e}

    Args:
        gamma: What one epoch multiplies the rate with, above 0 and at most 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Definition.

    Example:
        >>> Exponential(gamma=0.5).factor(Clock(step=10, steps_per_epoch=10, epochs=4))
        0.5
    """

    def __init__(self, gamma: float = 0.95) -> None:
        self.gamma = number("gamma", gamma, above=0, at_most=1)

    def factor(self, clock: Clock) -> float:
        """The factor by fractional epochs done."""
        return float(self.gamma ** (clock.step / clock.steps_per_epoch))


CONCEPT = Concept(
    name="exponential",
    kind="schedule",
    summary="The rate is multiplied by gamma once per epoch, smoothly.",
    build=Exponential,
    aliases=(),
    equation=r"f(e) = \gamma^{e}",
    when="A gentle decay without a planned end.",
    pitfalls=("With many epochs the rate is soon too small to learn.",),
    source="Definition.",
)

"""Step decay: the learning rate drops at fixed intervals."""

from __future__ import annotations

from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule


class StepDecay(Schedule):
    r"""The rate is multiplied by a factor every few epochs.

    .. math:: f(e) = \gamma^{\lfloor e / k \rfloor}

    Args:
        every: Epochs between two drops, from 1.
        gamma: What each drop multiplies the rate with, above 0 and at most 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Krizhevsky, Sutskever and Hinton 2012 (by hand, by 10).

    Example:
        >>> StepDecay(every=2, gamma=0.1).factor(Clock(step=20, steps_per_epoch=10, epochs=4))
        0.1
    """

    def __init__(self, every: int = 10, gamma: float = 0.1) -> None:
        self.every = whole_number("every", every, at_least=1)
        self.gamma = number("gamma", gamma, above=0, at_most=1)

    def factor(self, clock: Clock) -> float:
        """The factor by full epochs done."""
        return float(self.gamma ** (clock.epoch // self.every))


CONCEPT = Concept(
    name="step_decay",
    kind="schedule",
    summary="The rate is multiplied by a factor every few epochs.",
    build=StepDecay,
    aliases=("step",),
    equation=r"f(e) = \gamma^{\lfloor e / k \rfloor}",
    when="Long runs whose loss flattens in known places.",
    pitfalls=("The right places depend on the data.",),
    source="Krizhevsky, Sutskever and Hinton 2012 (by hand, by 10).",
)

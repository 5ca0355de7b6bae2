"""Cyclic: the learning rate goes up and down in triangles."""

from __future__ import annotations

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule


class Cyclic(Schedule):
    r"""The rate swings between a floor and 1 in straight lines.

    .. math:: f(e) = f_0 + (1 - f_0) \max(0, 1 - |2 e / k - 2 \lfloor e / k \rfloor - 1|)

    Args:
        period: Epochs of one swing up and down, above 0.
        floor: Lowest share of the rate, from 0 to 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Smith 2017, Cyclical learning rates for training neural networks.

    Example:
        >>> Cyclic(period=2, floor=0.1).factor(Clock(step=10, steps_per_epoch=10, epochs=4))
        1.0
    """

    def __init__(self, period: float = 4.0, floor: float = 0.1) -> None:
        self.period = number("period", period, above=0)
        self.floor = number("floor", floor, at_least=0, at_most=1)

    def factor(self, clock: Clock) -> float:
        """The place on the triangle."""
        phase = (clock.step / clock.steps_per_epoch / self.period) % 1.0
        return self.floor + (1 - self.floor) * (1 - abs(2 * phase - 1))


CONCEPT = Concept(
    name="cyclic",
    kind="schedule",
    summary="The rate swings between a floor and 1 in straight lines.",
    build=Cyclic,
    aliases=("triangular",),
    equation=r"f(e) = f_0 + (1 - f_0) \max(0, 1 - |2 e / k - 2 \lfloor e / k \rfloor - 1|)",
    when="To leave flat places and to take snapshots at the low points.",
    pitfalls=("The loss swings with it: compare low points only.",),
    source="Smith 2017, Cyclical learning rates for training neural networks.",
)

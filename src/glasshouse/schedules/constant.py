"""Constant: the learning rate stays as it is."""

from __future__ import annotations

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule, warmup_share, worked_factor


class Constant(Schedule):
    r"""The same rate throughout, after an optional warm-up.

    .. math:: f = 1

    Args:
        warmup: Share of training over which the rate rises from 0 first, from 0 to below 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Robbins and Monro 1951 (who prove that it must shrink to converge).

    Example:
        >>> Constant().factor(Clock(step=7, steps_per_epoch=10, epochs=2))
        1.0
    """

    def __init__(self, warmup: float = 0.0) -> None:
        self.warmup = warmup_share(warmup)

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """1."""
        return 1.0


CONCEPT = Concept(
    name="constant",
    kind="schedule",
    summary="The same rate throughout, after an optional warm-up.",
    build=Constant,
    aliases=("none", "fixed"),
    equation=r"f = 1",
    symbols={"f": "factor on the learning rate; 1 throughout"},
    when="To see what the rate itself does.",
    pitfalls=("The noise of the batches keeps the loss from settling.",),
    conventions=("PyTorch's ConstantLR multiplies the first epochs by a factor; that is a step, not this.",),
    source="Robbins and Monro 1951 (who prove that it must shrink to converge).",
    worked=worked_factor(Constant, Clock(step=2, steps_per_epoch=10, epochs=2), warmup=0.2),
)

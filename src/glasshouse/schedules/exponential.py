"""Exponential decay: the learning rate shrinks by the same share every epoch."""

from __future__ import annotations

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule, warmup_share, worked_factor, written


class Exponential(Schedule):
    r"""The rate is multiplied by gamma once per epoch, smoothly.

    .. math:: f(e) = \gamma^{e}

    Args:
        gamma: What one epoch multiplies the rate with, above 0 and at most 1.
        warmup: Share of training over which the rate rises from 0 first, from 0 to below 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Definition.

    Example:
        >>> Exponential(gamma=0.5).factor(Clock(step=10, steps_per_epoch=10, epochs=4))
        0.5
    """

    def __init__(self, gamma: float = 0.95, warmup: float = 0.0) -> None:
        self.gamma = number("gamma", gamma, above=0, at_most=1)
        self.warmup = warmup_share(warmup)

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """The factor by fractional epochs done."""
        return written("gamma", self.gamma, e) ** e


CONCEPT = Concept(
    name="exponential",
    kind="schedule",
    summary="The rate is multiplied by gamma once per epoch, smoothly.",
    build=Exponential,
    aliases=("exponential_decay",),
    equation=r"f(e) = \gamma^{e}",
    symbols={
        "e": "passes over the training part that are done, with the broken one",
        "gamma": "what one epoch multiplies the rate with, above 0 and at most 1",
    },
    when="A gentle decay without a planned end.",
    pitfalls=(
        "With many epochs the rate is soon too small to learn: 0.95 leaves 0.6 % of it after 100.",
        "All steps together go no further than a bounded distance, so a bad start is never made good.",
    ),
    conventions=(
        "Smooth here: every step takes its part. PyTorch's ExponentialLR, called once per epoch, goes in "
        "stairs; that is step_decay with every = 1. Books write e^{-kt}, where gamma = e^{-k}.",
    ),
    source="Definition.",
    worked=worked_factor(Exponential, Clock(step=15, steps_per_epoch=10, epochs=4), gamma=0.5),
)

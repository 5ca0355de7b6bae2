"""Cosine annealing: the learning rate falls along half a cosine, once or again and again."""

from __future__ import annotations

import math

from glasshouse.core.arithmetic import Quantity, cos
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.schedules.contract import Clock, Schedule, warmup_share, worked_factor, written

ROUNDING = 1e-9
"""A cycle is over this share of it early, so that a rounding error does not put its end off by a step."""


class Cosine(Schedule):
    r"""The rate falls from 1 to a floor along half a cosine, after an optional warm-up.

    .. math:: f(p) = f_0 + (1 - f_0) \tfrac12 (1 + \cos \pi p)

    With warm restarts, p is the share of the present cycle, and the rate jumps back up at its end.

    Args:
        floor: Share of the rate that is left at the end, from 0 to 1.
        restart: Epochs of the first cycle, above 0; 0 for a single cycle as long as training.
        growth: How many times as long each cycle is as the one before, from 1; needs ``restart``.
        warmup: Share of training over which the rate rises from 0 first, from 0 to below 1.

    Raises:
        SettingError: A setting lies outside its range, or there is a growth without restarts.

    Source:
        Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts, arXiv 1608.03983.

    Example:
        >>> round(Cosine().factor(Clock(step=10, steps_per_epoch=10, epochs=2)), 6)
        0.5
        >>> restarts = Cosine(restart=1, growth=2)  # cycles of 1, 2, 4 ... epochs
        >>> [round(restarts.factor(Clock(step, 2, 7)), 2) for step in range(7)]
        [1.0, 0.5, 1.0, 0.85, 0.5, 0.15, 1.0]
    """

    def __init__(
        self, floor: float = 0.0, restart: float = 0.0, growth: float = 1.0, warmup: float = 0.0
    ) -> None:
        self.floor = number("floor", floor, at_least=0, at_most=1)
        self.restart = number("restart", restart, at_least=0)
        self.growth = number("growth", growth, at_least=1)
        self.warmup = warmup_share(warmup)
        if self.growth > 1 and not self.restart:
            raise SettingError(
                f"growth = {growth!r} without restart",
                expected="cycles that can grow",
                fix="set restart to the epochs of the first cycle, or leave growth out",
            )

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """The place on the cosine."""
        if self.restart:
            p = written("p_cycle", self.share_of_cycle(clock.passes), p)
        return self.floor + (1 - self.floor) * 0.5 * (1 + cos(written("pi", math.pi, p) * p))

    def share_of_cycle(self, passes: float) -> float:
        """How much of the present cycle is done.

        Args:
            passes: Passes done, with the broken one.
        """
        length = self.restart
        if self.growth == 1:
            passes -= math.floor(passes / length + ROUNDING) * length
        while passes >= length * (1 - ROUNDING):
            passes, length = passes - length, length * self.growth
        return max(0.0, passes / length)


CONCEPT = Concept(
    name="cosine",
    kind="schedule",
    summary="The rate falls from 1 to a floor along half a cosine, after an optional warm-up.",
    build=Cosine,
    aliases=("cosine_annealing", "warm_restarts", "sgdr"),
    equation=r"f(p) = f_0 + (1 - f_0) \tfrac12 (1 + \cos \pi p)",
    symbols={
        "p": "share of training (after the warm-up) that is done, or of the present cycle; from 0 to below 1",
        "f_0": "floor: share of the rate that is left at the end, from 0 to 1",
    },
    when="The default: good results without choosing where to drop.",
    pitfalls=(
        "It needs to know the number of epochs; stopping early leaves the rate high.",
        "With restarts the loss jumps at each one: take the weights from the end of a cycle.",
    ),
    conventions=(
        "PyTorch: CosineAnnealingLR over all steps, CosineAnnealingWarmRestarts with T_0 = restart and "
        "T_mult = growth. The floor here is a share of the rate, eta_min there is a rate.",
    ),
    source="Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts.",
    worked=worked_factor(Cosine, Clock(step=10, steps_per_epoch=10, epochs=4), floor=0.1),
)

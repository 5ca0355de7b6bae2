"""Cyclic: the learning rate goes up and down in triangles, of one height or of falling ones."""

from __future__ import annotations

from typing import Literal

from glasshouse.core.arithmetic import Quantity, named
from glasshouse.core.checks import number, one_of
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule, warmup_share, worked_factor, written

MODES = ("triangular", "triangular2", "exp_range")


class Cyclic(Schedule):
    r"""The rate swings between a floor and 1 in straight lines.

    .. math::
        f(e) = f_0 + (1 - f_0)\, a\, \Lambda(e / k - \lfloor e / k \rfloor),\quad
        a = 1,\; 2^{-\lfloor e / k \rfloor} \;\text{or}\; \gamma^e

    where the triangle rises from 0 to 1 over the share r of a swing and falls to 0 over the rest.

    Args:
        period: Epochs of one swing up and down, above 0.
        floor: Lowest share of the rate, from 0 to 1.
        mode: ``"triangular"``: all swings alike; ``"triangular2"``: each half as high as the one before;
            ``"exp_range"``: the height shrinks by gamma every epoch.
        gamma: What one epoch multiplies the height with, above 0 and at most 1; for ``"exp_range"``.
        rise: Share of a swing that goes up, above 0 and below 1.
        warmup: Share of training over which the rate rises from 0 first, from 0 to below 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Smith 2017, Cyclical learning rates for training neural networks, arXiv 1506.01186.

    Example:
        >>> Cyclic(period=2, floor=0.1).factor(Clock(step=10, steps_per_epoch=10, epochs=4))
        1.0
        >>> halved = Cyclic(period=2, floor=0.1, mode="triangular2")
        >>> round(halved.factor(Clock(step=30, steps_per_epoch=10, epochs=4)), 6)
        0.55
    """

    def __init__(
        self,
        period: float = 4.0,
        floor: float = 0.1,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 0.9,
        rise: float = 0.5,
        warmup: float = 0.0,
    ) -> None:
        self.period = number("period", period, above=0)
        self.floor = number("floor", floor, at_least=0, at_most=1)
        self.mode = one_of("mode", mode, MODES)
        self.gamma = number("gamma", gamma, above=0, at_most=1)
        self.rise = number("rise", rise, above=0, below=1)
        self.warmup = warmup_share(warmup)

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """The place on the triangle, times its height."""
        swings, phase = divmod(clock.passes / self.period, 1.0)
        phase = written("phase", phase, e)
        place = named("triangle", phase / self.rise if phase < self.rise else (1 - phase) / (1 - self.rise))
        height: Quantity = 1.0
        if self.mode == "triangular2":
            height = 0.5**swings
        elif self.mode == "exp_range":
            height = named("height", written("gamma", self.gamma, e) ** e)
        return self.floor + (1 - self.floor) * place * height


CONCEPT = Concept(
    name="cyclic",
    kind="schedule",
    summary="The rate swings between a floor and 1 in straight lines.",
    build=Cyclic,
    aliases=("triangular", "cyclical"),
    equation=r"f(e) = f_0 + (1 - f_0)\, a \max(0, 1 - |2 e / k - 2 \lfloor e / k \rfloor - 1|)",
    symbols={
        "e": "passes over the training part that are done, with the broken one",
        "k": "period: epochs of one swing, above 0",
        "f_0": "floor, from 0 to 1",
        "a": "height: 1, halved by each swing (triangular2), or gamma^e (exp_range)",
        "phase": "share of the present swing that is done",
    },
    when="To leave flat places and to take snapshots at the low points.",
    pitfalls=(
        "The loss swings with it: compare low points only.",
        "Training should end at the end of a swing; let the epochs be a multiple of the period.",
    ),
    conventions=(
        "PyTorch's CyclicLR: step_size_up and step_size_down are steps; its gamma counts steps, ours epochs.",
        "PyTorch also swings the momentum the other way round unless cycle_momentum is off; here it stays.",
    ),
    source="Smith 2017, Cyclical learning rates for training neural networks, arXiv 1506.01186.",
    worked=worked_factor(Cyclic, Clock(step=25, steps_per_epoch=10, epochs=8), period=4, floor=0.1),
)

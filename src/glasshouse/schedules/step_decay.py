"""Step decay: the learning rate drops at fixed intervals, or at given epochs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number, whole_number, whole_numbers
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.schedules.contract import Clock, Schedule, warmup_share, worked_factor, written


class StepDecay(Schedule):
    r"""The rate is multiplied by a factor every few epochs, or at given ones.

    .. math:: f(e) = \gamma^{n},\quad n = \lfloor e / k \rfloor \;\text{or}\; n = |\{a_i \le e\}|

    Args:
        every: Epochs between two drops, from 1.
        gamma: What each drop multiplies the rate with, above 0 and at most 1.
        at: Epochs after which it drops, rising, each from 1, instead of ``every``; empty for ``every``.
        warmup: Share of training over which the rate rises from 0 first, from 0 to below 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Krizhevsky, Sutskever and Hinton 2012 (by hand, by 10); He, Zhang, Ren and Sun 2016 (at given epochs).

    Example:
        >>> StepDecay(every=2, gamma=0.1).factor(Clock(step=20, steps_per_epoch=10, epochs=4))
        0.1
        >>> StepDecay(at=[1, 3], gamma=0.5).factor(Clock(step=30, steps_per_epoch=10, epochs=4))
        0.25
    """

    def __init__(
        self, every: int = 10, gamma: float = 0.1, at: Sequence[int] = (), warmup: float = 0.0
    ) -> None:
        self.every = whole_number("every", every, at_least=1)
        self.gamma = number("gamma", gamma, above=0, at_most=1)
        self.at = whole_numbers("at", at, at_least=1)
        if any(before >= after for before, after in itertools.pairwise(self.at)):
            raise SettingError(f"at = {self.at}", expected="epochs in rising order", fix="sort them")
        self.warmup = warmup_share(warmup)

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """The factor by the drops so far."""
        drops = sum(epoch <= clock.epoch for epoch in self.at) if self.at else clock.epoch // self.every
        return written("gamma", self.gamma, e) ** written("n", drops, e)


CONCEPT = Concept(
    name="step_decay",
    kind="schedule",
    summary="The rate is multiplied by a factor every few epochs, or at given ones.",
    build=StepDecay,
    aliases=("step", "multi_step", "staircase"),
    equation=r"f(e) = \gamma^{\lfloor e / k \rfloor}",
    symbols={
        "e": "passes over the training part that are done",
        "k": "epochs between two drops (every), from 1",
        "gamma": "what a drop multiplies the rate with, above 0 and at most 1",
        "n": "drops so far: the whole part of e / k, or how many of the given epochs (at) are over",
    },
    when="Long runs whose loss flattens in known places.",
    pitfalls=(
        "The right places depend on the data and on the number of epochs.",
        "Right after a drop the loss falls because the noise is smaller, not because something was learnt.",
    ),
    conventions=(
        "PyTorch's StepLR and MultiStepLR, called once per epoch. Keras' ExponentialDecay with staircase "
        "counts steps instead of epochs.",
    ),
    source="Krizhevsky, Sutskever and Hinton 2012 (by hand, by 10).",
    worked=worked_factor(StepDecay, Clock(step=25, steps_per_epoch=10, epochs=4), every=1, gamma=0.5),
)

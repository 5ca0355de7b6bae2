"""Warm-up: the learning rate rises in a straight line before it stays, or before another schedule begins."""

from __future__ import annotations

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule, worked_factor


class Warmup(Schedule):
    r"""The rate rises from a share of it to the whole, then stays.

    .. math:: f(p) = f_0 + (1 - f_0)\,\min(1, p / w)

    Every other schedule takes ``warmup`` as a setting of its own, and begins its own course after the rise:
    ``{name = "cosine", warmup = 0.1}``.

    Args:
        share: Share of training over which the rate rises, above 0 and below 1; rounded to whole steps.
        start: Share of the rate with which it begins, from 0 to 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Goyal et al. 2017, Accurate, large minibatch SGD: training ImageNet in 1 hour, arXiv 1706.02677.

    Example:
        >>> warmup = Warmup(share=0.5, start=0.2)
        >>> [round(warmup.factor(Clock(step, 4, 2)), 4) for step in range(6)]
        [0.2, 0.4, 0.6, 0.8, 1.0, 1.0]
    """

    def __init__(self, share: float = 0.1, start: float = 0.0) -> None:
        self.warmup = number("share", share, above=0, below=1)
        self.warmup_start = number("start", start, at_least=0, at_most=1)

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """1 once the rise is over."""
        return 1.0


CONCEPT = Concept(
    name="warmup",
    kind="schedule",
    summary="The rate rises in a straight line over the first part of training, then stays.",
    build=Warmup,
    aliases=("warm_up", "linear_warmup"),
    equation=r"f(p) = f_0 + (1 - f_0) \min(1, p / w)",
    symbols={
        "p": "share of training that is done, from 0 to below 1",
        "w": "share of training over which the rate rises, above 0 and below 1",
        "f_0": "factor at the first step, from 0 to 1; p_warmup in the arithmetic is p / w",
    },
    when="Large batches, Adam on transformers, and networks that blow up in their first steps.",
    pitfalls=(
        "Started at 0, the very first step changes nothing.",
        "It hides a rate that is too large; a loss that breaks away after the rise says so.",
    ),
    conventions=(
        "Here a share of training; PyTorch's LinearLR and most papers count steps or epochs.",
        "As a setting of another schedule, the other one's course is squeezed into what is left, as with "
        "PyTorch's SequentialLR; some libraries let both run at once and take the smaller factor.",
    ),
    source="Goyal et al. 2017, Accurate, large minibatch SGD: training ImageNet in 1 hour, arXiv 1706.02677.",
    worked=worked_factor(Warmup, Clock(step=1, steps_per_epoch=10, epochs=4), share=0.1, start=0.2),
)

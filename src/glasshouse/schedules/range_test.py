"""Learning-rate range test: the rate rises from tiny to the base rate, to see which rates the loss bears."""

from __future__ import annotations

from typing import Literal

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number, one_of
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule, worked_factor, written

SHAPES = ("geometric", "linear")


class RangeTest(Schedule):
    r"""The rate rises from a tiny share of it to the whole.

    .. math:: f(p) = f_0^{\,1 - p} \;\text{(geometric)},\quad f(p) = f_0 + (1 - f_0)\, p \;\text{(linear)}

    This is the course of the test, and not a schedule to train with. ``learning_rate = "find"`` in an
    experiment runs the test on a copy of the network and reads the rate off its curve
    (:func:`glasshouse.training.range_test.range_test`). As the schedule of a run of its own, with a large
    learning rate and one epoch, it gives the same curve of loss over rate at full length.

    Args:
        lowest: Share of the rate at the first step, above 0 and below 1.
        shape: ``"geometric"``: every step multiplies the rate alike; ``"linear"``: every step adds alike.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Smith 2017, Cyclical learning rates for training neural networks, section 3.3, arXiv 1506.01186.

    Example:
        >>> test = RangeTest(lowest=1e-4)
        >>> [round(test.factor(Clock(step, 4, 1)), 6) for step in range(4)]
        [0.0001, 0.001, 0.01, 0.1]
    """

    def __init__(self, lowest: float = 1e-7, shape: Literal["geometric", "linear"] = "geometric") -> None:
        self.lowest = number("lowest", lowest, above=0, below=1)
        self.shape = one_of("shape", shape, SHAPES)

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """The place on the rise."""
        if self.shape == "linear":
            return self.lowest + (1 - self.lowest) * p
        return written("f_0", self.lowest, p) ** (1 - p)


CONCEPT = Concept(
    name="range_test",
    kind="schedule",
    summary="The rate rises from tiny to the base rate, to see which rates the loss bears.",
    build=RangeTest,
    aliases=("learning_rate_range_test", "lr_finder", "learning_rate_finder"),
    equation=r"f(p) = f_0^{\,1 - p}",
    symbols={
        "p": "share of the test that is done, from 0 to below 1",
        "f_0": "lowest: share of the rate at the first step, above 0 and below 1",
    },
    when='Before training, to find a rate: set training.learning_rate = "find", which runs the test.',
    pitfalls=(
        "It is no schedule to train with: it ends where the loss breaks away.",
        "The rate at which the loss is lowest is already too large; take a tenth of it.",
        "One short look depends on the batch size, the first weights and the order of the rows.",
    ),
    conventions=(
        "Smith raises the rate in a straight line over some epochs; the geometric rise over about 100 steps "
        "is that of fastai and of the test here.",
        "Some take the rate of the steepest fall, others a tenth of that of the lowest loss, as we do.",
    ),
    source="Smith 2017, Cyclical learning rates for training neural networks, section 3.3.",
    worked=worked_factor(RangeTest, Clock(step=50, steps_per_epoch=100, epochs=1), lowest=1e-4),
)

"""Polynomial decay: the learning rate falls to a floor along a power; with power 1, in a straight line."""

from __future__ import annotations

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule, warmup_share, worked_factor


class Polynomial(Schedule):
    r"""The rate falls from 1 to a floor along a power of the training that is left.

    .. math:: f(p) = f_0 + (1 - f_0) (1 - p)^n

    Args:
        power: n, above 0; 1 is linear decay.
        floor: Share of the rate that is left at the end, from 0 to 1.
        warmup: Share of training over which the rate rises from 0 first, from 0 to below 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Definition; power 1 with a warm-up: Devlin, Chang, Lee and Toutanova 2019, BERT, arXiv 1810.04805.

    Example:
        >>> Polynomial().factor(Clock(step=10, steps_per_epoch=10, epochs=4))
        0.75
        >>> Polynomial(power=2).factor(Clock(step=20, steps_per_epoch=10, epochs=4))
        0.25
    """

    def __init__(self, power: float = 1.0, floor: float = 0.0, warmup: float = 0.0) -> None:
        self.power = number("power", power, above=0)
        self.floor = number("floor", floor, at_least=0, at_most=1)
        self.warmup = warmup_share(warmup)

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """The power of what is left."""
        left = 1 - p
        return self.floor + (1 - self.floor) * (left if self.power == 1 else left**self.power)


CONCEPT = Concept(
    name="polynomial",
    kind="schedule",
    summary="The rate falls to a floor along a power of what is left; with power 1, in a straight line.",
    build=Polynomial,
    aliases=("linear", "linear_decay", "polynomial_decay"),
    equation=r"f(p) = f_0 + (1 - f_0) (1 - p)^n",
    symbols={
        "p": "share of training (after the warm-up) that is done, from 0 to below 1",
        "n": "power, above 0",
        "f_0": "floor: share of the rate that is left at the end, from 0 to 1",
    },
    when="Fine-tuning of transformers (power 1 with a warm-up), segmentation (power 0.9).",
    pitfalls=("It needs to know the number of epochs; stopping early leaves the rate high.",),
    conventions=(
        "PyTorch's PolynomialLR, and LinearLR from 1 to the floor; Keras' PolynomialDecay has the floor as a "
        "rate (end_learning_rate).",
    ),
    source="Definition; power 1 with a warm-up: Devlin et al. 2019, BERT, arXiv 1810.04805.",
    worked=worked_factor(Polynomial, Clock(step=10, steps_per_epoch=10, epochs=4), power=2, floor=0.1),
)

"""What a schedule is: the share of the base learning rate at each step of training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number
from glasshouse.core.expression import Expression, Number, wrap
from glasshouse.core.worked import Worked


class Clock(NamedTuple):
    """Where training stands.

    Args:
        step: Optimizer steps done, from 0.
        steps_per_epoch: Optimizer steps in one pass over the training part, at least 1.
        epochs: Passes that are planned, above 0; a broken number where a warm-up was taken off.

    Example:
        >>> clock = Clock(step=15, steps_per_epoch=10, epochs=3)
        >>> clock.progress, clock.epoch, clock.steps
        (0.5, 1, 30)
    """

    step: int
    steps_per_epoch: int
    epochs: float

    @property
    def steps(self) -> int:
        """Optimizer steps that are planned."""
        return round(self.steps_per_epoch * self.epochs)

    @property
    def progress(self) -> float:
        """Share of the planned training that is done, from 0 to below 1."""
        return self.step / self.steps

    @property
    def passes(self) -> float:
        """Passes done, with the broken one."""
        return self.step / self.steps_per_epoch

    @property
    def epoch(self) -> int:
        """Full passes done, from 0."""
        return self.step // self.steps_per_epoch


class Schedule(ABC):
    """A factor on the learning rate, asked for before every step.

    A schedule is a function of the clock, so a resumed run needs no memory of it. One that reacts to
    what it sees (plateau) keeps its memory in :meth:`state`.

    Every schedule may begin with a warm-up: the rate rises in a straight line over a share of training, and
    the schedule itself goes over what is left.

    Attributes:
        warmup: Share of training over which the rate rises first, from 0 to below 1.
        warmup_start: Share of the rate with which the rise begins, from 0 to 1.
    """

    warmup: float = 0.0
    warmup_start: float = 0.0

    @abstractmethod
    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """The factor after the warm-up, written in the functions of ``core.arithmetic``.

        Args:
            clock: Where training stands, counted from the end of the warm-up.
            p: The clock's progress, as a number or as a leaf of the arithmetic.
            e: The clock's passes, likewise.
        """

    def factor(self, clock: Clock) -> float:
        """What to multiply the base learning rate with, at least 0."""
        return float(self._at(clock, named=False))

    def expand(self, clock: Clock) -> Expression:
        """The arithmetic of the factor: p is the progress, e the passes done.

        Args:
            clock: Where training stands.
        """
        return wrap(self._at(clock, named=True))

    def _at(self, clock: Clock, named: bool) -> Quantity:
        # Whole steps, so that what counts epochs after the warm-up counts them from a step.
        rising = round(self.warmup * clock.steps) if self.warmup else 0
        if clock.step < rising:
            p = Number(clock.step / rising, "p_warmup") if named else clock.step / rising
            return self.warmup_start + (1 - self.warmup_start) * p if self.warmup_start else p
        if rising:
            left = clock.epochs - rising / clock.steps_per_epoch
            clock = Clock(clock.step - rising, clock.steps_per_epoch, left)
        p, e = clock.progress, clock.passes
        return self.formula(clock, Number(p, "p"), Number(e, "e")) if named else self.formula(clock, p, e)

    def observe(self, loss: float) -> None:  # noqa: B027 - a schedule without memory has nothing to do
        """Take note of the watched loss at the end of an epoch. Most schedules need not know."""

    def state(self) -> dict[str, Any]:
        """What must be remembered to go on exactly, in plain JSON types."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: B027 - nor anything to restore
        """Go on from what :meth:`state` gave."""


def written(name: str, value: float, beside: Quantity) -> Quantity:
    """The number as a leaf with its name where the arithmetic is written, else as it is.

    Args:
        name: What the arithmetic calls it.
        value: The number.
        beside: What it is computed with.

    Example:
        >>> written("gamma", 0.5, 2.0), written("gamma", 0.5, Number(2.0, "e"))
        (0.5, <gamma = 0.5>)
    """
    return Number(value, name) if isinstance(beside, Expression) else value


def warmup_share(warmup: float) -> float:
    """The setting ``warmup`` of every schedule, if it is one.

    Raises:
        SettingError: It is not from 0 to below 1.

    Example:
        >>> warmup_share(0.1)
        0.1
    """
    return number("warmup", warmup, at_least=0, below=1)


def worked_factor(
    build: Callable[..., Schedule], clock: Clock, *, losses: tuple[float, ...] = (), **settings: Any
) -> Callable[[], Worked]:
    """A worked factor for a card.

    Args:
        build: What makes the schedule out of settings.
        clock: Where training stands.
        losses: What was watched in the epochs before.
        settings: The settings with which it is built.

    Returns:
        A function without arguments that works it out when a card is shown.
    """

    def work() -> Worked:
        schedule = build(**settings)
        for loss in losses:
            schedule.observe(loss)
        facts: dict[str, Any] = {
            "step": clock.step,
            "steps per epoch": clock.steps_per_epoch,
            "epochs": clock.epochs,
        }
        facts |= {"losses": list(losses)} if losses else {}
        given = ", ".join(f"{name} = {value}" for name, value in {**facts, **settings}.items())
        return Worked(given, "f", schedule.expand(clock), schedule.factor(clock))

    return work

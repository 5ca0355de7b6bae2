"""When a fit has got as far as it gets, by scikit-learn's measure, and what the rate does until then."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from glasshouse.core.arithmetic import Quantity
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.schedules import Clock, Schedule

SMALLEST_RATE = 1e-6
"""Where ``learning_rate="adaptive"`` gives up, as in scikit-learn."""


class Convergence(EarlyStopping):
    """Ends training when the watched number has not improved by a tolerance for some epochs.

    As in scikit-learn an improvement must beat the best epoch by the tolerance, while the best is whatever
    was lowest: many small steps do not add up to one.

    Args:
        patience: Epochs without improvement, one more than which ends training; may be infinite.
        tolerance: Least improvement, at least 0.
        part: Whose numbers are watched: ``"train"`` or ``"validation"``.
        monitor: ``"loss"``, or the metric of the validation part.
        rate: Base learning rate where it is to be divided by 5 before training ends; ``None``: it ends.

    Attributes:
        watched: The watched number of every epoch.
        factor: What the learning rate has been multiplied with.

    Example:
        >>> convergence = Convergence(patience=1, tolerance=0.1)
        >>> for epoch, loss in enumerate([1.0, 0.8, 0.75, 0.71], start=1):
        ...     _ = convergence.improved(epoch, {"loss": loss})
        >>> convergence.exhausted, convergence.best
        (True, 0.71)
    """

    def __init__(
        self,
        patience: float,
        tolerance: float,
        part: Literal["train", "validation"] = "train",
        monitor: str = "loss",
        rate: float | None = None,
    ) -> None:
        super().__init__(None, monitor, tolerance, part)
        self.most = patience
        self.rate = rate
        self.factor = 1.0
        self.watched: list[float] = []

    def improved(self, epoch: int, measured: dict[str, float | None]) -> bool:
        """Take note of an epoch; whether it is the best so far."""
        found = measured[self.monitor]
        value = math.nan if found is None else found
        self.watched.append(value)
        cost = value if self.monitor == "loss" else -value
        # A comparison with NaN is false, so a score that is none counts as one that did not improve.
        self.waited = 0 if cost <= self.best - self.least_change else self.waited + 1
        better = cost < self.best
        if better:
            self.best, self.best_epoch = cost, epoch
        if self.waited > self.most and self.rate is not None and self.rate * self.factor > SMALLEST_RATE:
            self.factor, self.waited = self.factor / 5, 0
        return better

    @property
    def exhausted(self) -> bool:
        """Whether waiting any longer is not worth it."""
        return self.waited > self.most

    def reason(self) -> str:
        """Why training ended, in words."""
        return f"converged: {self.monitor} did not improve by {self.least_change:g} for {self.waited} epochs"

    def state(self) -> dict[str, Any]:
        """What must be remembered to go on exactly."""
        return {**super().state(), "factor": self.factor, "watched": list(self.watched)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        super().restore(state)
        self.factor, self.watched = state["factor"], list(state["watched"])


class Adaptive(Schedule):
    """The rate is divided by 5 each time :class:`Convergence` sees no improvement any more.

    Args:
        factor: Gives what the rate has been multiplied with.

    Example:
        >>> Adaptive(lambda: 0.2).factor(Clock(0, 1, 1))
        0.2
    """

    def __init__(self, factor: Callable[[], float]) -> None:
        self._factor = factor

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """The factor as it stands."""
        return self._factor()


class InverseScaling(Schedule):
    r"""The rate falls with the samples seen, epoch by epoch, as scikit-learn's ``"invscaling"``.

    .. math:: f = (n e + 1)^{-p}

    Args:
        power: p, at least 0.
        rows: n, training rows of one epoch.

    Example:
        >>> InverseScaling(power=0.5, rows=8).factor(Clock(step=3, steps_per_epoch=2, epochs=5))
        0.3333333333333333
    """

    def __init__(self, power: float, rows: int) -> None:
        self.power, self.rows = power, rows

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """One over a power of the samples seen in full epochs."""
        return float((self.rows * clock.epoch + 1) ** -self.power)

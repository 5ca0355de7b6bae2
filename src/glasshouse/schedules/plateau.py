"""Plateau: the learning rate drops when the loss stops falling."""

from __future__ import annotations

import math
from typing import Any

from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule


class Plateau(Schedule):
    r"""The rate is multiplied by gamma whenever the watched loss has not fallen for some epochs.

    .. math:: f \leftarrow \gamma f \text{ after } k \text{ epochs without a loss below } L^* (1 - \tau)

    Args:
        patience: Epochs without progress before a drop, from 0.
        gamma: What each drop multiplies the rate with, above 0 and below 1.
        threshold: Relative fall of the loss that counts as progress, at least 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        The rule of ``torch.optim.lr_scheduler.ReduceLROnPlateau`` (mode "min", relative threshold).

    Example:
        >>> plateau = Plateau(patience=0, gamma=0.5)
        >>> plateau.observe(1.0)
        >>> plateau.observe(1.0)
        >>> plateau.factor(Clock(step=20, steps_per_epoch=10, epochs=4))
        0.5
    """

    def __init__(self, patience: int = 5, gamma: float = 0.3, threshold: float = 1e-4) -> None:
        self.patience = whole_number("patience", patience, at_least=0)
        self.gamma = number("gamma", gamma, above=0, below=1)
        self.threshold = number("threshold", threshold, at_least=0)
        self.best = math.inf
        self.waited = 0
        self.current = 1.0

    def factor(self, clock: Clock) -> float:
        """The product of all drops so far."""
        return self.current

    def observe(self, loss: float) -> None:
        """Count the epochs without progress, and drop when there are too many."""
        if loss < self.best * (1 - self.threshold):
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited > self.patience:
            self.current, self.waited = self.current * self.gamma, 0

    def state(self) -> dict[str, Any]:
        """Best loss, epochs waited and the factor."""
        best = None if math.isinf(self.best) else self.best
        return {"best": best, "waited": self.waited, "current": self.current}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.best = math.inf if state["best"] is None else state["best"]
        self.waited, self.current = state["waited"], state["current"]


CONCEPT = Concept(
    name="plateau",
    kind="schedule",
    summary="The rate drops whenever the watched loss has not fallen for some epochs.",
    build=Plateau,
    aliases=("reduce_on_plateau",),
    equation=r"f \leftarrow \gamma f \text{ after } k \text{ epochs without progress}",
    when="When the number of epochs is open.",
    pitfalls=("With a noisy loss it drops too early: raise the patience.",),
    source="torch.optim.lr_scheduler.ReduceLROnPlateau.",
)

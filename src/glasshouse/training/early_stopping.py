"""Early stopping: the best epoch is kept, and training ends when it lies far back."""

from __future__ import annotations

import math
from typing import Any, Literal


class EarlyStopping:
    """Watches the validation part, remembers the best epoch, and says when waiting is over.

    Args:
        patience: Epochs without improvement before training stops, from 1; ``None`` never stops.
        monitor: ``"loss"`` (smaller is better) or the name of the metric (larger is better).
        least_change: Smallest change that counts as an improvement, at least 0.

    Source:
        Prechelt 1998, Early stopping - but when?

    Example:
        >>> stopping = EarlyStopping(patience=1)
        >>> [stopping.improved(epoch, {"loss": loss}) for epoch, loss in enumerate([1.0, 0.5, 0.7], start=1)]
        [True, True, False]
        >>> stopping.exhausted, stopping.best_epoch
        (True, 2)
    """

    def __init__(
        self, patience: int | None = None, monitor: Literal["loss"] | str = "loss", least_change: float = 0.0
    ) -> None:
        self.patience = patience
        self.monitor = monitor
        self.least_change = least_change
        self.best = math.inf
        self.best_epoch = 0
        self.waited = 0

    def improved(self, epoch: int, measured: dict[str, float | None]) -> bool:
        """Take note of an epoch; whether it is the best so far."""
        value = measured[self.monitor]
        cost = math.inf if value is None else value if self.monitor == "loss" else -value
        # The first epoch always counts, so that there are weights to go back to.
        if cost < self.best - self.least_change or not self.best_epoch:
            self.best, self.best_epoch, self.waited = cost, epoch, 0
            return True
        self.waited += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether waiting any longer is not worth it."""
        return self.patience is not None and self.waited >= self.patience

    def reason(self) -> str:
        """Why training ended, in words."""
        return f"stopped early: {self.monitor} was best in epoch {self.best_epoch}, {self.waited} epochs ago"

    def state(self) -> dict[str, Any]:
        """What must be remembered to go on exactly."""
        best = self.best if math.isfinite(self.best) else None
        return {"best": best, "best_epoch": self.best_epoch, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.best = math.inf if state["best"] is None else state["best"]
        self.best_epoch, self.waited = state["best_epoch"], state["waited"]

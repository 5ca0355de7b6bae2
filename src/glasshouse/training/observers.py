"""Who may look on while a network trains. Observers get copies of facts, never the means to change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Plan:
    """What training sets out to do.

    Args:
        epochs: Most passes over the training part.
        steps: Optimizer steps per pass.
        rows: Training rows.
        metric: Name of the metric beside the loss, or ``None``.
        first_epoch: Passes that are done already, when a run is taken up again.
    """

    epochs: int
    steps: int
    rows: int
    metric: str | None
    first_epoch: int = 0


class Observer(Protocol):
    """Told about a training run as it goes."""

    def started(self, plan: Plan) -> None:
        """Training begins, or goes on."""
        ...

    def stepped(self, step: int, rows: int, loss: float | None) -> None:
        """A step is done: its number from 1, the rows it saw, and its loss where that is known already."""
        ...

    def epoch_ended(self, row: dict[str, Any], timing: dict[str, Any]) -> None:
        """An epoch is done; ``row`` is what stands in ``metrics.jsonl``."""
        ...

    def ended(self, reason: str) -> None:
        """Training is over: why, in words."""
        ...

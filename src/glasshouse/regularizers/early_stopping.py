"""Early stopping: the best epoch is kept, and training ends when it lies far back."""

from __future__ import annotations

import math
from typing import Any, Literal

from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number
from glasshouse.core.worked import Worked


class EarlyStopping:
    r"""Watches a part of the data, remembers the best epoch, and says when waiting is over.

    .. math:: t^* = \arg\min_{t} L_{\text{validation}}(t), \quad \text{stop when } t - t^* = k

    Args:
        patience: Epochs without improvement before training stops, from 1; ``None`` never stops.
        monitor: ``"loss"`` (smaller is better) or the name of the metric (larger is better).
        least_change: Smallest change that counts as an improvement, at least 0.
        part: Whose numbers are watched: ``"validation"``, or ``"train"`` where training is to end when it no
            longer gets anywhere. Weights are taken back to the best epoch of the validation part only.

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
        self,
        patience: int | None = None,
        monitor: Literal["loss"] | str = "loss",
        least_change: float = 0.0,
        part: Literal["validation", "train"] = "validation",
    ) -> None:
        self.patience = patience
        self.monitor = monitor
        self.least_change = least_change
        self.part = part
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


def _worked() -> Worked:
    """Six epochs of which the third is the best."""
    losses = [0.9, 0.6, 0.5, 0.55, 0.7, 0.6]
    stopping = EarlyStopping(patience=3)
    for epoch, loss in enumerate(losses, start=1):
        stopping.improved(epoch, {"loss": loss})
    waited = Number(len(losses), "epoch") - Number(stopping.best_epoch, "best epoch")
    return Worked(f"validation losses {losses}, patience 3", "waited", waited, float(stopping.waited))


CONCEPT = Concept(
    name="early_stopping",
    kind="regularizer",
    summary="Ends training when the validation loss stops improving, and keeps the best epoch.",
    build=EarlyStopping,
    aliases=(),
    equation=r"e^* = \arg\min_{i \le e} V_i,\quad \text{stop when } e - e^* \ge p",
    symbols={
        "e": "epochs done",
        "V": "loss on the validation part after each epoch (or the metric, with the other sign)",
        "e^*": "the best epoch so far, whose weights are kept",
        "p": "patience in epochs, from 1",
    },
    when="Always: it costs a validation part and nothing else.",
    pitfalls=(
        "The validation loss at the best epoch is too rosy: it was chosen for being low. Judge by a "
        "test part.",
        "With a short patience one unlucky epoch ends training; with a warm restart of the rate it "
        "often does.",
        "It stops before a schedule has run down: give a schedule fewer epochs instead.",
    ),
    conventions=(
        "The weights of the best epoch are taken back (Keras asks for it with restore_best_weights).",
        "The first epoch counts as an improvement, also where its loss is not finite.",
    ),
    source=(
        "Morgan and Bourlard 1990, Generalization and parameter estimation in feedforward nets; "
        "Prechelt 1998, "
        "Early stopping - but when?"
    ),
    facts={"setting": "training.early_stopping"},
    worked=_worked,
)

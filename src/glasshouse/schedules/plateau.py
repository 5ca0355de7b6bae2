"""Plateau: the learning rate drops when the loss stops falling."""

from __future__ import annotations

import math
from typing import Any

from glasshouse.core.arithmetic import Quantity, maximum
from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.schedules.contract import Clock, Schedule, warmup_share, worked_factor, written


class Plateau(Schedule):
    r"""The rate is multiplied by gamma whenever the watched loss has not fallen for some epochs.

    .. math:: f = \max(f_0, \gamma^n)

    where n grows by one after k + 1 epochs in a row without a loss below :math:`L^* (1 - \tau)`.

    Args:
        patience: k, epochs without progress that are borne before a drop, from 0.
        gamma: What each drop multiplies the rate with, above 0 and below 1.
        threshold: tau, relative fall of the loss that counts as progress, at least 0.
        cooldown: Epochs after a drop in which nothing is counted, from 0.
        floor: Share of the rate below which it does not drop, from 0 to 1.
        warmup: Share of training over which the rate rises from 0 first, from 0 to below 1.

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

    def __init__(
        self,
        patience: int = 5,
        gamma: float = 0.3,
        threshold: float = 1e-4,
        cooldown: int = 0,
        floor: float = 0.0,
        warmup: float = 0.0,
    ) -> None:
        self.patience = whole_number("patience", patience, at_least=0)
        self.gamma = number("gamma", gamma, above=0, below=1)
        self.threshold = number("threshold", threshold, at_least=0)
        self.cooldown = whole_number("cooldown", cooldown, at_least=0)
        self.floor = number("floor", floor, at_least=0, at_most=1)
        self.warmup = warmup_share(warmup)
        self.best = math.inf
        self.waited = 0
        self.cooling = 0
        self.drops = 0

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """All drops so far, down to the floor."""
        return maximum(self.floor, written("gamma", self.gamma, p) ** written("n", self.drops, p))

    def observe(self, loss: float) -> None:
        """Count the epochs without progress, and drop when there are too many."""
        if loss < self.best * (1 - self.threshold):
            self.best, self.waited = loss, 0
        else:
            self.waited += 1
        if self.cooling:
            self.cooling, self.waited = self.cooling - 1, 0
        if self.waited > self.patience:
            self.drops, self.waited, self.cooling = self.drops + 1, 0, self.cooldown

    def state(self) -> dict[str, Any]:
        """Best loss, epochs waited and left to cool, and the drops."""
        best = None if math.isinf(self.best) else self.best
        return {"best": best, "waited": self.waited, "cooling": self.cooling, "drops": self.drops}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.best = math.inf if state["best"] is None else state["best"]
        self.waited, self.cooling, self.drops = state["waited"], state["cooling"], state["drops"]


CONCEPT = Concept(
    name="plateau",
    kind="schedule",
    summary="The rate drops whenever the watched loss has not fallen for some epochs.",
    build=Plateau,
    aliases=("reduce_on_plateau",),
    equation=(
        r"f = \max(f_0, \gamma^n),\; n \leftarrow n + 1 \text{ after } k + 1 \text{ epochs without progress}"
    ),
    symbols={
        "n": "drops so far",
        "gamma": "what a drop multiplies the rate with, above 0 and below 1",
        "k": "patience, from 0",
        "f_0": "floor, from 0 to 1",
    },
    when="When the number of epochs is open.",
    pitfalls=(
        "With a noisy loss it drops too early: raise the patience.",
        "Early stopping must be more patient than this, or it ends training before a drop can help.",
    ),
    conventions=(
        "As PyTorch's ReduceLROnPlateau: patience 5 drops at the sixth epoch without progress. Keras drops "
        "at the fifth, and counts an absolute fall (min_delta).",
        "It watches the loss of the validation part, or of the training part where there is none.",
    ),
    source="torch.optim.lr_scheduler.ReduceLROnPlateau.",
    worked=worked_factor(
        Plateau,
        Clock(step=40, steps_per_epoch=10, epochs=9),
        losses=(1.0, 0.8, 0.8, 0.9),
        patience=1,
        gamma=0.3,
    ),
)

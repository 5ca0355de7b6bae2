"""What an epoch has gathered so far: losses, outputs and targets, kept without waiting for the device."""

from __future__ import annotations

import math
from typing import Any

import torch

from glasshouse.training.part_log import PartLog

MOST_OUTPUTS = 2**26
"""Numbers of outputs kept per epoch for the training metric; a network with more gets its loss only."""


class EpochLog:
    """Losses, outputs and targets of the steps of one epoch.

    Outputs are kept as they are, by reference, and looked at once at the end: on a GPU nothing waits, on a
    CPU nothing is computed twice. The sums at the end do not depend on where the epoch was interrupted.
    """

    def __init__(self) -> None:
        self.rates: list[float] = []
        self._settled: list[float] = []
        self._pending: list[torch.Tensor | float] = []
        self._weights: list[float] = []
        self._outputs: list[torch.Tensor] | None = []
        self._targets: list[torch.Tensor] = []
        self._kept = 0
        self._answers_of_last_step = 0
        self._answers_since = 0
        self.parts = PartLog()
        self._parts_before_last_step: dict[str, int] = {}

    def begin(self) -> None:
        """A step begins: what is noted from now on is of that step."""
        self._parts_before_last_step = self.parts.place()

    def step(self, loss: torch.Tensor | float, weight: float, rate: float) -> None:
        """Note the loss of a step, its weight in the epoch's mean, and the learning rate it took."""
        self._pending.append(loss)
        self._weights.append(weight)
        self.rates.append(rate)
        self._answers_of_last_step, self._answers_since = self._answers_since, 0

    def steps(self, losses: list[float], weights: list[float], rates: list[float]) -> None:
        """Note several steps whose losses are known, and finite."""
        self.settle()
        self._settled.extend(losses)
        self._weights.extend(weights)
        self.rates.extend(rates)

    def answers(self, outputs: torch.Tensor, targets: torch.Tensor) -> None:
        """Keep what the network answered to a batch, and what was right."""
        if self._outputs is None:
            return
        self._kept += outputs.numel()
        if self._kept > MOST_OUTPUTS:
            self._outputs, self._targets = None, []
            return
        self._answers_since += 1
        self._outputs.append(outputs.detach())
        self._targets.append(targets)

    def settle(self) -> int | None:
        """Fetch the losses still on the device; return the first step whose loss is not finite, if any."""
        pending = self._pending
        if len(pending) == 1:
            loss = float(pending.pop())
            self._settled.append(loss)
            return None if math.isfinite(loss) else len(self._settled) - 1
        fetched = torch.stack([torch.as_tensor(each) for each in pending]).tolist() if pending else []
        first = len(self._settled)
        self._settled.extend(fetched)
        self._pending.clear()
        for place, loss in enumerate(fetched, start=first):
            if not math.isfinite(loss):
                return place
        return None

    def drop_last(self) -> None:
        """Forget the last step, whose loss has been fetched."""
        for kept in (self._settled, self._weights, self.rates):
            kept.pop()
        self.parts.drop(self._parts_before_last_step)
        if self._outputs and self._answers_of_last_step:
            del self._outputs[-self._answers_of_last_step :]
            del self._targets[-self._answers_of_last_step :]

    @property
    def losses(self) -> list[float]:
        """Losses fetched so far, one per step."""
        return self._settled

    def mean_loss(self) -> float:
        """Mean of the losses, weighted by what their batches counted; exact in any order of adding."""
        total = math.fsum(self._weights)
        return math.fsum(w * x for w, x in zip(self._weights, self._settled, strict=True)) / total

    def gathered(self) -> tuple[torch.Tensor, torch.Tensor] | None:
        """All outputs and targets of the epoch so far, or ``None`` where they were too many to keep."""
        if not self._outputs:
            return None
        return torch.cat(self._outputs), torch.cat(self._targets)

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint in the middle of an epoch."""
        self.settle()
        together = self.gathered()
        return {
            "losses": list(self._settled),
            "weights": list(self._weights),
            "rates": list(self.rates),
            "outputs": None if together is None else together[0],
            "targets": None if together is None else together[1],
            "full": self._outputs is None,
            "parts": self.parts.state(),
        }

    def restore(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from what :meth:`state` gave."""
        self.__init__()  # type: ignore[misc]  # an empty log first
        self._settled, self._weights = list(state["losses"]), list(state["weights"])
        self.rates = list(state["rates"])
        self.parts.restore(state.get("parts", {"values": {}, "weights": {}}))
        if state["full"]:
            self._outputs = None
        elif state["outputs"] is not None:
            self.answers(state["outputs"].to(device), state["targets"].to(device))

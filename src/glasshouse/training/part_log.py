"""The further numbers of an epoch's steps, beside the loss: reconstruction and divergence, say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch


class PartLog:
    """Numbers by name, kept without waiting for the device until somebody asks.

    Example:
        >>> log = PartLog()
        >>> log.note({"kl": torch.tensor(1.0)}, weight=1)
        >>> log.note({"kl": torch.tensor(4.0)}, weight=2)
        >>> log.means()
        {'kl': 3.0}
    """

    def __init__(self) -> None:
        self._values: dict[str, list[torch.Tensor | float]] = {}
        self._weights: list[float] = []

    def __len__(self) -> int:
        return len(self._weights)

    def note(self, parts: Mapping[str, torch.Tensor], weight: float) -> None:
        """Keep the numbers of a batch, and what it counts in the mean."""
        for name, value in parts.items():
            self._values.setdefault(name, []).append(value)
        self._weights.append(weight)

    def drop(self, since: int) -> None:
        """Forget the batches from that place on."""
        del self._weights[since:]
        for values in self._values.values():
            del values[since:]

    def means(self) -> dict[str, float]:
        """The mean of every number, weighted by what the batches counted."""
        total = math.fsum(self._weights)
        return {
            name: math.fsum(w * x for w, x in zip(self._weights, values, strict=True)) / total
            for name, values in self._fetched().items()
        }

    def _fetched(self) -> dict[str, list[float]]:
        fetched = {}
        for name, values in self._values.items():
            numbers = torch.stack([torch.as_tensor(each).float() for each in values]).tolist()
            self._values[name] = list(numbers)
            fetched[name] = numbers
        return fetched

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint in the middle of an epoch."""
        return {"values": self._fetched(), "weights": list(self._weights)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self._values = {name: list(values) for name, values in state["values"].items()}
        self._weights = list(state["weights"])

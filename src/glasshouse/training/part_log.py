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
        self._weights: dict[str, list[float]] = {}

    def note(self, parts: Mapping[str, torch.Tensor], weight: float) -> None:
        """Keep the numbers of a batch, and what it counts in their means."""
        for name, value in parts.items():
            self._values.setdefault(name, []).append(value)
            self._weights.setdefault(name, []).append(weight)

    def place(self) -> dict[str, int]:
        """How many of each number are kept, for :meth:`drop`."""
        return {name: len(weights) for name, weights in self._weights.items()}

    def drop(self, since: Mapping[str, int]) -> None:
        """Forget what came after that place."""
        for name, values in self._values.items():
            del values[since.get(name, 0) :]
            del self._weights[name][since.get(name, 0) :]

    def means(self) -> dict[str, float]:
        """The mean of every number, weighted by what its batches counted."""
        found = {}
        for name, values in self._fetched().items():
            weights = self._weights[name]
            if weights:
                found[name] = math.fsum(w * x for w, x in zip(weights, values, strict=True)) / math.fsum(
                    weights
                )
        return found

    def _fetched(self) -> dict[str, list[float]]:
        fetched = {}
        for name, values in self._values.items():
            if not values:
                continue
            numbers = torch.stack([torch.as_tensor(each).float() for each in values]).tolist()
            self._values[name] = list(numbers)
            fetched[name] = numbers
        return fetched

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint in the middle of an epoch."""
        values = self._fetched()
        return {"values": values, "weights": {name: list(self._weights[name]) for name in values}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self._values = {name: list(values) for name, values in state["values"].items()}
        self._weights = {name: list(weights) for name, weights in state["weights"].items()}

"""Batches of a text: several streams side by side, each going on where its piece before ended."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Part
from glasshouse.training.batches import Batch


class StreamBatches:
    """The pieces of a text as streams, so that a network can carry its state from one batch to the next.

    With B streams and K steps, stream b holds the pieces b K to b K + K - 1, and step k shows the k-th piece
    of every stream. Pieces that fill no whole step are others in every epoch.

    Args:
        part: Pieces in the order of the text.
        streams: How many there are side by side, from 1.
        device: Where the network is.

    Raises:
        SettingError: There are more streams than pieces.

    Example:
        >>> import numpy as np
        >>> part = Part(torch.arange(10).reshape(5, 2), torch.arange(10).reshape(5, 2), np.arange(5))
        >>> [step[0].inputs.tolist() for step in StreamBatches(part, 2).epoch(0)]
        [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
        >>> [step[0].inputs.tolist() for step in StreamBatches(part, 2).epoch(1)]
        [[[2, 3], [6, 7]], [[4, 5], [8, 9]]]
    """

    def __init__(self, part: Part, streams: int, device: torch.device | None = None) -> None:
        if streams > len(part):
            raise SettingError(
                f"training.batch_size = {streams} with a text of {len(part)} pieces",
                expected=f"from 1 to {len(part)} streams side by side",
                fix="set training.batch_size lower, or data.window to fewer characters",
            )
        device = device or torch.device("cpu")
        self._inputs = part.inputs.to(device)
        self._targets = part.targets.to(device)
        self._weights = None if part.weights is None else part.weights.to(device)
        self._streams = streams
        self.steps = len(part) // streams
        self.rows = self.steps * streams
        self._rest = len(part) - self.rows

    def epoch(self, number: int, start: int = 0) -> Iterator[list[Batch]]:
        """The steps of an epoch, one batch each, from step ``start`` on."""
        first = number % (self._rest + 1)
        beginnings = first + torch.arange(self._streams, device=self._inputs.device) * self.steps
        for step in range(start, self.steps):
            rows = beginnings + step
            weights = None if self._weights is None else self._weights[rows]
            yield [Batch(self._inputs[rows], self._targets[rows], weights)]

"""The training rows of a population: each member sees its own, in its own order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from glasshouse.training.batches import InMemoryBatches


class Rows:
    """Batches (members, rows, ...) out of data that members may share.

    Data that several members share lie in memory once.

    Args:
        batches: Of every member; all are cut in the same way.
    """

    def __init__(self, batches: Sequence[InMemoryBatches]) -> None:
        self._batches = batches
        self.sizes = [step[0] for step in batches[0].sizes]
        places: dict[tuple[int, int], int] = {}
        inputs, targets, count = [], [], 0
        self._first = []
        for each in batches:
            x, t, _ = each.whole
            key = (x.data_ptr(), t.data_ptr())
            if key not in places:
                places[key] = count
                inputs.append(x.flatten(1) if x.dim() > 2 else x.reshape(len(x), -1))
                targets.append(t)
                count += len(x)
            self._first.append(places[key])
        self._inputs = inputs[0] if len(inputs) == 1 else torch.cat(inputs)
        self._targets = targets[0] if len(targets) == 1 else torch.cat(targets)

    def epoch(self, number: int, running: Sequence[bool]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The steps of an epoch: inputs and targets of all members.

        Args:
            number: Of the epoch, from 0.
            running: Who still learns; the others are shown any rows.
        """
        order = torch.zeros(len(self._batches), self._batches[0].rows, dtype=torch.int64)
        for row, batches, first, learns in zip(order, self._batches, self._first, running, strict=True):
            if learns:
                torch.add(batches.order(number), first, out=row)
            else:
                row.fill_(first)
        members, place = len(order), 0
        for size in self.sizes:
            rows = order[:, place : place + size].reshape(-1)
            place += size
            x = self._inputs.index_select(0, rows).view(members, size, -1)
            t = self._targets.index_select(0, rows)
            yield x, t.view(members, size, *t.shape[1:])

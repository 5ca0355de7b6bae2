"""Batches: in which order the rows of the training part are shown, and how they are cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import torch

from glasshouse.core.errors import SettingError
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part

SMALL = 8 * 2**20
"""Bytes up to which the inputs are shuffled as a whole once per epoch; above, every batch gathers its own."""

Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


class Batch(NamedTuple):
    """Inputs and targets of some rows."""

    inputs: torch.Tensor
    targets: torch.Tensor


class Batches(Protocol):
    """What training asks of its data: the same batches for the same epoch, from any step on."""

    rows: int
    steps: int

    def epoch(self, number: int, start: int = 0) -> Iterator[list[Batch]]:
        """The steps of an epoch (from 0), each a list of batches to accumulate, from step ``start`` on."""
        ...


def cut(rows: int, batch_size: int, accumulate: int) -> list[list[int]]:
    """Sizes of the batches of each step.

    The last batch holds what is left, and the last step may have fewer batches. A single leftover row joins
    the batch before it, because batch norm has no variance to divide by in a batch of one.

    Example:
        >>> cut(10, 4, 1), cut(9, 4, 1), cut(10, 4, 2)
        ([[4], [4], [2]], [[4], [5]], [[4, 4], [2]])
    """
    sizes = [batch_size] * (rows // batch_size)
    rest = rows % batch_size
    if rest == 1 and sizes and batch_size > 1:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return [sizes[start : start + accumulate] for start in range(0, len(sizes), accumulate)]


class InMemoryBatches:
    """Shuffled batches of a part that lies in memory: one gather, no collating, no workers.

    The order of an epoch is a function of the seed and the epoch's number, so a run can be taken up at any
    step without replaying the steps before.

    Args:
        part: Inputs and targets; they are moved to the device once.
        batch_size: Rows per batch.
        accumulate: Batches per step.
        seed: Seed of the experiment.
        device: Where the network is.
        augment: Random changes to the inputs of a batch.

    Raises:
        SettingError: The batch is larger than the part.
    """

    def __init__(
        self,
        part: Part,
        batch_size: int,
        *,
        accumulate: int = 1,
        seed: int = 0,
        device: torch.device | None = None,
        augment: Augment | None = None,
    ) -> None:
        self.rows = len(part)
        check_batch_size(batch_size, self.rows)
        self._sizes = cut(self.rows, batch_size, accumulate)
        self.steps = len(self._sizes)
        self._seed = seed
        self._augment = augment
        device = device or torch.device("cpu")
        self._inputs = part.inputs.to(device)
        # Rows that are their own targets stay one tensor: what is shown is what is to come out.
        own = part.targets is part.inputs
        self._targets = self._inputs if own else part.targets.to(device)

    @property
    def form(self) -> tuple[tuple[int, ...], torch.dtype, bool]:
        """Shape and type of one row of inputs, and whether targets are floating-point numbers."""
        return tuple(self._inputs.shape[1:]), self._inputs.dtype, self._targets.is_floating_point()

    @property
    def everything(self) -> Batch:
        """All rows, in their own order."""
        return Batch(self._inputs, self._targets)

    @property
    def sizes(self) -> list[list[int]]:
        """Rows of every batch of every step."""
        return self._sizes

    @property
    def augmented(self) -> bool:
        """Whether inputs are changed at random."""
        return self._augment is not None

    def order(self, number: int) -> torch.Tensor:
        """The row numbers of an epoch in the order in which they are shown."""
        generator = torch.Generator().manual_seed(derive(self._seed, "shuffle", number))
        return torch.randperm(self.rows, generator=generator).to(self._targets.device)

    def epoch(self, number: int, start: int = 0) -> Iterator[list[Batch]]:
        """The steps of an epoch, each a list of batches to accumulate, from step ``start`` on."""
        order = self.order(number)
        sizes = [size for step in self._sizes for size in step]
        own = self._targets is self._inputs
        targets = () if own else torch.split(self._targets[order], sizes)
        if self._inputs.numel() * self._inputs.element_size() <= SMALL:
            shuffled = torch.split(gather(self._inputs, order), sizes)
        else:
            shuffled = None
        if shuffled is not None and self._augment is None and len(sizes) == self.steps:
            shown = shuffled[start:]
            yield from ([Batch(*pair)] for pair in zip(shown, shown if own else targets[start:], strict=True))
            return
        rows = torch.split(order, sizes)
        place = sum(len(step) for step in self._sizes[:start])
        for step in range(start, self.steps):
            batches = []
            for _ in self._sizes[step]:
                inputs = gather(self._inputs, rows[place]) if shuffled is None else shuffled[place]
                inputs = self._changed(inputs, number, place)
                batches.append(Batch(inputs, inputs if own else targets[place]))
                place += 1
            yield batches

    def _changed(self, inputs: torch.Tensor, number: int, place: int) -> torch.Tensor:
        if self._augment is None:
            return inputs
        generator = torch.Generator().manual_seed(derive(self._seed, "augment", number, place))
        return self._augment(inputs, generator)


def gather(inputs: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Some rows, in the memory format of the whole."""
    picked = inputs.index_select(0, rows)
    if inputs.dim() == 4 and inputs.is_contiguous(memory_format=torch.channels_last):
        return picked.contiguous(memory_format=torch.channels_last)
    return picked


def check_batch_size(batch_size: int, rows: int) -> None:
    """Refuse a batch that the training part cannot fill."""
    if batch_size > rows:
        raise SettingError(
            f"training.batch_size = {batch_size} with {rows} training rows",
            expected=f"from 1 to {rows}",
            fix=f"set training.batch_size to {min(32, rows)}, or leave it at auto",
        )

"""Batches: in which order the rows of the training part are shown, and how they are cut."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import torch

from glasshouse.core.errors import SettingError
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part

SMALL = 8 * 2**20
"""Bytes up to which the inputs are shuffled as a whole once per epoch; above, every batch gathers its own."""

Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@runtime_checkable
class AugmentsPairs(Protocol):
    """Random changes to the inputs of a batch that its targets go through as well."""

    def pair(
        self, inputs: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Both sides, changed."""
        ...


class Batch(NamedTuple):
    """Inputs and targets of some rows, and what each row counts in the loss (``None``: all alike)."""

    inputs: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor | None = None


class Batches(Protocol):
    """What training asks of its data: the same batches for the same epoch, from any step on."""

    rows: int
    steps: int

    def epoch(self, number: int, start: int = 0) -> Iterator[list[Batch]]:
        """The steps of an epoch (from 0), each a list of batches to accumulate, from step ``start`` on."""
        ...


@runtime_checkable
class InMemory(Protocol):
    """What batches say of themselves whose rows lie in memory, so that an engine can make buffers."""

    @property
    def form(self) -> tuple[tuple[int, ...], torch.dtype, bool]:
        """Shape and type of one row of inputs, and whether targets are floating-point numbers."""
        ...

    @property
    def weighted(self) -> bool:
        """Whether rows count differently in the loss."""
        ...


class LivingBatches(ABC):
    """Batches that come about while the network learns, so that a checkpoint must hold where they stand."""

    rows: int
    steps: int
    weighted: ClassVar[bool] = False

    @property
    @abstractmethod
    def form(self) -> tuple[tuple[int, ...], torch.dtype, bool]:
        """Shape and type of one row of inputs, and whether targets are floating-point numbers."""

    @abstractmethod
    def epoch(self, number: int, start: int = 0) -> Iterator[list[Batch]]:
        """The steps of an epoch (from 0), from step ``start`` on, which is where they stand."""

    @abstractmethod
    def notes(self) -> dict[str, float]:
        """What came about since this was asked the last time, to be written down with the epoch."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Everything that decides what comes next."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave.

        Raises:
            CheckpointError: That is not possible.
        """


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
        part: Inputs, targets and weights of the rows; they are moved to the device once.
        batch_size: Rows per batch.
        accumulate: Batches per step.
        seed: Seed of the experiment.
        device: Where the network is.
        augment: Random changes to the inputs of a batch, or to both of its sides.
        shuffle: Whether each epoch has an order of its own; else the rows come as they lie.

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
        augment: Augment | AugmentsPairs | None = None,
        shuffle: bool = True,
    ) -> None:
        self.rows = len(part)
        check_batch_size(batch_size, self.rows)
        self._sizes = cut(self.rows, batch_size, accumulate)
        self.steps = len(self._sizes)
        self._seed = seed
        self._augment = augment
        self._shuffle = shuffle
        device = device or torch.device("cpu")
        self._inputs = part.inputs.to(device)
        # Rows that are their own targets stay one tensor: what is shown is what is to come out.
        own = part.targets is part.inputs
        self._targets = self._inputs if own else part.targets.to(device)
        self._weights = None if part.weights is None else part.weights.to(device)

    @property
    def form(self) -> tuple[tuple[int, ...], torch.dtype, bool]:
        """Shape and type of one row of inputs, and whether targets are floating-point numbers."""
        return tuple(self._inputs.shape[1:]), self._inputs.dtype, self._targets.is_floating_point()

    @property
    def weighted(self) -> bool:
        """Whether rows count differently in the loss."""
        return self._weights is not None

    @property
    def whole(self) -> Batch:
        """All rows, in the order of the data."""
        return Batch(self._inputs, self._targets, self._weights)

    @property
    def sizes(self) -> list[list[int]]:
        """Rows of the batches of every step."""
        return self._sizes

    @property
    def changes_inputs(self) -> bool:
        """Whether rows are augmented before they are shown."""
        return self._augment is not None

    @property
    def arrangement(self) -> Hashable:
        """Equal for batches that show their rows in the same order."""
        if type(self) is not InMemoryBatches:  # another kind may have another order
            return id(self)
        return self.rows, self._seed if self._shuffle else None

    def order(self, number: int) -> torch.Tensor:
        """The row numbers of an epoch in the order in which they are shown."""
        if not self._shuffle:
            return torch.arange(self.rows, device=self._targets.device)
        generator = torch.Generator().manual_seed(derive(self._seed, "shuffle", number))
        return torch.randperm(self.rows, generator=generator).to(self._targets.device)

    def epoch(self, number: int, start: int = 0) -> Iterator[list[Batch]]:
        """The steps of an epoch, each a list of batches to accumulate, from step ``start`` on."""
        order = self.order(number)
        sizes = [size for step in self._sizes for size in step]
        weights: Sequence[torch.Tensor | None] = [None] * len(sizes)
        if self._weights is not None:
            weights = torch.split(self._weights[order], sizes)
        own = self._targets is self._inputs
        targets = () if own else torch.split(self._targets[order], sizes)
        if self._inputs.numel() * self._inputs.element_size() <= SMALL:
            shuffled = torch.split(gather(self._inputs, order), sizes)
        else:
            shuffled = None
        if shuffled is not None and self._augment is None and len(sizes) == self.steps:
            shown = shuffled[start:]
            wanted = shown if own else targets[start:]
            yield from ([Batch(*row)] for row in zip(shown, wanted, weights[start:], strict=True))
            return
        rows = torch.split(order, sizes)
        place = sum(len(step) for step in self._sizes[:start])
        for step in range(start, self.steps):
            batches = []
            for _ in self._sizes[step]:
                inputs = gather(self._inputs, rows[place]) if shuffled is None else shuffled[place]
                inputs, due = self._changed(inputs, inputs if own else targets[place], number, place)
                batches.append(Batch(inputs, inputs if own else due, weights[place]))
                place += 1
            yield batches

    def _changed(
        self, inputs: torch.Tensor, targets: torch.Tensor, number: int, place: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if self._augment is None:
            return inputs, targets
        generator = torch.Generator().manual_seed(derive(self._seed, "augment", number, place))
        if isinstance(self._augment, AugmentsPairs):
            return self._augment.pair(inputs, targets, generator)
        return self._augment(inputs, generator), targets


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

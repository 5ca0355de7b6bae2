"""Batches out of a ``torch.utils.data.Dataset`` that cannot or must not lie in memory as one tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import Dataset, default_collate

from glasshouse.core.errors import DataError
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.training.batches import Batch, check_batch_size, cut


class DatasetBatches:
    """Batches drawn sample by sample from a map-style data set of (input, target) pairs.

    The order of an epoch depends on the seed and the epoch's number alone. Samples are fetched in this
    process, so that data sets which draw random numbers go on exactly after a resume: the global random
    states of Python, NumPy and PyTorch are part of every checkpoint.

    Args:
        dataset: Anything with ``len`` and indexing, whose items are (input, target) pairs.
        batch_size: Samples per batch.
        accumulate: Batches per step.
        seed: Seed of the experiment.
        device: Where the network is.

    Raises:
        SettingError: The batch is larger than the data set.
    """

    def __init__(
        self,
        dataset: Dataset[Any],
        batch_size: int,
        *,
        accumulate: int = 1,
        seed: int = 0,
        device: torch.device | None = None,
    ) -> None:
        self.rows = len(dataset)  # type: ignore[arg-type]  # map-style data sets have a length
        check_batch_size(batch_size, self.rows)
        self._sizes = cut(self.rows, batch_size, accumulate)
        self.steps = len(self._sizes)
        self._dataset = dataset
        self._seed = seed
        self._device = device or torch.device("cpu")

    def epoch(self, number: int, start: int = 0) -> Iterator[list[Batch]]:
        """The steps of an epoch, each a list of batches to accumulate, from step ``start`` on."""
        generator = torch.Generator().manual_seed(derive(self._seed, "shuffle", number))
        order = torch.randperm(self.rows, generator=generator).tolist()
        place = sum(sum(step) for step in self._sizes[:start])
        for step in self._sizes[start:]:
            batches = []
            for size in step:
                inputs, targets = fetch(self._dataset, order[place : place + size])
                batches.append(Batch(inputs.to(self._device), targets.to(self._device)))
                place += size
            yield batches


def fetch(dataset: Dataset[Any], rows: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Some samples of a data set as two tensors.

    Raises:
        DataError: An item is no pair, or the items do not have one shape; the first row is named.
    """
    try:
        inputs, targets = default_collate([dataset[row] for row in rows])
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"samples {rows[0]} and following of the data set cannot be put together: {error}",
            expected="pairs (input, target) of numbers or tensors of one shape",
            fix="convert and resize in the data set's __getitem__",
        ) from error
    return _single(inputs), _single(targets).reshape(
        len(rows), -1
    ) if targets.is_floating_point() else targets


def _single(values: torch.Tensor) -> torch.Tensor:
    """Floating point numbers in float32, the type of weights; Python's own numbers collate to float64."""
    return values.float() if values.is_floating_point() else values


def targets_of(dataset: Dataset[Any], chunk: int = 4096) -> torch.Tensor:
    """All targets of a data set. Every sample is fetched once, and its input let go again."""
    rows = range(len(dataset))  # type: ignore[arg-type]
    if not rows:
        raise DataError("the data set has no samples", expected="at least one", fix="check how it was made")
    return torch.cat([fetch(dataset, list(rows[start : start + chunk]))[1] for start in rows[::chunk]])


def gathered(dataset: Dataset[Any], chunk: int = 4096) -> Part:
    """All samples of a data set as one part in memory."""
    rows = list(range(len(dataset)))  # type: ignore[arg-type]
    pieces = [fetch(dataset, rows[start : start + chunk]) for start in range(0, len(rows), chunk)]
    inputs = torch.cat([piece[0] for piece in pieces])
    targets = torch.cat([piece[1] for piece in pieces])
    return Part(inputs, targets, torch.arange(len(rows)).numpy())

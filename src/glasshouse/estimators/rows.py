"""Rows on their way from scikit-learn's arrays to tensors, dense or sparse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import nn

from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.training.batches import Batch, Batches, InMemoryBatches, cut

DENSE = 64 * 2**20
"""Bytes up to which a sparse matrix is filled with its zeros at once; above, every batch by itself."""
ASKED = 2_000_000
"""Numbers per batch when nothing is trained."""


def as_tensor(array: Any) -> torch.Tensor:
    """An array as a tensor: the same memory where PyTorch can take it, and filled up where it is sparse.

    Args:
        array: Of NumPy or SciPy.

    Example:
        >>> as_tensor(np.ones((2, 1), dtype=np.float32)).dtype
        torch.float32
    """
    if sparse.issparse(array):
        return torch.from_numpy(array.toarray())
    array = np.ascontiguousarray(array)
    # Nothing is written to it, but PyTorch warns of memory that it may not write to.
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def fits_dense(matrix: Any) -> bool:
    """Whether a sparse matrix with its zeros is small enough to be held."""
    return int(np.prod(matrix.shape)) * int(matrix.dtype.itemsize) <= DENSE


def make_batches(
    rows: Any,
    targets: torch.Tensor,
    weights: torch.Tensor | None,
    batch_size: int,
    *,
    seed: int,
    shuffle: bool,
) -> Batches:
    """The training rows, cut into batches.

    Args:
        rows: A dense array, or a sparse matrix, which stays sparse where it would fill more than 64 MiB.
        targets: For every row.
        weights: For every row, or ``None``.
        batch_size: Rows per batch.
        seed: Decides the order.
        shuffle: Whether each pass has an order of its own.
    """
    if sparse.issparse(rows) and not fits_dense(rows):
        return SparseBatches(rows, targets, weights, batch_size, seed=seed, shuffle=shuffle)
    part = Part(as_tensor(rows), targets, np.empty(0, dtype=np.int64), weights)
    return InMemoryBatches(part, batch_size, seed=seed, shuffle=shuffle)


class SparseBatches:
    """Batches of a sparse matrix, each filled with its zeros when its turn comes.

    Args:
        matrix: Rows.
        targets: For every row.
        weights: For every row, or ``None``.
        batch_size: Rows per batch.
        seed: Decides the order.
        shuffle: Whether each pass has an order of its own.

    Example:
        >>> batches = SparseBatches(sparse.eye(3, format="csr"), torch.arange(3), None, 3, seed=0)
        >>> [batch.inputs.shape for step in batches.epoch(0) for batch in step]
        [torch.Size([3, 3])]
    """

    def __init__(
        self,
        matrix: Any,
        targets: torch.Tensor,
        weights: torch.Tensor | None,
        batch_size: int,
        *,
        seed: int,
        shuffle: bool = True,
    ) -> None:
        self.rows = int(matrix.shape[0])
        self._sizes = [size for step in cut(self.rows, batch_size, 1) for size in step]
        self.steps = len(self._sizes)
        self._matrix = matrix.tocsr()
        self._targets, self._weights = targets, weights
        self._seed, self._shuffle = seed, shuffle

    @property
    def form(self) -> tuple[tuple[int, ...], torch.dtype, bool]:
        """Shape and type of one row of inputs, and whether targets are floating-point numbers."""
        kind = as_tensor(self._matrix[:1]).dtype
        return (int(self._matrix.shape[1]),), kind, self._targets.is_floating_point()

    @property
    def weighted(self) -> bool:
        """Whether rows count differently in the loss."""
        return self._weights is not None

    def epoch(self, number: int, start: int = 0) -> Iterator[list[Batch]]:
        """The steps of an epoch, from step ``start`` on."""
        generator = torch.Generator().manual_seed(derive(self._seed, "shuffle", number))
        order = torch.randperm(self.rows, generator=generator) if self._shuffle else torch.arange(self.rows)
        for chosen in torch.split(order, self._sizes)[start:]:
            inputs = torch.from_numpy(self._matrix[chosen.numpy()].toarray())
            weights = None if self._weights is None else self._weights[chosen]
            yield [Batch(inputs, self._targets[chosen], weights)]


def answers_of(network: nn.Module, rows: Any) -> torch.Tensor:
    """What a network that is in evaluation mode gives for all rows, a bounded number of them at a time.

    Args:
        network: Any module.
        rows: A dense array or a sparse matrix.
    """
    most = max(1, ASKED // max(1, rows.shape[1]))
    with torch.inference_mode():
        if rows.shape[0] <= most:
            found: torch.Tensor = network(as_tensor(rows))
            return found
        rows = rows.tocsr() if sparse.issparse(rows) else rows
        pieces = range(0, rows.shape[0], most)
        return torch.cat([network(as_tensor(rows[start : start + most])) for start in pieces])

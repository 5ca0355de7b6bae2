"""What an estimator is to learn in one call: rows, targets, weights and a loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import _check_sample_weight

from glasshouse.core.errors import SampleError
from glasshouse.data.parts import Part
from glasshouse.estimators.rows import as_tensor
from glasshouse.losses import Loss


@dataclass(frozen=True)
class Task:
    """What is to be learnt in one call.

    Args:
        rows: Inputs, dense or sparse.
        targets: As the loss takes them.
        weights: Of the rows, or ``None``.
        loss: What is made small.
        outputs: Numbers that the network gives per row.
        strata: Classes by which the rows that watch are drawn, or ``None``.
    """

    rows: Any
    targets: torch.Tensor
    weights: torch.Tensor | None
    loss: Loss
    outputs: int
    strata: NDArray[Any] | None = None

    def facts(self) -> tuple[Any, ...]:
        """All that tells these rows from others, in tensors and plain values."""
        held = self.rows
        parts = (held.data, held.indices, held.indptr) if sparse.issparse(held) else (held,)
        weights = () if self.weights is None else (self.weights,)
        return (*map(as_tensor, parts), self.targets, *weights, repr(self.loss), tuple(held.shape))


def number_type(rows: Any) -> torch.dtype:
    """The type of numbers in which a network for these rows computes: theirs."""
    return torch.float32 if rows.dtype == np.float32 else torch.float64


def row_weights(rows: Any, sample_weight: Any) -> NDArray[Any] | None:
    """What each row counts, in the rows' type of numbers; ``None`` where all count the same.

    Raises:
        SampleError: No row counts anything.
    """
    if sample_weight is None:
        return None
    weights: NDArray[Any] = _check_sample_weight(
        sample_weight, rows, dtype=rows.dtype, ensure_non_negative=True
    )
    if not weights.any():
        raise SampleError(
            "sample weights that are all 0", expected="at least one above 0", fix="weigh some row"
        )
    return weights


def divided(task: Task, share: float, seed: int) -> tuple[Task, Part]:
    """A part of the rows that watches, and what is left to learn from.

    Args:
        task: All rows.
        share: Of the rows that watch.
        seed: Decides which.

    Raises:
        SampleError: A class has too few rows to be in both, or there are too few rows to watch.
    """
    places = np.arange(task.rows.shape[0])
    try:
        kept, watching = train_test_split(
            places, test_size=share, stratify=task.strata, random_state=seed % 2**32
        )
    except ValueError as error:
        raise SampleError(
            str(error),
            expected="rows enough of every class for a part that learns and one that watches",
            fix="set early_stopping to False, or add rows",
        ) from error
    if len(watching) < 2:
        raise SampleError(
            f"The validation set is too small: {len(watching)} of {len(places)} rows",
            expected="at least 2 rows that watch",
            fix="raise validation_fraction, or set early_stopping to False",
        )
    weights = task.weights
    own = None if weights is None else weights[watching]
    part = Part(as_tensor(task.rows[watching]), task.targets[watching], watching, own)
    left = None if weights is None else weights[kept]
    return replace(task, rows=task.rows[kept], targets=task.targets[kept], weights=left), part

"""Using fewer rows than there are, drawn so that classes and the test part keep their shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.raw import Raw
from glasshouse.data.splits.allotment import allot, lift, strata

_LEAST_PER_STRATUM = 3  # so that every class can still be in the training, validation and test part


def at_most(raw: Raw, most_rows: int | None) -> Raw:
    """The raw data, or a random part of it with ``most_rows`` rows and a note that says so."""
    if most_rows is None or len(raw) <= most_rows:
        return raw
    classes = raw.target is not None and raw.target.task == "classification"
    labels = raw.target.values if raw.target is not None and classes else np.zeros(len(raw), dtype=np.int64)
    rows = subsample(labels, raw.given_test, most_rows)
    return replace(raw.take(rows), notes=(*raw.notes, drawn(len(rows), len(raw))))


def subsample(
    labels: NDArray[np.int64], given_test: NDArray[np.bool_] | None, most_rows: int
) -> NDArray[np.int64]:
    """Row numbers of a stratified draw, in ascending order; the same on every call and machine.

    Args:
        labels: Class index of each row, shape (rows,).
        given_test: Rows of a test part, which keeps its share, or ``None``.
        most_rows: How many rows to draw, less than there are.
    """
    key = labels * 2 + (0 if given_test is None else given_test.astype(np.int64))
    _, compact = np.unique(key, return_inverse=True)
    counts = np.bincount(compact)
    least = np.minimum(counts, _LEAST_PER_STRATUM)
    wanted = lift(allot(counts, most_rows), least)
    generator = numpy_stream(0, "most_rows")
    drawn_rows = [rows[:count] for rows, count in zip(strata(compact, generator), wanted, strict=True)]
    return np.sort(np.concatenate(drawn_rows))


def drawn(kept: int, total: int) -> str:
    """The note for data of which only a part is used."""
    return f"{kept:,} of {total:,} rows were drawn at random, because data.most_rows says so"

"""A split by time: the past trains, what comes after it validates, the latest tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.parts import Split
from glasshouse.data.splits.shares import TEST, TRAIN, VALIDATION, Assigned, Shares


def time_parts(time: NDArray[np.int64], shares: Shares, origin: str) -> Assigned:
    """Divide rows by time, so that every training row is earlier than every validation row, and so on.

    Rows of the same time stay together; the borders move to the nearest change of time.

    Args:
        time: When each row happened, later is larger, shape (rows,), in any order.
        shares: Wanted shares.
        origin: Where the rows come from, for messages.

    Raises:
        DataError: There are fewer different times than parts.
    """
    moments, moment_of, counts = np.unique(time, return_inverse=True, return_counts=True)
    if len(moments) < shares.parts:
        raise DataError(
            f"{origin}: the time column has {len(moments)} different value{'s' if len(moments) > 1 else ''}",
            expected=f"at least {shares.parts}, so that {shares.names} can follow one another",
            fix="name another time column, or leave data.time out",
        )
    validation, test = shares.row_counts(len(time))
    until = np.cumsum(counts)  # rows up to and including each moment
    rows = len(time)
    last = len(moments) - 1
    if shares.test > 0:
        # the last moment before the test part; two moments at least must come no later
        last = _nearest(until, rows - test, first=1, last=len(moments) - 2)
    train_last = _nearest(until, int(until[last]) - validation, first=0, last=last - 1)
    parts = np.full(len(moments), TRAIN, dtype=np.int8)
    parts[train_last + 1 :] = VALIDATION
    parts[last + 1 :] = TEST
    assigned = parts[moment_of]
    return assigned, _notes(assigned, rows, validation, test)


def _nearest(until: NDArray[np.int64], wanted: int, first: int, last: int) -> int:
    """The moment from ``first`` to ``last`` up to which the number of rows is nearest to ``wanted``."""
    return first + int(np.abs(until[first : last + 1] - wanted).argmin())


def _notes(parts: NDArray[np.int8], rows: int, validation: int, test: int) -> tuple[str, ...]:
    got = np.bincount(parts, minlength=3)
    if max(abs(int(got[VALIDATION]) - validation), abs(int(got[TEST]) - test)) <= 0.05 * rows:
        return ()
    return (
        f"rows of the same time stay together: {got[0]:,} training, {got[1]:,} validation and {got[2]:,} "
        "test rows, which is not quite what was asked for",
    )


def without_overlap(split: Split, horizon: int) -> Split:
    """A split by time without the windows whose future reaches into the next part.

    Args:
        split: Windows in the order of time.
        horizon: Steps ahead that a window's target reaches, from 1.

    Example:
        >>> parts = Split(np.arange(6), np.arange(6, 9), np.arange(9, 12), "time")
        >>> cut = without_overlap(parts, 3)
        >>> cut.train.tolist(), cut.validation.tolist(), cut.test.tolist()
        ([0, 1, 2, 3], [6], [9, 10, 11])
    """
    cut = horizon - 1
    if not cut or "time" not in split.method:
        return split
    train, validation = split.train[:-cut], split.validation
    if len(split.test):
        validation = validation[:-cut]
    if not len(train) or (len(split.validation) and not len(validation)):
        raise DataError(
            f"{horizon} steps ahead of windows, in a part of {len(split.validation)} windows",
            expected="parts longer than the horizon",
            fix="set data.horizon to fewer steps, or give a longer series",
        )
    note = f"{cut} windows before each border were left out: what comes after them lies in the next part"
    return replace(split, train=train, validation=validation, notes=(*split.notes, note))

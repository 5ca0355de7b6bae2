"""A split in which every part has the classes in the same shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.splits.allotment import allot, strata
from glasshouse.data.splits.shares import TEST, TRAIN, VALIDATION, Assigned, Shares


def stratified_parts(
    labels: NDArray[np.int64],
    classes: Sequence[str],
    shares: Shares,
    generator: np.random.Generator,
    origin: str,
) -> Assigned:
    """Divide rows so that each class has the wanted shares, off by less than one row.

    A class too small for that is placed by need: first one row to train on, then one to test on, then one for
    validation.

    Args:
        labels: Class index of each row, shape (rows,).
        classes: Their names.
        shares: Wanted shares.
        generator: The source of chance.
        origin: Where the rows come from, for messages.

    Raises:
        DataError: A class has one row only, so that it cannot be both trained on and tested.
    """
    counts = np.bincount(labels, minlength=len(classes))
    single = np.flatnonzero(counts == 1)
    if len(single) and shares.test > 0:
        name = classes[single[0]]
        more = f" (and {len(single) - 1} more such classes)" if len(single) > 1 else ""
        raise DataError(
            f"{origin}: the class {name!r} has one row only{more}",
            expected="at least two rows of every class: one to train on, one to test on",
            fix=f"remove or merge {name!r}, or divide without regard to classes: "
            "--set data.split.method=random",
        )
    validation, test = _class_counts(counts, shares)
    parts = np.full(len(labels), TRAIN, dtype=np.int8)
    for rows, for_validation, for_test in zip(strata(labels, generator), validation, test, strict=False):
        parts[rows[:for_test]] = TEST
        parts[rows[for_test : for_test + for_validation]] = VALIDATION
    return parts, _notes(counts, validation, classes, shares)


def _class_counts(counts: NDArray[np.int64], shares: Shares) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Validation and test rows per class."""
    for_validation, for_test = shares.row_counts(int(counts.sum()))
    validation = allot(counts, for_validation)
    test = allot(counts, for_test)
    if shares.test > 0:
        test = np.maximum(test, counts >= 2)
    least = 3 if shares.test > 0 else 2
    validation = np.maximum(validation, counts >= least)
    # one row at least must be left to train on; the larger of the other two parts gives way
    while (short := validation + test > np.maximum(counts - 1, 0)).any():
        from_validation = short & (validation >= test)
        validation = validation - from_validation
        test = test - (short & ~from_validation)
    return validation, test


def _notes(
    counts: NDArray[np.int64], validation: NDArray[np.int64], classes: Sequence[str], shares: Shares
) -> tuple[str, ...]:
    unseen = np.flatnonzero((counts > 0) & (validation == 0))
    if not len(unseen):
        return ()
    named = ", ".join(f"{classes[label]!r} ({counts[label]})" for label in unseen[:5])
    where = "the training and test part" if shares.test > 0 else "the training part"
    more = f" and {len(unseen) - 5} more" if len(unseen) > 5 else ""
    return (f"too few rows for all parts: {named}{more}; they are in {where} only",)

"""A split that holds whole classes out: what is learnt must serve for classes that training never saw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.splits.shares import TEST, TRAIN, VALIDATION, Assigned, Shares

LEAST = 2
"""Classes that every part needs: with one alone there are no pairs of two classes."""
ENOUGH = 30
"""Classes from which on whole ones are held out where nobody said how to divide."""


def class_parts(
    labels: NDArray[np.int64], shares: Shares, generator: np.random.Generator, origin: str
) -> Assigned:
    """Divide whole classes so that each part has its share of them, and at least two.

    Args:
        labels: Class index of each row, shape (rows,).
        shares: Wanted shares of the classes.
        generator: The source of chance.
        origin: Where the rows come from, for messages.

    Raises:
        DataError: There are fewer than two classes for every part.

    Example:
        >>> labels = np.arange(6).repeat(3)
        >>> parts, _ = class_parts(labels, Shares(0.2, 0.2), np.random.default_rng(0), "letters")
        >>> sorted(len(set(labels[parts == part])) for part in (TRAIN, VALIDATION, TEST))
        [2, 2, 2]
    """
    known = np.unique(labels)
    if len(known) < LEAST * shares.parts:
        raise DataError(
            f"{origin}: {len(known)} classes, of which whole ones are to be held out",
            expected=f"at least {LEAST * shares.parts}: two for each of {shares.names}",
            fix="let every part have rows of all classes: data.split.method = 'stratified'",
        )
    validation, test = class_counts(len(known), shares)
    drawn = generator.permutation(known)
    parts = np.full(len(labels), TRAIN, dtype=np.int8)
    parts[np.isin(labels, drawn[:test])] = TEST
    parts[np.isin(labels, drawn[test : test + validation])] = VALIDATION
    told = f"{len(known) - validation - test} classes are trained on, {validation} validate"
    return parts, (told + (f", {test} test" if test else "") + "; no class is in two parts",)


def class_counts(classes: int, shares: Shares) -> tuple[int, int]:
    """How many classes validate and test: their shares, at least two each, and two left to train on.

    Example:
        >>> class_counts(100, Shares(0.15, 0.2)), class_counts(6, Shares(0.5, 0.4))
        ((15, 20), (2, 2))
    """
    test = max(LEAST, round(shares.test * classes)) if shares.test > 0 else 0
    validation = max(LEAST, round(shares.validation * classes))
    while validation + test > classes - LEAST:
        if test > validation:
            test -= 1
        else:
            validation -= 1
    return validation, test


def suited(classes: Sequence[str]) -> bool:
    """Whether there are classes enough to hold whole ones out where nobody said how to divide.

    Example:
        >>> suited(["a", "b"])
        False
    """
    return len(classes) >= ENOUGH

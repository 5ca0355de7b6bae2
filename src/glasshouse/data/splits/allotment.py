"""Sharing a number of rows out among strata, such as classes, in proportion to their sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def allot(counts: NDArray[np.int64], wanted: int) -> NDArray[np.int64]:
    """Whole numbers that add up to ``wanted`` and follow the sizes of the strata.

    Each stratum first gets its exact share rounded down; what is left goes, one each, to the largest
    remainders, so that no stratum is off by a whole row.

    Args:
        counts: Rows in each stratum, shape (strata,).
        wanted: Rows to share out, from 0 to the sum of ``counts``.

    Source: The largest-remainder method of A. Hamilton (1792).

    Example:
        >>> allot(np.array([70, 20, 10]), 15).tolist()
        [11, 3, 1]
    """
    total = int(counts.sum())
    # whole-number arithmetic: with floats, equal remainders could differ in their last bit
    given = counts * wanted // total
    remainders = counts * wanted % total
    left = wanted - int(given.sum())
    order = np.lexsort((np.arange(len(counts)), -counts, -remainders))
    given[order[:left]] += 1
    return given


def lift(given: NDArray[np.int64], least: NDArray[np.int64]) -> NDArray[np.int64]:
    """Raise strata that got less than ``least``, at the expense of those with most to spare.

    The sum stays the same. Where ``least`` asks for more than there is, ``given`` comes back unchanged.

    Example:
        >>> lift(np.array([9, 1, 0]), np.array([1, 1, 1])).tolist()
        [8, 1, 1]
    """
    if int(least.sum()) > int(given.sum()):
        return given
    lifted = np.maximum(given, least)
    while (over := int(lifted.sum() - given.sum())) > 0:
        spare = lifted - least
        # all that have the most to spare give one each, so that few rounds suffice
        richest = np.flatnonzero(spare == spare.max())[:over]
        lifted[richest] -= 1
    return lifted


def strata(labels: NDArray[np.int64], generator: np.random.Generator) -> list[NDArray[np.int64]]:
    """Row numbers of each label from 0 to the largest, each list in random order."""
    shuffled = generator.permutation(len(labels)).astype(np.int64)
    by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]
    return np.split(by_label, np.cumsum(np.bincount(labels))[:-1])

"""Rows that follow each other, as stretches from the first to the last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stretches(rows: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Row numbers in ascending order as stretches without gaps, first and last.

    Example:
        >>> stretches(np.array([3, 4, 5, 9]))
        [(3, 5), (9, 9)]
    """
    if not len(rows):
        return []
    cuts = np.flatnonzero(np.diff(rows) > 1)
    firsts = rows[np.concatenate([[0], cuts + 1])]
    lasts = rows[np.concatenate([cuts, [len(rows) - 1]])]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))

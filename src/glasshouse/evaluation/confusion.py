"""Confusion: which class is taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.metrics import confusion_matrix

MOST_CLASSES = 50
"""Classes up to which the whole matrix is kept; beyond, only the pairs that are confused most."""
_PAIRS = 20


def confusion(
    target: NDArray[np.int64], labels: NDArray[np.int64], classes: tuple[str, ...], part: str
) -> dict[str, Any]:
    """Counts of true class by predicted class.

    Args:
        target: True class indices, shape (rows,).
        labels: Predicted ones, shape (rows,).
        classes: Class names in the order of the indices.
        part: Which part of the data it is.

    Returns:
        ``matrix`` with a row per true class and a column per predicted one (``None`` for more than 50
        classes), and ``pairs``: the most frequent confusions with their count and their share of the true
        class.
    """
    count = len(classes)
    cells, counts = np.unique(target * count + labels, return_counts=True)
    true, said = np.divmod(cells, count)
    matrix = None
    if count <= MOST_CLASSES:
        matrix = confusion_matrix(target, labels, classes=count).tolist()
    wrong = np.flatnonzero(true != said)
    most = wrong[np.argsort(-counts[wrong], kind="stable")][:_PAIRS]
    rows = np.bincount(target, minlength=count)
    pairs = [
        {
            "true": classes[true[place]],
            "predicted": classes[said[place]],
            "count": int(counts[place]),
            "share": float(counts[place] / rows[true[place]]),
        }
        for place in most
    ]
    return {"part": part, "matrix": matrix, "pairs": pairs}

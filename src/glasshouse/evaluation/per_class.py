"""Precision, recall and F1 of every class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def per_class(
    target: NDArray[np.int64], labels: NDArray[np.int64], classes: tuple[str, ...]
) -> list[dict[str, Any]]:
    """One entry per class, in order.

    Args:
        target: True class indices, shape (rows,).
        labels: Predicted ones, shape (rows,).
        classes: Class names in the order of the indices.

    Returns:
        ``support`` is how many rows are of the class. Where that is 0, ``recall`` is ``None``; where no row
        is said to be of the class, ``precision`` is ``None``; where both are, ``f1`` is.
    """
    count = len(classes)
    true = np.bincount(target, minlength=count)
    said = np.bincount(labels, minlength=count)
    hits = np.bincount(target[target == labels], minlength=count)
    return [
        {
            "class": name,
            "precision": _share(hits[k], said[k]),
            "recall": _share(hits[k], true[k]),
            "f1": _share(2 * hits[k], true[k] + said[k]),
            "support": int(true[k]),
        }
        for k, name in enumerate(classes)
    ]


def _share(hits: Any, rows: Any) -> float | None:
    return float(hits / rows) if rows else None

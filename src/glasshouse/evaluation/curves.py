"""ROC and precision-recall curves: what each threshold between two classes costs and gains."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

_POINTS = 200


def curves(target: NDArray[np.int64], scores: NDArray[np.float64]) -> dict[str, Any] | None:
    """Both curves for the second class of two, each thinned to about 200 points.

    Args:
        target: True class indices 0 and 1, shape (rows,).
        scores: One column per class; larger means more likely, shape (rows, 2).

    Returns:
        ``roc`` and ``precision_recall``, and ``share``, the share of the second class: the precision that
        guessing has. ``None`` where one of the classes does not occur.
    """
    if len(np.unique(target)) < 2:
        return None
    margin = scores[:, 1] - scores[:, 0]
    false_positive, true_positive, _ = roc_curve(target, margin)
    precision, recall, _ = precision_recall_curve(target, margin)
    roc = thinned_curve(false_positive, true_positive)
    tradeoff = thinned_curve(recall, precision)
    return {
        "roc": {"false_positive_rate": roc[0], "true_positive_rate": roc[1]},
        "precision_recall": {"recall": tradeoff[0], "precision": tradeoff[1]},
        "share": float(target.mean()),
    }


def thinned_curve(across: NDArray[np.float64], up: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """About 200 points, spread evenly along the curve's length, both ends included."""
    if len(across) > _POINTS:
        length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(across), np.diff(up)))])
        kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], _POINTS)))
        kept = np.union1d(kept, [0, len(across) - 1])
        across, up = across[kept], up[kept]
    return np.round(across, 5).tolist(), np.round(up, 5).tolist()

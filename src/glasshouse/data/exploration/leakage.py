"""Columns that give the target away: each is asked to predict it alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from glasshouse.core.seeds import numpy_stream

SUSPICIOUS = {"classification": 0.99, "regression": 0.98}
"""A single column that scores this much is more likely an answer than a clue.

Honest columns come near: the light in a room tells with 0.98 whether somebody is in it.
"""

_FEWEST_ROWS = 40
_HARMLESS = 0.9
_FEWEST_PER_CLASS = 8


def alone(column: NDArray[Any], target: NDArray[Any], most_rows: int = 20_000) -> float:
    """How well one column alone predicts the target, on rows that it was not fitted on.

    Half of the rows fit a small decision tree (or, for categories, the usual target of each category), the
    other half scores it; then the halves change places.

    Args:
        column: float64 numbers with NaN where they are missing, or int64 category indices from 0.
        target: int64 class indices, or float64 numbers. Training rows only.
        most_rows: How many rows to use at the most; they are drawn at random.

    Returns:
        The lower of the two balanced accuracies (classes), or coefficients of determination of the target's
        ranks (numbers: ranks, so that a few extreme values do not decide); 0 where there are too few rows.
        Classes with fewer than eight rows are left out.
    """
    classes = np.issubdtype(target.dtype, np.integer)
    if classes:
        often = np.bincount(target)[target] >= _FEWEST_PER_CLASS
        column, target = column[often], target[often]
    if len(target) < _FEWEST_ROWS or (target == target[0]).all():
        return 0.0
    if not classes:
        target = rankdata(target)
    order = numpy_stream(0, "leakage").permutation(len(target))[:most_rows]
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    lowest = 1.0
    for fit, judge in (halves, halves[::-1]):
        if np.issubdtype(column.dtype, np.integer):
            predicted = _by_category(column[fit], target[fit], column[judge], classes)
        else:
            predicted = _by_number(column[fit], target[fit], column[judge], classes)
        score = _balanced_accuracy(target[judge], predicted) if classes else _r2(target[judge], predicted)
        lowest = min(lowest, score)
        if lowest < _HARMLESS:
            break  # the other half would cost as much and could not make it suspicious
    return lowest


def _by_number(fit: NDArray[Any], target: NDArray[Any], judge: NDArray[Any], classes: bool) -> NDArray[Any]:
    """A tree with a few leaves for each class, too few to learn rows by heart."""
    if classes:
        leaves = max(8, 4 * len(np.unique(target)))
        weights = 1.0 / np.bincount(target)[target]  # all classes alike, as the score counts them
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, min_samples_leaf=2, random_state=0)
    else:
        weights = None
        tree = DecisionTreeRegressor(max_leaf_nodes=64, random_state=0)
    predicted: NDArray[Any] = tree.fit(fit[:, None], target, weights).predict(judge[:, None])
    return predicted


def _by_category(fit: NDArray[Any], target: NDArray[Any], judge: NDArray[Any], classes: bool) -> NDArray[Any]:
    """The most typical class, or the mean, of each category; of all rows for a category not seen before."""
    kinds = int(max(fit.max(), judge.max())) + 1
    seen = np.bincount(fit, minlength=kinds)
    if not classes:
        means = np.full(kinds, float(target.mean()))
        sums = np.bincount(fit, weights=target, minlength=kinds)
        np.divide(sums, seen, out=means, where=seen > 0)
        means_of_rows: NDArray[Any] = means[judge]
        return means_of_rows
    width = int(target.max()) + 1
    table = np.bincount(fit * width + target, minlength=kinds * width).reshape(kinds, width)
    shares = table / np.maximum(table.sum(axis=0), 1)  # of each class, so that large classes do not win all
    usual = shares.argmax(axis=1)
    usual[seen == 0] = int(table.sum(axis=0).argmax())
    predicted: NDArray[Any] = usual[judge]
    return predicted


def _balanced_accuracy(truth: NDArray[Any], predicted: NDArray[Any]) -> float:
    right = np.bincount(truth, weights=truth == predicted)
    count = np.bincount(truth)
    return float((right[count > 0] / count[count > 0]).mean())


def _r2(truth: NDArray[Any], predicted: NDArray[Any]) -> float:
    total = float(((truth - truth.mean()) ** 2).sum())
    return 1.0 - float(((truth - predicted) ** 2).sum()) / total if total > 0 else 0.0

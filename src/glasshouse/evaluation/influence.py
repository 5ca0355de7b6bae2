r"""How much each row moves a metric: the ground on which confidence intervals stand.

A metric is a function :math:`\theta(w)` of how often each row counts, at :math:`w = 1`. The influence of row
j is :math:`d_j = \partial\theta / \partial w_j`; influences add up to zero, and

.. math:: \widehat{\operatorname{Var}}(\theta) = \frac{N}{N - 1} \sum_j d_j^2

is its variance over samples of the same size. For the ROC area this is DeLong's variance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.metrics.prediction import Prediction, class_count

Influence = NDArray[np.float64]


def influences(target: NDArray[Any], prediction: Prediction, task: str) -> dict[str, Influence]:
    """The influence of every row on every metric that the prediction allows, each of shape (rows,).

    Metrics are those of :func:`glasshouse.metrics.measure` but for accuracy, which needs no influence: it is
    a share of rows.

    Args:
        target: Class indices or numbers, shape (rows,).
        prediction: The answers to the same rows.
        task: ``"classification"`` or ``"regression"``.

    Source: B. Efron: The jackknife, the bootstrap and other resampling plans (1982), chapter 6; E. DeLong,
        D. DeLong and D. Clarke-Pearson: Comparing the areas under two or more correlated receiver operating
        characteristic curves (1988).
    """
    if task == "regression":
        assert prediction.values is not None
        return _of_numbers(target, prediction.values)
    assert prediction.labels is not None
    two = class_count(target, prediction) <= 2
    found = _of_labels(target, prediction.labels, two)
    if prediction.scores is not None:
        found |= _of_ranks(target, prediction.scores)
    if prediction.probabilities is not None:
        chance = prediction.probabilities[np.arange(len(target)), target]
        found["log_loss"] = _of_mean(-np.log(np.maximum(chance, np.finfo(float).eps)))
    return found


def _of_mean(values: NDArray[np.float64]) -> Influence:
    centred: Influence = (values - values.mean()) / len(values)
    return centred


def _of_numbers(target: NDArray[np.float64], values: NDArray[np.float64]) -> dict[str, Influence]:
    error = values - target
    squares, centred = error**2, (target - target.mean()) ** 2
    rmse, total = float(np.sqrt(squares.mean())), float(centred.sum())
    found = {"mae": _of_mean(np.abs(error))}
    if rmse > 0:
        found["rmse"] = _of_mean(squares) / (2 * rmse)
    if total > 0:
        found["r2"] = -(squares - squares.sum() / total * centred) / total
    return found


def _of_labels(target: NDArray[np.int64], labels: NDArray[np.int64], two: bool) -> dict[str, Influence]:
    """Balanced accuracy, precision, recall, F1; the last three of class 1, or of all classes that occur."""
    classes = int(max(target.max(), labels.max(), 1)) + 1
    right = (labels == target).astype(float)
    true = np.bincount(target, minlength=classes)
    said = np.bincount(labels, minlength=classes)
    hits = np.bincount(target, weights=right, minlength=classes)
    occurs = true > 0

    found_share = hits / np.maximum(true, 1)
    said_share = hits / np.maximum(said, 1)
    f1 = 2 * hits / np.maximum(true + said, 1)
    balanced = (right - found_share[target]) / true[target] / occurs.sum()

    counted = (np.arange(classes) == 1) if two else occurs
    weight = counted / counted.sum()
    recall = weight[target] * (right - found_share[target]) / np.maximum(true, 1)[target]
    precision = weight[labels] * (right - said_share[labels]) / np.maximum(said, 1)[labels]
    each = weight / np.maximum(true + said, 1)
    f1_moved = each[target] * (2 * right - f1[target]) - each[labels] * f1[labels]
    return {"balanced_accuracy": balanced, "precision": precision, "recall": recall, "f1": f1_moved}


def _of_ranks(target: NDArray[np.int64], scores: NDArray[np.float64]) -> dict[str, Influence]:
    """ROC area and average precision: of class 1, or the mean over one class against the rest."""
    if scores.shape[1] == 2:
        one_against_rest = [(target == 1, scores[:, 1] - scores[:, 0])]
    else:
        one_against_rest = [(target == k, scores[:, k]) for k in range(scores.shape[1])]
    areas = [roc_area(positive, score) for positive, score in one_against_rest if 0 < positive.mean() < 1]
    precisions = [
        average_precision(positive, score) for positive, score in one_against_rest if positive.any()
    ]
    found = {"roc_auc": areas, "average_precision": precisions}
    return {name: np.mean(each, axis=0) for name, each in found.items() if each}


def roc_area(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Influence:
    """Influence on the ROC area: how much of the other class each row beats, against its class's mean."""
    high, low = score[positive], score[~positive]
    beaten = _share_below(np.sort(low), high)
    beaten_by = 1.0 - _share_below(np.sort(high), low)
    moved = np.empty(len(score))
    moved[positive] = (beaten - beaten.mean()) / len(high)
    moved[~positive] = (beaten_by - beaten_by.mean()) / len(low)
    return moved


def _share_below(ordered: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of ``ordered`` below each value, equal ones counted half."""
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    share: NDArray[np.float64] = below / (2 * len(ordered))
    return share


def average_precision(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Influence:
    r"""Influence on the average precision.

    With A and B the positives and the rows at or above the score of a row, and n the positives,
    :math:`\theta = \frac1n \sum_{i \in +} A_i / B_i`. A row with score s counts in A and B of all positives
    that score s or less.
    """
    order = np.argsort(-score, kind="stable")
    y = positive[order].astype(float)
    # equal scores are one threshold: its counts are those at the last row of the group
    last = np.searchsorted(-score[order], -score[order], "right") - 1
    above, rows = np.cumsum(y)[last], (last + 1).astype(float)
    precision = above / rows
    first = np.searchsorted(-score[order], -score[order], "left")
    gain = _from_here(y / rows)[first]
    cost = _from_here(y * precision / rows)[first]
    moved = np.empty(len(score))
    n = y.sum()
    moved[order] = (y * (precision - (y * precision).sum() / n + gain) - cost) / n
    return moved


def _from_here(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums from each place to the end."""
    sums: NDArray[np.float64] = np.cumsum(values[::-1])[::-1]
    return sums

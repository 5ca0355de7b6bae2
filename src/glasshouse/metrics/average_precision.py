"""Average precision: the area under the precision-recall curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score

from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number, wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_chances

half = Number(0.5, "gain in recall")


def average_precision(target: ArrayLike, prediction: Answers) -> float:
    r"""Precision averaged over all thresholds, weighted by the gain in recall.

    .. math:: \sum_t (R_t - R_{t-1}) P_t

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``scores``, or these alone, shape (N, classes).

    Returns:
        From 0 to 1; chance is the share of the class. More than two classes: mean over those that occur.
        NaN where no row is of class 1 of two.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.average_precision_score.

    Example:
        >>> average_precision([0, 1, 0, 0], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
        1.0
    """
    true, scores = answers.per_class("average precision", "scores", target, prediction)
    if scores.shape[1] == 2:
        if not np.any(true == 1):
            return float("nan")
        return float(average_precision_score(true == 1, scores[:, 1] - scores[:, 0]))
    areas = [
        average_precision_score(true == k, scores[:, k]) for k in range(scores.shape[1]) if np.any(true == k)
    ]
    return float(np.mean(areas)) if areas else float("nan")


CONCEPT = Concept(
    name="average_precision",
    kind="metric",
    summary="Precision averaged over all thresholds, weighted by the gain in recall.",
    build=lambda: average_precision,
    aliases=("pr_auc",),
    equation=r"\sum_t (R_t - R_{t-1}) P_t",
    symbols={
        "R_t": "recall at threshold t",
        "P_t": "precision there",
        "t": "thresholds from the highest score down",
    },
    when="A rare class that must be found.",
    pitfalls=("Its chance level is the share of the class, not 0.5.",),
    conventions=("Steps, not trapezoids, between the points of the curve: trapezoids are too rosy.",),
    source="sklearn.metrics.average_precision_score.",
    facts={"task": "classification", "needs": "scores", "better": "higher"},
    worked=worked_chances(
        average_precision, lambda _: wrap(half * 1 + half * Number(2, "found") / Number(3, "said"))
    ),
)

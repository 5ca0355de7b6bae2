"""ROC area: how well the scores put one class above the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score

from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number, wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_chances


def roc_auc(target: ArrayLike, prediction: Answers) -> float:
    r"""Chance that a random row of a class scores above a random row of another.

    .. math:: P(s_{+} > s_{-}) + \tfrac12 P(s_{+} = s_{-})

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``scores``, or these alone, shape (N, classes).

    Returns:
        From 0 to 1; 0.5 is chance. More than two classes: the mean of one class against the rest over the
        classes that occur. NaN where only one class occurs.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.roc_auc_score; Hanley and McNeil 1982, The meaning and use of the area under a
        receiver operating characteristic curve.

    Example:
        >>> roc_auc([0, 1, 0, 0], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
        1.0
    """
    true, scores = answers.per_class("ROC area", "scores", target, prediction)
    if scores.shape[1] == 2:
        if len(np.unique(true)) < 2:
            return float("nan")
        return float(roc_auc_score(true, scores[:, 1] - scores[:, 0]))
    areas = [
        roc_auc_score(true == k, scores[:, k])
        for k in range(scores.shape[1])
        if 0 < np.count_nonzero(true == k) < len(true)
    ]
    return float(np.mean(areas)) if areas else float("nan")


CONCEPT = Concept(
    name="roc_auc",
    kind="metric",
    summary="Chance that a random row of a class scores above a random row of another.",
    build=lambda: roc_auc,
    aliases=("auc", "area_under_the_roc_curve"),
    equation=r"P(s_{+} > s_{-}) + \tfrac12 P(s_{+} = s_{-})",
    symbols={"s_+": "score of a random row of the class", "s_-": "score of a random row outside it"},
    when="Ranking, and classes of unequal size.",
    pitfalls=(
        "With a very rare class it can be high while most alarms are false: see average precision.",
        "It does not see whether probabilities are right, only their order.",
    ),
    conventions=(
        "With more than two classes: one against the rest, on scores, mean over the classes that occur.",
    ),
    source=(
        "sklearn.metrics.roc_auc_score; Hanley and McNeil 1982, The meaning and use of the area under a "
        "receiver operating characteristic curve."
    ),
    facts={"task": "classification", "needs": "scores", "better": "higher"},
    worked=worked_chances(roc_auc, lambda _: wrap(Number(3, "pairs in order") / Number(4, "pairs"))),
)

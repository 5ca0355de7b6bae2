"""Balanced accuracy: the mean recall of the classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import recall_score

from glasshouse.core.concept import Concept
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_counts


def balanced_accuracy(target: ArrayLike, prediction: Answers) -> float:
    r"""Mean over the classes of the share that is found.

    .. math:: \frac1K \sum_k \frac{TP_k}{TP_k + FN_k}

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``labels``, or these alone, shape (N,).

    Returns:
        A share from 0 to 1; classes that do not occur in the target are left out.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.balanced_accuracy_score.

    Example:
        >>> balanced_accuracy([0, 0, 0, 1], [0, 0, 0, 0])
        0.5
    """
    true, said = answers.labels("balanced accuracy", target, prediction)
    return float(recall_score(true, said, labels=np.unique(true), average="macro", zero_division=0))


CONCEPT = Concept(
    name="balanced_accuracy",
    kind="metric",
    summary="Mean over the classes of the share that is found.",
    build=lambda: balanced_accuracy,
    aliases=(),
    equation=r"\frac1K \sum_k \frac{TP_k}{TP_k + FN_k}",
    symbols={
        "TP": "rows of the class that are said to be in it (true positives)",
        "FN": "rows of the class that are said to be in another (false negatives)",
        "K": "number of classes that occur",
    },
    when="Classes of unequal size.",
    pitfalls=("A class with three rows weighs as much as one with thousands.",),
    conventions=(
        "Guessing scores 1/K; scikit-learn's adjusted=True moves that to 0, which is not done here.",
    ),
    source="sklearn.metrics.balanced_accuracy_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher"},
    worked=worked_counts(balanced_accuracy, lambda c: (c.tp / (c.tp + c.fn) + c.tn / (c.tn + c.fp)) / 2),
)

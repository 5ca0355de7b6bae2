"""F1: harmonic mean of precision and recall."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import f1_score

from glasshouse.core.concept import Concept
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.prediction import class_count
from glasshouse.metrics.worked_answers import worked_counts


def f1(target: ArrayLike, prediction: Answers) -> float:
    r"""Harmonic mean of precision and recall.

    .. math:: \frac{2 TP}{2 TP + FP + FN}

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``labels``, or these alone, shape (N,).

    Returns:
        From 0 to 1. Two classes: of the second in sorted order (index 1). More: the mean over the classes
        that occur in the target (macro average). 0 where it is undefined.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.f1_score.

    Example:
        >>> f1([0, 0, 0, 1], [0, 0, 0, 0])
        0.0
    """
    true, said = answers.labels("f1", target, prediction)
    if class_count(true, prediction) > 2:
        return float(f1_score(true, said, labels=np.unique(true), average="macro", zero_division=0))
    return float(f1_score(true, said, labels=[0, 1], pos_label=1, zero_division=0))


CONCEPT = Concept(
    name="f1",
    kind="metric",
    summary="Harmonic mean of precision and recall.",
    build=lambda: f1,
    aliases=("f1_score",),
    equation=r"\frac{2 TP}{2 TP + FP + FN}",
    symbols={
        "TP": "rows of the class that are said to be in it (true positives)",
        "FP": "rows of other classes that are said to be in it (false positives)",
        "FN": "rows of the class that are said to be in another (false negatives)",
    },
    when="One number for a rare class.",
    pitfalls=("It ignores the rows that are rightly said to be in the other class.",),
    conventions=(
        "With two classes it is that of class 1, with more the mean over the classes that occur "
        "(scikit-learn's binary and macro averages).",
        "0 where nothing can be divided by (scikit-learn warns and gives the same).",
    ),
    source="sklearn.metrics.f1_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher"},
    worked=worked_counts(f1, lambda c: 2 * c.tp / (2 * c.tp + c.fp + c.fn)),
)

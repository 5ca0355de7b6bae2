"""Precision: share of the rows said to be in a class that are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import precision_score

from glasshouse.core.concept import Concept
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.prediction import class_count
from glasshouse.metrics.worked_answers import worked_counts


def precision(target: ArrayLike, prediction: Answers) -> float:
    r"""Share of the rows said to be in a class that are.

    .. math:: \frac{TP}{TP + FP}

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``labels``, or these alone, shape (N,).

    Returns:
        From 0 to 1. Two classes: of the second in sorted order (index 1). More: the mean over the classes
        that occur in the target (macro average). 0 where it is undefined.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.precision_score.

    Example:
        >>> precision([0, 0, 0, 1], [0, 0, 0, 0])
        0.0
    """
    true, said = answers.labels("precision", target, prediction)
    if class_count(true, prediction) > 2:
        return float(precision_score(true, said, labels=np.unique(true), average="macro", zero_division=0))
    return float(precision_score(true, said, labels=[0, 1], pos_label=1, zero_division=0))


CONCEPT = Concept(
    name="precision",
    kind="metric",
    summary="Share of the rows said to be in a class that are.",
    build=lambda: precision,
    aliases=("positive_predictive_value",),
    equation=r"\frac{TP}{TP + FP}",
    symbols={
        "TP": "rows of the class that are said to be in it (true positives)",
        "FP": "rows of other classes that are said to be in it (false positives)",
    },
    when="Where a false alarm is costly.",
    pitfalls=("Saying yes once, rightly, scores 1.",),
    conventions=(
        "With two classes it is that of class 1, with more the mean over the classes that occur "
        "(scikit-learn's binary and macro averages).",
        "0 where nothing can be divided by (scikit-learn warns and gives the same).",
    ),
    source="sklearn.metrics.precision_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher"},
    worked=worked_counts(precision, lambda c: c.tp / (c.tp + c.fp)),
)

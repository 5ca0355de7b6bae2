"""Specificity: share of the rows outside a class that are left outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import multilabel_confusion_matrix

from glasshouse.core.concept import Concept
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.prediction import class_count
from glasshouse.metrics.worked_answers import worked_counts


def specificity(target: ArrayLike, prediction: Answers) -> float:
    r"""Share of the rows outside a class that are not said to be in it.

    .. math:: \frac{TN}{TN + FP}

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``labels``, or these alone, shape (N,).

    Returns:
        From 0 to 1. Two classes: of the second in sorted order (index 1). More: the mean over the classes
        that occur in the target (macro average). NaN where every row is of the class.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        Yerushalmy 1947, Statistical problems in assessing methods of medical diagnosis.

    Example:
        >>> specificity([0, 0, 0, 1], [0, 0, 0, 0])
        1.0
    """
    true, said = answers.labels("specificity", target, prediction)
    classes = np.unique(true) if class_count(true, prediction) > 2 else np.array([1])
    shares = []
    for (tn, fp), _ in multilabel_confusion_matrix(true, said, labels=classes):
        if tn + fp:
            shares.append(tn / (tn + fp))
    return float(np.mean(shares)) if shares else float("nan")


CONCEPT = Concept(
    name="specificity",
    kind="metric",
    summary="Share of the rows outside a class that are not said to be in it.",
    build=lambda: specificity,
    aliases=("true_negative_rate", "selectivity"),
    equation=r"\frac{TN}{TN + FP}",
    symbols={
        "TN": "rows of other classes that are said to be in another (true negatives)",
        "FP": "rows of other classes that are said to be in it (false positives)",
    },
    when="Beside recall (sensitivity), as in medical tests.",
    pitfalls=(
        "Always saying no scores 1.",
        "With many classes it is close to 1 for almost any answers.",
    ),
    conventions=(
        "With two classes it is that of class 1, with more the mean over the classes that occur "
        "(scikit-learn's binary and macro averages).",
        "It is the recall of class 0 where there are two classes.",
    ),
    source="Yerushalmy 1947, Statistical problems in assessing methods of medical diagnosis.",
    facts={"task": "classification", "needs": "labels", "better": "higher", "default": False},
    worked=worked_counts(specificity, lambda c: c.tn / (c.tn + c.fp)),
)

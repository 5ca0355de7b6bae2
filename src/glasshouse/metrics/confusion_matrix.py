"""Confusion matrix: how often which class is taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import confusion_matrix as sklearn_confusion_matrix

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import DataError
from glasshouse.core.expression import total, wrap
from glasshouse.core.worked import Worked
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.prediction import class_count


def confusion_matrix(target: ArrayLike, prediction: Answers, classes: int | None = None) -> NDArray[Any]:
    r"""Counts of the true class by the predicted class.

    .. math:: C_{ij} = \sum_n [y_n = i]\,[\hat y_n = j]

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``labels``, or these alone, shape (N,).
        classes: How many classes there are, from 1; without it, as many as target and answers tell of.

    Returns:
        Whole numbers, shape (classes, classes): a row per true class, a column per predicted one.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or a class lies outside.
        SettingError: ``classes`` is no whole number from 1.

    Source:
        sklearn.metrics.confusion_matrix.

    Example:
        >>> confusion_matrix([0, 0, 1, 1, 1], [0, 1, 1, 1, 0]).tolist()
        [[1, 1], [1, 2]]
    """
    true, said = answers.labels("confusion matrix", target, prediction)
    if classes is None:
        classes = max(2, class_count(true, prediction))
    whole_number("classes", classes, at_least=1)
    highest = max(int(true.max()), int(said.max()))
    if highest >= classes:
        raise DataError(
            f"class {highest} among the rows of a confusion matrix of {classes} classes",
            expected=f"classes from 0 to {classes - 1}",
            fix=f"set classes to {highest + 1} or more",
        )
    counts: NDArray[Any] = sklearn_confusion_matrix(true, said, labels=np.arange(classes))
    return counts


def _worked() -> Worked:
    """How often class 0 of five rows is taken for class 1."""
    true, said = [0, 0, 1, 1, 0], [0, 1, 1, 1, 1]
    pairs = zip(true, said, strict=True)
    rows = total([wrap(1.0 if pair == (0, 1) else 0.0) for pair in pairs])
    return Worked(f"y = {true}, ŷ = {said}", "C[0,1]", rows, float(confusion_matrix(true, said)[0, 1]))


CONCEPT = Concept(
    name="confusion_matrix",
    kind="metric",
    summary="Counts of the true class by the predicted class.",
    build=lambda: confusion_matrix,
    aliases=("contingency_table",),
    equation=r"C_{ij} = \sum_n [y_n = i]\,[\hat y_n = j]",
    symbols={
        "C": "counts: rows are true classes, columns predicted ones",
        "y": "true class",
        r"\hat y": "predicted class",
        "[...]": "1 where it holds, else 0",
    },
    when="First of all: every metric of labels is a summary of it.",
    pitfalls=(
        "Read it by rows for recall and by columns for precision; colours by count hide small classes.",
        "Some books and tools have it the other way round, true classes in columns.",
    ),
    conventions=("Rows are true classes, columns predicted ones, as in scikit-learn.",),
    source="sklearn.metrics.confusion_matrix.",
    facts={
        "task": "classification",
        "needs": "labels",
        "better": "diagonal",
        "default": False,
        "gives": "matrix",
    },
    worked=_worked,
)

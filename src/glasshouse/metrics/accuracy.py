"""Accuracy: how often the predicted class is right."""

from __future__ import annotations

from numpy.typing import ArrayLike
from sklearn.metrics import accuracy_score

from glasshouse.core.concept import Concept
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_counts


def accuracy(target: ArrayLike, prediction: Answers) -> float:
    r"""Share of the rows whose class is predicted rightly.

    .. math:: \frac1N \sum_n [\hat y_n = y_n]

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``labels``, or these alone, shape (N,).

    Returns:
        A share from 0 to 1.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.accuracy_score.

    Example:
        >>> accuracy([0, 0, 0, 1], [0, 0, 0, 0])
        0.75
    """
    true, said = answers.labels("accuracy", target, prediction)
    return float(accuracy_score(true, said))


CONCEPT = Concept(
    name="accuracy",
    kind="metric",
    summary="Share of the rows whose class is predicted rightly.",
    build=lambda: accuracy,
    aliases=(),
    equation=r"\frac1N \sum_n [\hat y_n = y_n]",
    symbols={
        "y": "true class",
        r"\hat y": "predicted class",
        "N": "number of rows",
        "[...]": "1 where it holds, else 0",
    },
    when="Classes of about equal size and equal cost.",
    pitfalls=(
        "With 95 % of one class, always saying that class scores 0.95.",
        "It does not see how sure an answer was.",
    ),
    source="sklearn.metrics.accuracy_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher"},
    worked=worked_counts(accuracy, lambda c: (c.tp + c.tn) / (c.tp + c.fn + c.fp + c.tn)),
)

"""Accuracy: how often the predicted class is right."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from sklearn.metrics import accuracy_score

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction


def accuracy(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Share of the rows whose class is predicted rightly.

    .. math:: \frac1N \sum_n [\hat y_n = y_n]

    Args:
        target: True class indices, int64, shape (N,).
        prediction: Its ``labels``.

    Returns:
        A share from 0 to 1.

    Example:
        >>> import numpy as np
        >>> accuracy(np.array([0, 0, 0, 1]), Prediction(labels=np.array([0, 0, 0, 0])))
        0.75
    """
    return float(accuracy_score(target, prediction.labels))


CONCEPT = Concept(
    name="accuracy",
    kind="metric",
    summary="Share of the rows whose class is predicted rightly.",
    build=lambda: accuracy,
    aliases=(),
    equation=r"\frac1N \sum_n [\hat y_n = y_n]",
    when="Classes of about equal size and equal cost.",
    pitfalls=("With 95 % of one class, always saying that class scores 0.95.",),
    source="sklearn.metrics.accuracy_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher"},
)

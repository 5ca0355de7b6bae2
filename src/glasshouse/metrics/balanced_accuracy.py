"""Balanced accuracy: the mean recall of the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import recall_score

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction


def balanced_accuracy(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Mean over the classes of the share that is found.

    .. math:: \frac1K \sum_k \frac{TP_k}{TP_k + FN_k}

    Args:
        target: True class indices, int64, shape (N,).
        prediction: Its ``labels``.

    Returns:
        A share from 0 to 1; classes that do not occur in ``target`` are left out.

    Example:
        >>> import numpy as np
        >>> balanced_accuracy(np.array([0, 0, 0, 1]), Prediction(labels=np.array([0, 0, 0, 0])))
        0.5
    """
    classes = np.unique(target)
    return float(recall_score(target, prediction.labels, labels=classes, average="macro", zero_division=0))


CONCEPT = Concept(
    name="balanced_accuracy",
    kind="metric",
    summary="Mean over the classes of the share that is found.",
    build=lambda: balanced_accuracy,
    aliases=(),
    equation=r"\frac1K \sum_k \frac{TP_k}{TP_k + FN_k}",
    when="Classes of unequal size.",
    pitfalls=("A class with three rows weighs as much as one with thousands.",),
    source="sklearn.metrics.balanced_accuracy_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher"},
)

"""Recall: share of the rows of a class that are found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import recall_score

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction, class_count


def recall(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Share of the rows of a class that are found.

    .. math:: \frac{TP}{TP + FN}

    Args:
        target: True class indices, int64, shape (N,).
        prediction: Its ``labels``.

    Returns:
        From 0 to 1. Two classes: of the second in sorted order (index 1). More: the mean over the classes
        that occur in ``target``. 0 where it is undefined.

    Example:
        >>> import numpy as np
        >>> recall(np.array([0, 0, 0, 1]), Prediction(labels=np.array([0, 0, 0, 0])))
        0.0
    """
    if class_count(target, prediction) > 2:
        present = np.unique(target)
        return float(
            recall_score(target, prediction.labels, labels=present, average="macro", zero_division=0)
        )
    return float(recall_score(target, prediction.labels, labels=[0, 1], pos_label=1, zero_division=0))


CONCEPT = Concept(
    name="recall",
    kind="metric",
    summary="Share of the rows of a class that are found.",
    build=lambda: recall,
    aliases=(),
    equation=r"\frac{TP}{TP + FN}",
    when="Where a miss is costly.",
    pitfalls=("Always saying yes scores 1.",),
    source="sklearn.metrics.recall_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher"},
)

"""F1: harmonic mean of precision and recall."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction, class_count


def f1(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Harmonic mean of precision and recall.

    .. math:: \frac{2 TP}{2 TP + FP + FN}

    Args:
        target: True class indices, int64, shape (N,).
        prediction: Its ``labels``.

    Returns:
        From 0 to 1. Two classes: of the second in sorted order (index 1). More: the mean over the classes
        that occur in ``target``. 0 where it is undefined.

    Example:
        >>> import numpy as np
        >>> f1(np.array([0, 0, 0, 1]), Prediction(labels=np.array([0, 0, 0, 0])))
        0.0
    """
    if class_count(target, prediction) > 2:
        present = np.unique(target)
        mean = f1_score(target, prediction.labels, labels=present, average="macro", zero_division=0)
        return float(mean)
    return float(f1_score(target, prediction.labels, labels=[0, 1], pos_label=1, zero_division=0))


CONCEPT = Concept(
    name="f1",
    kind="metric",
    summary="Harmonic mean of precision and recall.",
    build=lambda: f1,
    aliases=(),
    equation=r"\frac{2 TP}{2 TP + FP + FN}",
    when="One number for a rare class.",
    pitfalls=("It ignores the rows that are rightly said to be in the other class.",),
    source="sklearn.metrics.f1_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher"},
)

"""Precision: share of the rows said to be in a class that are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_score

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction, class_count


def precision(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Share of the rows said to be in a class that are.

    .. math:: \frac{TP}{TP + FP}

    Args:
        target: True class indices, int64, shape (N,).
        prediction: Its ``labels``.

    Returns:
        From 0 to 1. Two classes: of the second in sorted order (index 1). More: the mean over the classes
        that occur in ``target``. 0 where it is undefined.

    Example:
        >>> import numpy as np
        >>> precision(np.array([0, 0, 0, 1]), Prediction(labels=np.array([0, 0, 0, 0])))
        0.0
    """
    if class_count(target, prediction) > 2:
        present = np.unique(target)
        return float(
            precision_score(target, prediction.labels, labels=present, average="macro", zero_division=0)
        )
    return float(precision_score(target, prediction.labels, labels=[0, 1], pos_label=1, zero_division=0))


CONCEPT = Concept(
    name="precision",
    kind="metric",
    summary="Share of the rows said to be in a class that are.",
    build=lambda: precision,
    aliases=(),
    equation=r"\frac{TP}{TP + FP}",
    when="Where a false alarm is costly.",
    pitfalls=("Saying yes once, rightly, scores 1.",),
    source="sklearn.metrics.precision_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher"},
)

"""Average precision: the area under the precision-recall curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction


def average_precision(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Precision averaged over all thresholds, weighted by the gain in recall.

    .. math:: \sum_t (R_t - R_{t-1}) P_t

    Args:
        target: True class indices, int64, shape (N,).
        prediction: Its ``scores`` (any order-preserving ones, such as logits).

    Returns:
        From 0 to 1; chance is the share of the class. More than two classes: mean over those that occur.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
        >>> average_precision(np.array([0, 1, 0, 0]), Prediction(scores=scores))
        1.0
    """
    scores = prediction.scores
    assert scores is not None
    if scores.shape[1] == 2:
        if not np.any(target == 1):
            return float("nan")
        return float(average_precision_score(target == 1, scores[:, 1] - scores[:, 0]))
    areas = [
        average_precision_score(target == k, scores[:, k])
        for k in range(scores.shape[1])
        if np.any(target == k)
    ]
    return float(np.mean(areas)) if areas else float("nan")


CONCEPT = Concept(
    name="average_precision",
    kind="metric",
    summary="Precision averaged over all thresholds, weighted by the gain in recall.",
    build=lambda: average_precision,
    aliases=("pr_auc",),
    equation=r"\sum_t (R_t - R_{t-1}) P_t",
    when="A rare class that must be found.",
    pitfalls=("Its chance level is the share of the class, not 0.5.",),
    source="sklearn.metrics.average_precision_score.",
    facts={"task": "classification", "needs": "scores", "better": "higher"},
)

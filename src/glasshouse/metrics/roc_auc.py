"""ROC area: how well the scores put one class above the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction


def roc_auc(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Chance that a random row of a class scores above a random row of another.

    .. math:: P(s_{+} > s_{-}) + \tfrac12 P(s_{+} = s_{-})

    Args:
        target: True class indices, int64, shape (N,).
        prediction: Its ``scores`` (any order-preserving ones, such as logits).

    Returns:
        From 0 to 1; 0.5 is chance. More than two classes: the mean of one class against the rest over the
        classes that occur. NaN where only one class occurs.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
        >>> roc_auc(np.array([0, 1, 0, 0]), Prediction(scores=scores))
        1.0
    """
    scores = prediction.scores
    assert scores is not None
    if scores.shape[1] == 2:
        if len(np.unique(target)) < 2:
            return float("nan")
        return float(roc_auc_score(target, scores[:, 1] - scores[:, 0]))
    areas = [
        roc_auc_score(target == k, scores[:, k])
        for k in range(scores.shape[1])
        if 0 < np.count_nonzero(target == k) < len(target)
    ]
    return float(np.mean(areas)) if areas else float("nan")


CONCEPT = Concept(
    name="roc_auc",
    kind="metric",
    summary="Chance that a random row of a class scores above a random row of another.",
    build=lambda: roc_auc,
    aliases=(),
    equation=r"P(s_{+} > s_{-}) + \tfrac12 P(s_{+} = s_{-})",
    when="Ranking, and classes of unequal size.",
    pitfalls=("With a very rare class it can be high while most alarms are false: see average precision.",),
    source="sklearn.metrics.roc_auc_score.",
    facts={"task": "classification", "needs": "scores", "better": "higher"},
)

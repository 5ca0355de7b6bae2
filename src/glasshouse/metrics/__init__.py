"""Metrics: how good a prediction is, by scikit-learn underneath. One file each; this table lists them all."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from glasshouse.core.concept import Catalogue
from glasshouse.metrics import (
    accuracy,
    average_precision,
    balanced_accuracy,
    f1,
    log_loss,
    mae,
    precision,
    r2,
    recall,
    rmse,
    roc_auc,
)
from glasshouse.metrics.prediction import Prediction

METRICS = Catalogue(
    "metric",
    [
        accuracy.CONCEPT,
        balanced_accuracy.CONCEPT,
        precision.CONCEPT,
        recall.CONCEPT,
        f1.CONCEPT,
        roc_auc.CONCEPT,
        average_precision.CONCEPT,
        log_loss.CONCEPT,
        r2.CONCEPT,
        rmse.CONCEPT,
        mae.CONCEPT,
    ],
)


def measure(target: NDArray[Any], prediction: Prediction, task: str) -> dict[str, float]:
    """Every metric of a task that the prediction allows, by name.

    Args:
        target: Class indices or numbers, shape (N,).
        prediction: The answers for the same rows.
        task: ``"classification"`` or ``"regression"``.

    Example:
        >>> import numpy as np
        >>> measure(np.array([1.0, 3.0]), Prediction(values=np.array([1.0, 3.0])), "regression")
        {'r2': 1.0, 'rmse': 0.0, 'mae': 0.0}
    """
    return {
        name: concept.build()(target, prediction)
        for name, concept in METRICS.items()
        if concept.facts["task"] == task and getattr(prediction, concept.facts["needs"]) is not None
    }


__all__ = ["METRICS", "Prediction", "measure"]

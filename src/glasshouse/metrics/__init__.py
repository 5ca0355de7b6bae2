"""Metrics: how good a prediction is, by scikit-learn underneath. One file each; this table lists them all.

Every metric is a function of the truth and the answers, bare or as a :class:`Prediction`:
``gh.metrics.f1([0, 1, 1], [0, 1, 0])``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from glasshouse.core.concept import Catalogue, Spec, read_spec
from glasshouse.core.errors import SettingError
from glasshouse.metrics.accuracy import CONCEPT as ACCURACY
from glasshouse.metrics.accuracy import accuracy
from glasshouse.metrics.average_precision import CONCEPT as AVERAGE_PRECISION
from glasshouse.metrics.average_precision import average_precision
from glasshouse.metrics.balanced_accuracy import CONCEPT as BALANCED_ACCURACY
from glasshouse.metrics.balanced_accuracy import balanced_accuracy
from glasshouse.metrics.brier import CONCEPT as BRIER
from glasshouse.metrics.brier import brier
from glasshouse.metrics.cohen_kappa import CONCEPT as COHEN_KAPPA
from glasshouse.metrics.cohen_kappa import cohen_kappa
from glasshouse.metrics.confusion_matrix import CONCEPT as CONFUSION_MATRIX
from glasshouse.metrics.confusion_matrix import confusion_matrix
from glasshouse.metrics.explained_variance import CONCEPT as EXPLAINED_VARIANCE
from glasshouse.metrics.explained_variance import explained_variance
from glasshouse.metrics.f1 import CONCEPT as F1
from glasshouse.metrics.f1 import f1
from glasshouse.metrics.log_loss import CONCEPT as LOG_LOSS
from glasshouse.metrics.log_loss import log_loss
from glasshouse.metrics.mae import CONCEPT as MAE
from glasshouse.metrics.mae import mae
from glasshouse.metrics.mape import CONCEPT as MAPE
from glasshouse.metrics.mape import mape
from glasshouse.metrics.matthews import CONCEPT as MATTHEWS
from glasshouse.metrics.matthews import matthews
from glasshouse.metrics.mean_iou import CONCEPT as MEAN_IOU
from glasshouse.metrics.mean_iou import mean_iou
from glasshouse.metrics.median_absolute_error import CONCEPT as MEDIAN_ABSOLUTE_ERROR
from glasshouse.metrics.median_absolute_error import median_absolute_error
from glasshouse.metrics.mse import CONCEPT as MSE
from glasshouse.metrics.mse import mse
from glasshouse.metrics.precision import CONCEPT as PRECISION
from glasshouse.metrics.precision import precision
from glasshouse.metrics.prediction import Prediction
from glasshouse.metrics.psnr import CONCEPT as PSNR
from glasshouse.metrics.psnr import psnr
from glasshouse.metrics.r2 import CONCEPT as R2
from glasshouse.metrics.r2 import r2
from glasshouse.metrics.recall import CONCEPT as RECALL
from glasshouse.metrics.recall import recall
from glasshouse.metrics.rmse import CONCEPT as RMSE
from glasshouse.metrics.rmse import rmse
from glasshouse.metrics.roc_auc import CONCEPT as ROC_AUC
from glasshouse.metrics.roc_auc import roc_auc
from glasshouse.metrics.specificity import CONCEPT as SPECIFICITY
from glasshouse.metrics.specificity import specificity
from glasshouse.metrics.top_k_accuracy import CONCEPT as TOP_K_ACCURACY
from glasshouse.metrics.top_k_accuracy import top_k_accuracy

METRICS = Catalogue(
    "metric",
    [
        ACCURACY,
        BALANCED_ACCURACY,
        PRECISION,
        RECALL,
        F1,
        SPECIFICITY,
        MATTHEWS,
        COHEN_KAPPA,
        CONFUSION_MATRIX,
        MEAN_IOU,
        ROC_AUC,
        AVERAGE_PRECISION,
        TOP_K_ACCURACY,
        LOG_LOSS,
        BRIER,
        R2,
        EXPLAINED_VARIANCE,
        RMSE,
        MSE,
        MAE,
        MEDIAN_ABSOLUTE_ERROR,
        MAPE,
        PSNR,
    ],
)


def measure(
    target: NDArray[Any], prediction: Prediction, task: str, more: Sequence[Spec] = ()
) -> dict[str, float]:
    """The usual metrics of a task that the prediction allows, by name, and further ones that are asked for.

    Args:
        target: Class indices or numbers, shape (N,).
        prediction: The answers for the same rows.
        task: ``"classification"`` or ``"regression"``.
        more: Further metrics, by name or as tables such as ``{"name": "top_k_accuracy", "k": 3}``.

    Raises:
        DataError: There are no rows, or the answers are not finite.
        UnknownNameError: There is no such metric.
        SettingError: A further metric is for the other task, or gives no single number.

    Example:
        >>> import numpy as np
        >>> answers = Prediction(values=np.array([1.0, 3.0]))
        >>> measure(np.array([1.0, 3.0]), answers, "regression", more=["mse"])
        {'r2': 1.0, 'rmse': 0.0, 'mae': 0.0, 'mse': 0.0}
    """
    usual: list[Spec] = [
        name
        for name, concept in METRICS.items()
        if concept.facts["task"] == task and concept.facts.get("default", True)
    ]
    found = {}
    for spec in [*usual, *more]:
        concept = metric_for(spec, task)
        if getattr(prediction, concept.facts["needs"]) is not None:
            found[concept.name] = METRICS.build(spec)(target, prediction)
    return found


def metric_for(spec: Spec, task: str) -> Any:
    """The concept of a metric that gives one number for a task.

    Args:
        spec: A name, or a table with settings.
        task: ``"classification"`` or ``"regression"``.

    Raises:
        UnknownNameError: There is no such metric.
        SettingError: It is for the other task, or gives no single number.

    Example:
        >>> metric_for("kappa", "classification").name
        'cohen_kappa'
    """
    concept = METRICS.find(read_spec(spec, "metric")[0])
    if concept.facts["task"] != task:
        suited = [name for name, other in METRICS.items() if other.facts["task"] == task]
        raise SettingError(
            f"metric {concept.name!r} for {task}",
            expected="one of " + ", ".join(suited),
            fix=f"leave it out: it is for {concept.facts['task']}",
        )
    if "gives" in concept.facts:
        raise SettingError(
            f"metric {concept.name!r} among metrics that give one number",
            expected="a metric with one number",
            fix="leave it out: evaluation.json and the report hold the confusion matrix in any case",
        )
    return concept


__all__ = [
    "METRICS",
    "Prediction",
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "brier",
    "cohen_kappa",
    "confusion_matrix",
    "explained_variance",
    "f1",
    "log_loss",
    "mae",
    "mape",
    "matthews",
    "mean_iou",
    "measure",
    "median_absolute_error",
    "metric_for",
    "mse",
    "precision",
    "psnr",
    "r2",
    "recall",
    "rmse",
    "roc_auc",
    "specificity",
    "top_k_accuracy",
]

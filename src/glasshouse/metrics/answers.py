"""What a metric takes: looked at once, so that every metric refuses the same things in the same words."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glasshouse.core.errors import DataError
from glasshouse.metrics.prediction import Prediction

Kind = Literal["labels", "scores", "probabilities", "values"]
Answers = Prediction | ArrayLike
"""What was predicted: a :class:`Prediction`, or the bare answers of the kind that the metric takes."""


def labels(metric: str, target: ArrayLike, prediction: Answers) -> tuple[NDArray[Any], NDArray[Any]]:
    """True and predicted class indices, both (N,).

    Raises:
        DataError: There are none, or other than whole numbers from 0, or not equally many.
    """
    true, said = _both(metric, "labels", target, prediction)
    return _classes("targets", true), _classes("labels", said)


def per_class(
    metric: str, kind: Literal["scores", "probabilities"], target: ArrayLike, prediction: Answers
) -> tuple[NDArray[Any], NDArray[Any]]:
    """True class indices (N,), and a number for each class and row (N, K).

    Raises:
        DataError: There are none, not equally many, not finite; or a class lies outside.
    """
    true, said = _both(metric, kind, target, prediction)
    true = _classes("targets", true)
    if said.ndim != 2 or said.shape[1] < 2:
        raise DataError(
            f"{kind} of shape {said.shape}",
            expected="(rows, classes): a number for every class",
            fix="for one probability p of the second class: numpy.stack([1 - p, p], axis=1)",
        )
    _finite(kind, said)
    if true.max() >= said.shape[1]:
        row = int(true.argmax())
        raise DataError(
            f"the target of row {row} is {true[row]}, and there are {kind} for {said.shape[1]} classes",
            expected=f"classes from 0 to {said.shape[1] - 1}",
            fix=f"give {kind} for every class",
        )
    if kind == "probabilities" and not np.allclose(said.sum(axis=1), 1, atol=1e-3):
        row = int(np.abs(said.sum(axis=1) - 1).argmax())
        raise DataError(
            f"the probabilities of row {row} add up to {said[row].sum():.4g}",
            expected="1 in every row",
            fix="apply a softmax to logits first",
        )
    return true, said


def values(metric: str, target: ArrayLike, prediction: Answers) -> tuple[NDArray[Any], NDArray[Any]]:
    """True and predicted numbers, both (N,).

    Raises:
        DataError: There are none, not equally many, or not finite.
    """
    true, said = _both(metric, "values", target, prediction)
    return _column("targets", true), _column("values", said)


def _both(
    metric: str, kind: Kind, target: ArrayLike, prediction: Answers
) -> tuple[NDArray[Any], NDArray[Any]]:
    answers = getattr(prediction, kind) if isinstance(prediction, Prediction) else prediction
    if answers is None:
        raise DataError(
            f"{metric} of a prediction without {kind}",
            expected=f"a prediction with {kind}",
            fix="choose a metric for what there is, or a network and loss that give it",
        )
    true, said = np.asarray(target), np.asarray(answers)
    if len(true) != len(said):
        raise DataError(
            f"{metric} of {len(true)} targets and {len(said)} {kind}",
            expected="as many of both",
            fix="check that they are of the same rows",
        )
    if not len(true):
        raise DataError(
            f"{metric} of no rows", expected="at least one row", fix="check how the rows were chosen"
        )
    return true, said


def _classes(what: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == bool:
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise DataError(
            f"{what} of shape {array.shape} and type {array.dtype}",
            expected="one class index per row, whole numbers from 0",
            fix="number the classes: names, indices = numpy.unique(classes, return_inverse=True)",
        )
    if array.min() < 0:
        row = int(array.argmin())
        raise DataError(
            f"the class of row {row} is {array[row]} among the {what}",
            expected="whole numbers from 0",
            fix="number the classes: names, indices = numpy.unique(classes, return_inverse=True)",
        )
    return array


def _column(what: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "iufb":
        raise DataError(
            f"{what} of shape {array.shape} and type {array.dtype}",
            expected="one number per row",
            fix="measure each column alone",
        )
    _finite(what, array)
    return array


def _finite(what: str, array: NDArray[Any]) -> None:
    bad = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
    if len(bad):
        raise DataError(
            f"the {what} of row {bad[0]} are {array[bad[0]].tolist()} ({len(bad)} such rows)",
            expected="finite numbers",
            fix="a network whose training went astray gives NaN: train again with a lower learning rate; "
            "or leave such rows out",
        )

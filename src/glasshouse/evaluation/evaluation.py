"""Everything that is measured about a trained network, put together into one record."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning

from glasshouse.core.concept import Spec
from glasshouse.core.files import plain
from glasshouse.data.parts import Prepared
from glasshouse.data.raw import Raw
from glasshouse.evaluation.answered import Answered
from glasshouse.evaluation.baselines import baselines
from glasshouse.evaluation.calibration import calibration
from glasshouse.evaluation.confusion import confusion
from glasshouse.evaluation.curves import curves
from glasshouse.evaluation.intervals import LEVEL, METHOD, intervals
from glasshouse.evaluation.mistakes import mistakes
from glasshouse.evaluation.paired import paired_difference
from glasshouse.evaluation.per_class import per_class
from glasshouse.evaluation.predictions import predictions
from glasshouse.evaluation.residuals import residuals
from glasshouse.evaluation.verdict import PRIMARY, best_baseline, verdict
from glasshouse.metrics import Prediction, measure


@dataclass(frozen=True)
class Evaluation:
    """How good a network is.

    Args:
        record: Everything in JSON types, as ``evaluation.json`` holds it.
        pictures: The pictures that the mistakes name, by path in the run folder: uint8, height x width, or
            height x width x 3 for colour.
        predictions: Every answer, as ``predictions.parquet`` holds it.

    Example:
        >>> Evaluation({"verdict": "Right."}, {}, pl.DataFrame()).record["verdict"]
        'Right.'
    """

    record: dict[str, Any]
    pictures: dict[str, NDArray[np.uint8]]
    predictions: pl.DataFrame


def evaluate(
    answered: Mapping[str, Answered],
    prepared: Prepared,
    raw: Raw | None,
    seed: int,
    more: Sequence[Spec] = (),
) -> Evaluation:
    """Measure what a network answered, and set it against baselines.

    Metrics are those of every part. All else - intervals, baselines, confusion, calibration, mistakes - is of
    the test part, or of the validation part where there is no test part, or of the training part where that
    is all there is.

    Args:
        answered: The answers by part: ``"train"``, ``"validation"``, ``"test"``, those that exist.
        prepared: The data, on which baselines are fitted and judged.
        raw: The data as read, for pictures and cells; ``None`` where there are tensors only.
        seed: For what is drawn: rows of baselines, points of pictures, resamples.
        more: Metrics beyond the usual ones, by name or as tables.

    Example:
        >>> import torch
        >>> from glasshouse.data.parts import Part
        >>> inputs, targets = torch.arange(8.0).reshape(8, 1), torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
        >>> part = Part(inputs, targets, np.arange(8))
        >>> prepared = Prepared(part, None, None, "classification", (1,), 2, ("low", "high"), "size")
        >>> answers = Prediction(labels=np.array([0, 0, 0, 1, 1, 1, 1, 1]))
        >>> found = evaluate({"train": Answered(targets.numpy(), answers, part.rows)}, prepared, None, seed=0)
        >>> found.record["metrics"]["train"]["accuracy"], len(found.record["mistakes"])
        (0.875, 1)
    """
    part = next(name for name in ("test", "validation", "train") if name in answered)
    judged = answered[part]
    task = prepared.task
    metrics = {name: _measured(each.target, each.prediction, task, more) for name, each in answered.items()}
    spans = intervals(judged.target, judged.prediction, task, metrics[part])
    wrong, pictures = mistakes(judged, prepared.classes, raw)
    record = {
        "task": task,
        "target": prepared.target_name,
        "classes": list(prepared.classes),
        "primary": PRIMARY[task],
        "metrics": metrics,
        "intervals": {"part": part, "rows": len(judged), "level": LEVEL, "method": METHOD, "metrics": spans},
        **_against_baselines(part, judged, metrics[part], spans, prepared, raw, seed, more),
        **_details(part, judged, prepared, seed),
        "mistakes": wrong,
        "mistaken": _mistaken(judged),
    }
    return Evaluation(plain(record), pictures, predictions(answered))


def _measured(
    target: NDArray[Any], prediction: Prediction, task: str, more: Sequence[Spec]
) -> dict[str, float]:
    with warnings.catch_warnings():  # what is undefined is NaN, and the report says so
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return measure(target, prediction, task, more)


def _mistaken(judged: Answered) -> int | None:
    labels = judged.prediction.labels
    return None if labels is None else int((labels != judged.target).sum())


def _against_baselines(
    part: str,
    judged: Answered,
    measured: Mapping[str, float],
    spans: Mapping[str, tuple[float, float]],
    prepared: Prepared,
    raw: Raw | None,
    seed: int,
    more: Sequence[Spec],
) -> dict[str, Any]:
    """Baselines with their metrics, the paired difference from the best one, and the verdict."""
    task, metric = prepared.task, PRIMARY[prepared.task]
    found = baselines(prepared, prepared.parts()[part], seed)
    scores = {each.name: _measured(judged.target, each.prediction, task, more) for each in found}
    best = best_baseline(found, scores, metric)
    difference = against = None
    if best is not None:
        difference = paired_difference(judged.target, judged.prediction, best.prediction, task, seed)
        against = (best.name, scores[best.name][metric], difference)
    things = "rows" if raw is None or raw.kind == "table" else raw.kind
    words = verdict(task, part, things, measured[metric], spans.get(metric), len(judged), against)
    return {
        "baselines": [
            {"name": each.name, "about": each.about, "metrics": scores[each.name]} for each in found
        ],
        "difference": None
        if best is None or difference is None
        else {"baseline": best.name, **difference.to_dict()},
        "verdict": words,
    }


def _details(part: str, judged: Answered, prepared: Prepared, seed: int) -> dict[str, Any]:
    """What is drawn and tabulated beyond the metrics, where the answers allow it."""
    target, prediction, classes = judged.target, judged.prediction, prepared.classes
    details: dict[str, Any] = dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals"))
    if prediction.values is not None:
        details["residuals"] = residuals(target, prediction.values, seed)
        return details
    assert prediction.labels is not None
    details["confusion"] = confusion(target, prediction.labels, classes, part)
    details["per_class"] = per_class(target, prediction.labels, classes)
    if prediction.probabilities is not None:
        details["calibration"] = calibration(target, prediction.probabilities)
    if prediction.scores is not None and len(classes) == 2:
        details["curves"] = curves(target, prediction.scores)
    return details

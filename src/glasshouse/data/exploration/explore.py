"""Looking at the data before training: what is in it, what is missing, and what looks wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.files import plain
from glasshouse.data.exploration.clips import explore_clips
from glasshouse.data.exploration.duplicates import count_duplicates
from glasshouse.data.exploration.findings import find
from glasshouse.data.exploration.images import Pictures, explore_pixels
from glasshouse.data.exploration.picture_targets import describe_picture_target
from glasshouse.data.exploration.series import explore_series, is_series
from glasshouse.data.exploration.table import TableView, explore_columns, histogram, summarise
from glasshouse.data.parts import Split
from glasshouse.data.raw import Raw, Target
from glasshouse.data.settings import PICTURE_TASKS

THINGS = {"language": "pieces", "frames": "pieces", "translation": "pairs", "strokes": "drawings"}
"""What rows of tables are called, where that is not rows."""
_QUANTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was found in the data.

    Args:
        record: Everything in JSON types: rows and parts, target, columns, correlations, duplicates, findings,
            images.
        pictures: Sample images and class means that the record names: uint8, height x width, or height x
            width x 3 for colour.
    """

    record: dict[str, Any]
    pictures: dict[str, NDArray[np.uint8]]


def explore(raw: Raw, split: Split, task: str = "auto") -> Exploration:
    """Describe data and point at what may go wrong with it.

    Distributions are those of all rows. Whatever relates a column to the target is computed on the training
    rows alone, so that looking at it cannot leak the test part into decisions.

    Args:
        raw: The data, with a target or without.
        split: Its parts.
        task: What is learnt, which decides what is worth pointing at. ``"auto"``: what the target asks for,
            or without one the rows themselves.

    Returns:
        The record and the pictures that it refers to.

    Example:
        >>> from glasshouse.data import divide, explore, load
        >>> from glasshouse.data.settings import DataSettings
        >>> settings = DataSettings(source="digits")
        >>> digits = load(settings)
        >>> exploration = explore(digits, divide(digits, settings.split, seed=0))
        >>> exploration.record["images"]["height"], exploration.record["target"]["classes"][0]["count"]
        (8, 178)
    """
    if task == "auto":
        task = "reconstruction" if raw.target is None else raw.target.task
    images, series, pictures = None, None, Pictures()
    view = TableView([], {"names": [], "matrix": []}, {})
    if raw.kind == "images":
        images, pictures = explore_pixels(raw, split.train)
    elif raw.kind != "table":
        images, pictures = explore_clips(raw, split.train)
    elif is_series(raw):
        view, series = explore_series(raw, split, task)
    else:
        view = explore_columns(raw, split.train, task)
    parts = {"train": len(split.train), "validation": len(split.validation), "test": len(split.test)}
    record: dict[str, Any] = {
        "kind": raw.kind,
        "task": task,
        "things": _things(raw, task),
        "origin": raw.origin,
        "rows": len(raw),
        "parts": parts,
        "split": split.method,
        "notes": [*raw.notes, *split.notes],
        "target": None if raw.target is None else _describe_target(raw.target),
        "columns": view.columns,
        "correlations": view.correlations,
        "duplicates": count_duplicates(raw, split),
        "images": images,
        "series": series,
    }
    record["findings"] = find(record, view.alone)
    return Exploration(plain(record), pictures)


def _things(raw: Raw, task: str) -> str:
    """What rows are called."""
    if raw.kind != "table":
        return raw.kind
    return "windows" if is_series(raw) else THINGS.get(task, "rows")


def _describe_target(target: Target) -> dict[str, Any]:
    if target.task in PICTURE_TASKS:
        return describe_picture_target(target)
    if target.task == "regression":
        values = target.values.astype(np.float64)
        summary = summarise(values)
        return {
            "name": target.name,
            "task": target.task,
            **{key: summary[key] for key in ("mean", "std", "min", "max", "skewness")},
            "quantiles": np.percentile(values, _QUANTILES).tolist(),
            "histogram": histogram(values),
        }
    counts = np.bincount(target.values, minlength=len(target.classes))
    present = counts[counts > 0]
    return {
        "name": target.name,
        "task": target.task,
        "classes": [
            {"name": name, "count": int(count), "share": float(count / len(target.values))}
            for name, count in zip(target.classes, counts, strict=True)
        ],
        "imbalance": float(present.max() / present.min()),
    }

"""The most confident mistakes: rows that were answered wrongly, the surest answers first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.data.clips.picture import clip_picture
from glasshouse.data.raw import Raw, RawImages, RawTable
from glasshouse.evaluation.answered import Answered

MOST = 24
_LONGEST_TEXT = 200

Pictures = dict[str, NDArray[np.uint8]]


def mistakes(
    answered: Answered, classes: tuple[str, ...], raw: Raw | None
) -> tuple[list[dict[str, Any]], Pictures]:
    """At most 24 mistakes to look at, with the picture or the cells of each row.

    For classes they are ordered by the probability (or the score) of the wrong answer; for numbers, the
    largest errors come first.

    Args:
        answered: The part to look at.
        classes: Class names in the order of the indices; empty for regression.
        raw: The data as read, for pictures and cells; ``None`` where there are tensors only.

    Returns:
        The mistakes, and the pictures that they name: uint8, height x width, or height x width x 3.
    """
    found, pictures = [], Pictures()
    for number, place in enumerate(_worst(answered), start=1):
        row = int(answered.rows[place])
        entry: dict[str, Any] = {
            "row": row,
            "where": _where(raw, row),
            **(_wrong_class(answered, classes, place) if classes else _wrong_number(answered, place)),
            "picture": None,
            "values": None,
        }
        if raw is not None and raw.kind == "images":
            entry["picture"] = f"mistakes/{number:04}.png"
            pictures[entry["picture"]] = _picture(raw, row)
        elif raw is not None and raw.kind != "table":
            entry["picture"] = f"mistakes/{number:04}.png"
            pictures[entry["picture"]] = clip_picture(raw, row)
        elif raw is not None:
            entry["values"] = _cells(raw, row)
        found.append(entry)
    return found, pictures


def _worst(answered: Answered) -> NDArray[np.int64]:
    prediction = answered.prediction
    if prediction.values is not None:
        order = np.argsort(-np.abs(prediction.values - answered.target), kind="stable")
        return order[:MOST]
    labels = prediction.labels
    assert labels is not None
    wrong = np.flatnonzero(labels != answered.target)
    sureness = prediction.probabilities if prediction.probabilities is not None else prediction.scores
    if sureness is None:
        return wrong[:MOST]
    return wrong[np.argsort(-sureness[wrong, labels[wrong]], kind="stable")][:MOST]


def _wrong_class(answered: Answered, classes: tuple[str, ...], place: int) -> dict[str, Any]:
    labels, probabilities = answered.prediction.labels, answered.prediction.probabilities
    assert labels is not None
    said, true = int(labels[place]), int(answered.target[place])
    return {
        "true": classes[true],
        "predicted": classes[said],
        "probability": None if probabilities is None else float(probabilities[place, said]),
        "probability_of_true": None if probabilities is None else float(probabilities[place, true]),
        "error": None,
    }


def _wrong_number(answered: Answered, place: int) -> dict[str, Any]:
    assert answered.prediction.values is not None
    true, said = float(answered.target[place]), float(answered.prediction.values[place])
    return {"true": true, "predicted": said, "probability": None, "error": said - true}


def _where(raw: Raw | None, row: int) -> str:
    """The file of an image, or the place of a row as its reader would count it."""
    if raw is None:
        return f"row {row}"
    if raw.kind != "table":
        thing = {"images": "image", "sounds": "sound", "videos": "video"}[raw.kind]
        return raw.files[row] if raw.files else f"{thing} {row} of {raw.origin}"
    if raw.given_test is None or not raw.given_test[row]:
        return f"row {row} of {raw.origin}"
    return f"row {row - int(raw.given_test.argmax())} of the test set"


def _picture(raw: RawImages, row: int) -> NDArray[np.uint8]:
    pixels = raw.pixels[row]
    return pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))


def _cells(raw: RawTable, row: int) -> dict[str, Any]:
    """The cells of the columns in use, in plain types."""
    used = [column.name for column in raw.columns if not column.ignored_because]
    return {name: _cell(raw.frame[name][row]) for name in used}


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[: _LONGEST_TEXT - 1] + "…"
    return value

"""What is in a set of sounds or videos: lengths, levels, and some of each class to look at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.clips.picture import clip_picture
from glasshouse.data.exploration.images import Pictures
from glasshouse.data.raw import RawClips

PER_CLASS, MOST_CLASSES = 4, 24


def explore_clips(raw: RawClips, train: NDArray[np.int64]) -> tuple[dict[str, Any], Pictures]:
    """Describe clips; what is shown comes from the training part.

    Args:
        raw: The clips.
        train: The training rows.

    Returns:
        The record, in the form of that of images, and the pictures that it names.
    """
    pictures: Pictures = {}
    record = {
        "height": 0,
        "width": 0,
        "facts": _facts(raw),
        "blank": int((raw.values.reshape(len(raw), -1).std(axis=1) == 0).sum()),
        "broken": [],
        "samples": _samples(raw, train, pictures),
        "class_means": [],
    }
    for picture in list(pictures.values())[:1]:
        record["height"], record["width"] = picture.shape[:2]
    return record, pictures


def _facts(raw: RawClips) -> list[list[str]]:
    if raw.kind == "sounds":
        samples = raw.values.shape[1]
        loud = float(np.sqrt(np.mean(np.square(raw.values.astype(np.float32) / 32768))))
        return [
            ["length", f"{samples / raw.rate:.3g} s: {samples:,} samples at {raw.rate:,} per second"],
            ["loudness", f"{-20 * np.log10(max(loud, 1e-6)):.0f} dB below full scale on average"],
        ]
    frames, channels, height, width = raw.values.shape[1:]
    colour = "grey" if channels == 1 else "colour"
    return [
        ["length", f"{frames} frames"],
        ["size", f"{height} × {width} pixels, {colour}"],
    ]


def _samples(raw: RawClips, train: NDArray[np.int64], pictures: Pictures) -> list[dict[str, str]]:
    generator = numpy_stream(0, "samples")
    found = []
    classes = ("",) if raw.target is None else raw.target.classes
    labels = np.zeros(len(raw), dtype=np.int64) if raw.target is None else raw.target.values
    for label, name in list(enumerate(classes))[:MOST_CLASSES]:
        rows = train[labels[train] == label]
        for number, row in enumerate(np.sort(generator.permutation(rows)[:PER_CLASS])):
            key = f"sample-{label}-{number}"
            pictures[key] = clip_picture(raw, int(row))
            found.append({"class": name, "picture": key})
    return found

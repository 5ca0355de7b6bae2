"""What is in a set of images: sizes, levels, samples, and how each class looks on average."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.images.pixel_levels import level_counts, mean_and_spread
from glasshouse.data.raw import RawImages

_PER_CLASS = 8
_MANY_CLASSES = 12
_MOST_PICTURES = 96

Pictures = dict[str, NDArray[np.uint8]]


def explore_pixels(raw: RawImages, train: NDArray[np.int64]) -> tuple[dict[str, Any], Pictures]:
    """Describe images; levels, samples and class means come from the training part.

    Args:
        raw: The images.
        train: The training rows.

    Returns:
        The record, and the pictures that it names: uint8, height x width, or height x width x 3 for colour.
    """
    channels, height, width = raw.pixels.shape[1:]
    mean, spread = mean_and_spread(level_counts(raw.pixels, train))
    pictures: Pictures = {}
    record = {
        "height": height,
        "width": width,
        "channels": channels,
        "original_sizes": _original_sizes(raw),
        "modes": dict(raw.original_modes),
        "mean": mean.tolist(),
        "std": spread.tolist(),
        "blank": blank_images(raw.pixels),
        "broken": [{"file": file, "reason": reason} for file, reason in raw.broken],
        "samples": _samples(raw, train, pictures),
        "class_means": _class_means(raw, train, pictures),
    }
    return record, pictures


def blank_images(pixels: NDArray[np.uint8]) -> int:
    """How many images are one flat colour."""
    flat = pixels.reshape(len(pixels), pixels.shape[1], -1)
    return int((flat.max(axis=2) == flat.min(axis=2)).all(axis=1).sum())


def _original_sizes(raw: RawImages) -> dict[str, Any] | None:
    if raw.original_sizes is None:
        return None
    areas = raw.original_sizes.prod(axis=1)
    return {
        "smallest": raw.original_sizes[areas.argmin()].tolist(),
        "largest": raw.original_sizes[areas.argmax()].tolist(),
        "distinct": len(np.unique(raw.original_sizes, axis=0)),
    }


def _samples(raw: RawImages, train: NDArray[np.int64], pictures: Pictures) -> list[dict[str, str]]:
    """A few training images of each class, drawn at random; the more classes, the fewer of each."""
    generator = numpy_stream(0, "samples")
    found = []
    for label, name, rows in _by_class(raw, train):
        classes = 1 if raw.target is None else max(1, len(raw.target.classes))
        count = _PER_CLASS if classes <= _MANY_CLASSES else max(1, _MOST_PICTURES // classes)
        chosen = np.sort(generator.permutation(rows)[:count])
        for number, row in enumerate(chosen):
            key = f"sample-{label}-{number}"
            pictures[key] = _picture(raw.pixels[row])
            found.append({"class": name, "picture": key})
    return found


def _class_means(raw: RawImages, train: NDArray[np.int64], pictures: Pictures) -> list[dict[str, str]]:
    found = []
    for label, name, rows in _by_class(raw, train):
        key = f"mean-{label}"
        pictures[key] = _picture(np.rint(raw.pixels[rows].mean(axis=0)).astype(np.uint8))
        found.append({"class": name, "picture": key})
    return found


def _by_class(raw: RawImages, train: NDArray[np.int64]) -> list[tuple[int, str, NDArray[np.int64]]]:
    """Index, name and training rows of each class that has any; only the first of very many classes."""
    if raw.target is None or raw.target.task != "classification":
        return [(0, "", train)] if len(train) else []
    labels = raw.target.values[train]
    named = list(enumerate(raw.target.classes))[:_MOST_PICTURES]
    found = [(label, name, train[labels == label]) for label, name in named]
    return [each for each in found if len(each[2])]


def _picture(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))

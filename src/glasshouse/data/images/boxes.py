"""Boxes around objects, written down in a text file beside each picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError

Boxes = NDArray[np.float32]
"""One row per object: class, centre to the right, centre down, width, height; all but the class as shares."""
LEAST = 0.2
"""Share of an object that must be left in a picture that is cut, for the object to count."""


def read_boxes(path: Path) -> Boxes:
    """The objects of one picture, a line each: ``class x y width height``, as YOLO's tools write them.

    Args:
        path: A text file. Centres and sizes are shares of the picture's width and height; an empty file is a
            picture without objects.

    Raises:
        DataError: A line holds something else; it is named.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            kind, *place = (float(each) for each in line.split())
        except ValueError:
            kind, place = -1.0, []
        fits = len(place) == 4 and kind >= 0 and kind == int(kind) and all(0 <= each <= 1 for each in place)
        if not fits or min(place[2:]) <= 0:
            raise DataError(
                f"{path}, line {number}: {line.strip()!r}",
                expected="class x y width height: the class from 0, all else as shares of the picture",
                fix="divide pixels by the picture's width and height",
            )
        rows.append([kind, *place])
    return np.array(rows, dtype=np.float32).reshape(-1, 5)


def cut(boxes: Boxes, original: tuple[int, int], size: tuple[int, int]) -> Boxes:
    """Boxes in a picture that was scaled to cover a size and cut around its centre, as pictures are read.

    What is left of an object when less than a fifth of it is in the picture does not count.

    Args:
        boxes: Shape (objects, 5).
        original: Height and width before.
        size: Height and width after.

    Example:
        >>> square = np.array([[0, 0.5, 0.5, 0.5, 0.5]], np.float32)
        >>> cut(square, (10, 20), (10, 10)).tolist()
        [[0.0, 0.5, 0.5, 1.0, 0.5]]
    """
    height, width = original
    scale = max(size[0] / height, size[1] / width)
    stretch = np.array([width * scale / size[1], height * scale / size[0]])
    centre = (boxes[:, 1:3] - 0.5) * stretch + 0.5
    half = boxes[:, 3:5] * stretch / 2
    low, high = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
    left = (high - low).prod(axis=1) / np.maximum((2 * half).prod(axis=1), 1e-12)
    moved = np.concatenate([boxes[:, :1], (low + high) / 2, high - low], axis=1)
    kept: Boxes = moved[left >= LEAST].astype(np.float32)
    return kept


def in_slots(objects: list[Boxes]) -> Boxes:
    """The objects of many pictures in one array; the class of an empty slot is -1.

    Example:
        >>> in_slots([np.zeros((1, 5), np.float32), np.zeros((0, 5), np.float32)])[:, 0, 0].tolist()
        [0.0, -1.0]
    """
    most = max((len(each) for each in objects), default=0)
    slots = np.full((len(objects), max(1, most), 5), -1.0, dtype=np.float32)
    for row, boxes in enumerate(objects):
        slots[row, : len(boxes)] = boxes
    return slots

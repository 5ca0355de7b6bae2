"""Boxes that cover each other: how much, and which of them stay."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
SAME = 0.5
"""Overlap from which on two boxes are taken to be of one object."""


class Found(NamedTuple):
    """The boxes of one picture, the surest first.

    Args:
        kinds: Classes, int64, shape (boxes,).
        scores: How sure each is, from 0 to 1, shape (boxes,).
        places: Centre to the right and down, width and height, as shares of the picture, shape (boxes, 4).
    """

    kinds: NDArray[np.int64]
    scores: Numbers
    places: Numbers

    def above(self, least: float) -> Found:
        """Those that are at least so sure."""
        kept = self.scores >= least
        return Found(self.kinds[kept], self.scores[kept], self.places[kept])


def box_iou(first: Numbers, second: Numbers) -> Numbers:
    """Intersection over union of every box of one list with every box of another.

    Args:
        first: Centre to the right and down, width and height, shape (A, 4).
        second: The same, shape (B, 4).

    Returns:
        Shares from 0 to 1, shape (A, B).

    Example:
        >>> box_iou(np.array([[0.5, 0.5, 1.0, 1.0]]), np.array([[0.5, 0.5, 0.5, 1.0]])).tolist()
        [[0.5]]
    """
    first, second = np.asarray(first, np.float64)[:, None], np.asarray(second, np.float64)[None]
    low = np.maximum(first[..., :2] - first[..., 2:] / 2, second[..., :2] - second[..., 2:] / 2)
    high = np.minimum(first[..., :2] + first[..., 2:] / 2, second[..., :2] + second[..., 2:] / 2)
    both = np.clip(high - low, 0, None).prod(axis=-1)
    either = first[..., 2:].prod(axis=-1) + second[..., 2:].prod(axis=-1) - both
    found: Numbers = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    return found


def found_in(boxes: NDArray[np.float32], least: float = 0.01) -> Found:
    """The boxes of one picture without those that repeat a surer one of their class.

    How sure a box is of a class is its confidence times the class's share; only its best class counts.

    Args:
        boxes: One for each cell: centre, width, height, confidence and a share for every class, shape
            (cells, 5 + K).
        least: How sure a box must be.

    Source:
        Non-maximum suppression: Felzenszwalb et al. 2010, Object detection with discriminatively trained
        part-based models.

    Example:
        >>> cells = np.array([[0.5, 0.5, 0.4, 0.4, 0.9, 1], [0.5, 0.5, 0.4, 0.5, 0.5, 1]], np.float32)
        >>> found_in(cells).scores.round(2).tolist()
        [0.9]
    """
    values = boxes.astype(np.float64)
    kinds = values[:, 5:].argmax(axis=1)
    scores = values[:, 4] * values[:, 5:].max(axis=1)
    kept: list[int] = []
    for place in np.argsort(-scores, kind="stable"):
        if scores[place] < least:
            break
        same = [each for each in kept if kinds[each] == kinds[place]]
        if not same or box_iou(values[same, :4], values[place : place + 1, :4]).max() <= SAME:
            kept.append(int(place))
    return Found(kinds[kept].astype(np.int64), scores[kept], values[kept, :4])

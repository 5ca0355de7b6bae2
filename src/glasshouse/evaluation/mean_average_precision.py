"""Average precision of found objects: how clean a list of boxes is, the surest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glasshouse.data.images.box_overlap import SAME, Found, box_iou

Numbers = NDArray[np.float64]


class Matched(NamedTuple):
    """All boxes of all pictures, matched with the objects that they found.

    Args:
        pictures: Number of the picture of each box, shape (boxes,).
        kinds: Its class.
        scores: How sure it is.
        right: Whether it is the surest box of an object of its class that it covers.
        objects: How many objects of each class every picture has, shape (pictures, classes).
    """

    pictures: NDArray[np.int64]
    kinds: NDArray[np.int64]
    scores: Numbers
    right: NDArray[np.bool_]
    objects: NDArray[np.int64]


def matched(found: Sequence[Found], objects: Sequence[Numbers], classes: int, least: float = SAME) -> Matched:
    """Match boxes with objects, picture by picture: the surest box first, each object once.

    Args:
        found: The boxes of every picture, the surest first.
        objects: The true ones of every picture: class, centre to the right and down, width, height.
        classes: How many classes there are.
        least: Overlap from which on a box has found an object.
    """
    pictures, kinds, scores, right = [], [], [], []
    counts = np.zeros((len(found), classes), dtype=np.int64)
    for number, (boxes, true) in enumerate(zip(found, objects, strict=True)):
        counts[number] = np.bincount(true[:, 0].astype(np.int64), minlength=classes)
        overlaps = box_iou(boxes.places, true[:, 1:])
        overlaps[boxes.kinds[:, None] != true[None, :, 0]] = 0
        taken = np.zeros(len(true), dtype=bool)
        for place in range(len(boxes.kinds)):
            # As Pascal's own program: the object that it covers best, and only if nobody has it yet.
            best = int(overlaps[place].argmax()) if len(true) else -1
            hit = best >= 0 and overlaps[place, best] >= least and not taken[best]
            if hit:
                taken[best] = True
            pictures.append(number)
            kinds.append(int(boxes.kinds[place]))
            scores.append(float(boxes.scores[place]))
            right.append(bool(hit))
    return Matched(
        np.array(pictures, np.int64),
        np.array(kinds, np.int64),
        np.array(scores),
        np.array(right, bool),
        counts,
    )


def precision_area(right: NDArray[np.bool_], weights: Numbers, objects: float) -> float:
    r"""The area under precision over recall of one class, its boxes the surest first.

    .. math:: AP = \sum_i (r_i - r_{i-1}) \max_{j \ge i} p_j

    Args:
        right: Whether each box found an object, shape (boxes,).
        weights: What the picture of each box counts, shape (boxes,).
        objects: How many objects of the class there are, above 0.

    Example:
        >>> precision_area(np.array([True, False, True]), np.ones(3), objects=2)  # 1/2 (1) + 1/2 (2/3)
        0.8333333333333333
    """
    hits, all_boxes = np.cumsum(right * weights), np.cumsum(weights)
    recall = np.concatenate([[0.0], hits / objects])
    precision = np.divide(hits, all_boxes, out=np.zeros_like(hits), where=all_boxes > 0)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall) * envelope).sum())


def average_precisions(boxes: Matched, weights: Numbers | None = None) -> Numbers:
    """The average precision of every class; NaN for classes without objects.

    Args:
        boxes: Matched boxes.
        weights: What every picture counts; ``None``: all alike.

    Source:
        Everingham et al. 2010, The Pascal visual object classes challenge; the area under the envelope, as
        from 2010 on.
    """
    counts = np.ones(len(boxes.objects)) if weights is None else weights
    order = np.argsort(-boxes.scores, kind="stable")
    found = np.full(boxes.objects.shape[1], np.nan)
    for kind, objects in enumerate(counts @ boxes.objects):
        if objects > 0:
            rows = order[boxes.kinds[order] == kind]
            found[kind] = precision_area(boxes.right[rows], counts[boxes.pictures[rows]], float(objects))
    return found


def mean_average_precision(
    found: Sequence[Found], objects: Sequence[Numbers], classes: int, least: float = SAME
) -> float:
    """The mean over the classes of the average precision, often written mAP.

    Args:
        found: The boxes of every picture, the surest first.
        objects: The true ones of every picture: class, centre to the right and down, width, height.
        classes: How many classes there are.
        least: Overlap from which on a box has found an object.

    Example:
        >>> true = np.array([[0, 0.5, 0.5, 0.2, 0.2]])
        >>> places = np.array([[0.1, 0.1, 0.2, 0.2], true[0, 1:]])
        >>> boxes = Found(np.array([0, 0]), np.array([0.9, 0.4]), places)
        >>> mean_average_precision([boxes], [true], classes=1)
        0.5
    """
    return float(np.nanmean(average_precisions(matched(found, objects, classes, least))))

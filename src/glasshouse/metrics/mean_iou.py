"""Mean intersection over union: how well regions of one class cover each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glasshouse.core.concept import Concept
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.confusion_matrix import confusion_matrix
from glasshouse.metrics.worked_answers import worked_counts


def mean_iou(target: ArrayLike, prediction: Answers) -> float:
    r"""Mean over the classes of the overlap of what is and what is said, also called Jaccard index.

    .. math:: \frac1K \sum_k \frac{TP_k}{TP_k + FP_k + FN_k}

    Args:
        target: True class indices, whole numbers, shape (N,): of rows, or of all pixels one after the other.
        prediction: Its ``labels``, or these alone, shape (N,).

    Returns:
        A share from 0 to 1; classes that neither occur nor are predicted are left out.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        Jaccard 1912; Everingham et al. 2010, The Pascal visual object classes challenge; as
        sklearn.metrics.jaccard_score with average="macro".

    Example:
        >>> mean_iou([0, 0, 1, 1], [0, 1, 1, 1])  # one half, and two thirds
        0.5833333333333333
    """
    true, said = answers.labels("mean IoU", target, prediction)
    return mean_iou_of(confusion_matrix(true, said))


def iou_of(counts: NDArray[Any]) -> NDArray[np.float64]:
    """The overlap of every class; NaN for those that neither occur nor are predicted.

    Args:
        counts: True class by predicted class, shape (K, K).

    Example:
        >>> iou_of(np.array([[2, 1], [0, 0]])).tolist()
        [0.6666666666666666, 0.0]
    """
    both = np.diagonal(counts, axis1=-2, axis2=-1).astype(np.float64)
    either = counts.sum(axis=-1) + counts.sum(axis=-2) - both
    found: NDArray[np.float64] = np.divide(both, either, out=np.full_like(both, np.nan), where=either > 0)
    return found


def mean_iou_of(counts: NDArray[Any]) -> float:
    """The mean overlap of the classes that occur or are predicted.

    Args:
        counts: True class by predicted class, shape (K, K), not all 0.

    Example:
        >>> mean_iou_of(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
        0.5833333333333333
    """
    return float(np.nanmean(iou_of(counts)))


CONCEPT = Concept(
    name="mean_iou",
    kind="metric",
    summary="Mean over the classes of the overlap of what is and what is said.",
    build=lambda: mean_iou,
    aliases=("jaccard", "jaccard_index", "intersection_over_union"),
    equation=r"\frac1K \sum_k \frac{TP_k}{TP_k + FP_k + FN_k}",
    symbols={
        "TP": "pixels of the class that are said to be in it (true positives)",
        "FP": "pixels of others that are said to be in it (false positives)",
        "FN": "pixels of the class that are said to be in another (false negatives)",
        "K": "number of classes that occur or are predicted",
    },
    when="Segmentation, where one class covers most of every picture.",
    pitfalls=("A thin or small class weighs as much as the ground: a margin of one pixel costs it much.",),
    conventions=(
        "Counted over all pixels of a part together, as in Pascal VOC; a mean over pictures differs.",
        "IoU = F1 / (2 - F1), class by class.",
    ),
    source="Jaccard 1912; Everingham et al. 2010; sklearn.metrics.jaccard_score.",
    facts={"task": "classification", "needs": "labels", "better": "higher", "default": False},
    worked=worked_counts(mean_iou, lambda c: (c.tp / (c.tp + c.fp + c.fn) + c.tn / (c.tn + c.fn + c.fp)) / 2),
)

"""Calibration: is a network that says "80 % sure" right in 80 of 100 such cases?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10


def calibration(target: NDArray[np.int64], probabilities: NDArray[np.float64]) -> dict[str, Any]:
    r"""Confidence against accuracy in bins of equal width, and the expected calibration error.

    .. math:: \mathrm{ECE} = \sum_b \frac{n_b}{N} \left| \mathrm{acc}_b - \mathrm{conf}_b \right|

    Confidence is the probability of the predicted class.

    Args:
        target: True class indices, shape (rows,).
        probabilities: Shape (rows, classes); rows sum to 1.

    Returns:
        ``bins`` with ``low``, ``high``, ``count``, ``confidence`` and ``accuracy`` (both ``None`` in an empty
        bin), and ``ece``, a share from 0 (the confidences can be taken at their word) to 1.

    Source: C. Guo, G. Pleiss, Y. Sun and K. Weinberger: On calibration of modern neural networks (2017).
    """
    confidence = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == target).astype(float)
    place = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    sure = np.bincount(place, weights=confidence, minlength=BINS)
    hits = np.bincount(place, weights=right, minlength=BINS)
    bins = [
        {
            "low": b / BINS,
            "high": (b + 1) / BINS,
            "count": int(counts[b]),
            "confidence": float(sure[b] / counts[b]) if counts[b] else None,
            "accuracy": float(hits[b] / counts[b]) if counts[b] else None,
        }
        for b in range(BINS)
    ]
    return {"bins": bins, "ece": float(np.abs(hits - sure).sum() / len(target))}

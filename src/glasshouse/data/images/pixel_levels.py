"""How often each of the 256 levels occurs: mean and spread of all pixels, exactly and in little memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEVELS = 256
_AT_ONCE = 1 << 22


def level_counts(pixels: NDArray[np.uint8], rows: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Count the levels of each channel.

    Args:
        pixels: uint8, shape (images, channels, height, width).
        rows: The images to count; default: all.

    Returns:
        Shape (channels, 256).
    """
    channels = pixels.shape[1]
    counts = np.zeros((channels, LEVELS), dtype=np.int64)
    chosen = np.arange(len(pixels)) if rows is None else rows
    step = max(1, _AT_ONCE // max(1, pixels[0].size)) if len(pixels) else 1
    for start in range(0, len(chosen), step):
        block = pixels[chosen[start : start + step]]
        for channel in range(channels):
            counts[channel] += np.bincount(block[:, channel].ravel(), minlength=LEVELS)
    return counts


def mean_and_spread(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each channel, in levels from 0 to 255.

    Args:
        counts: What :func:`level_counts` gives, shape (channels, 256), none of them all zero.
    """
    levels = np.arange(LEVELS, dtype=np.float64)
    total = counts.sum(axis=1)
    mean = (counts * levels).sum(axis=1) / total
    variance = (counts * (levels - mean[:, np.newaxis]) ** 2).sum(axis=1) / total
    return mean, np.sqrt(variance)

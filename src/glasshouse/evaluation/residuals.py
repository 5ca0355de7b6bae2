"""Residuals: by how much predicted numbers miss the true ones, and where."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream

POINTS = 1000
_BINS = 31


def residuals(target: NDArray[np.float64], values: NDArray[np.float64], seed: int) -> dict[str, Any]:
    """How predicted minus true is spread, and pairs of both to draw.

    Args:
        target: True numbers, shape (rows,).
        values: Predicted ones, shape (rows,).
        seed: For drawing 1,000 pairs where there are more rows.

    Returns:
        ``histogram`` of the residuals over their central 99 %, with how many lie ``beyond`` on either side;
        ``points`` as pairs (true, predicted); ``bias``, the mean residual.
    """
    errors = values - target
    low, high = np.quantile(errors, [0.005, 0.995])
    if not high > low:
        low, high = low - 0.5, high + 0.5
    inside = (errors >= low) & (errors <= high)
    counts, edges = np.histogram(errors[inside], bins=min(_BINS, max(5, len(errors) // 4)), range=(low, high))
    chosen = np.arange(len(target))
    if len(target) > POINTS:
        chosen = np.sort(numpy_stream(seed, "residuals").permutation(len(target))[:POINTS])
    return {
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        "beyond": [int((errors < low).sum()), int((errors > high).sum())],
        "points": np.stack([target[chosen], values[chosen]], axis=1).tolist(),
        "bias": float(errors.mean()),
    }

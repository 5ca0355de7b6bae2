r"""Confidence intervals of means over rows, and of the share of the variance that is kept.

The errors of rows are independent draws, so their mean has the standard error :math:`s / \sqrt N`. The share
kept, :math:`1 - \sum e_j / \sum s_j`, has that of its influences,
:math:`d_j = (e_j - (1 - R^2) s_j) / \sum s`.
Both are taken on the logarithmic scale of the error, so that no interval leaves the range.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from glasshouse.evaluation.intervals import LEVEL

METHOD = "the delta method: the spread of the rows' errors, on a logarithmic scale"

Interval = tuple[float, float]


def mean_interval(values: NDArray[np.float64], level: float = LEVEL) -> Interval | None:
    """The interval of a mean of positive numbers; none for one row, or where all are 0.

    Example:
        >>> low, high = mean_interval(np.array([1.0, 2.0, 3.0, 2.0]))
        >>> low < 2.0 < high
        True
    """
    mean = float(values.mean())
    if len(values) < 2 or mean <= 0:
        return None
    margin = _quantile(len(values), level) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return mean * math.exp(-margin / mean), mean * math.exp(margin / mean)


def symmetric_interval(values: NDArray[np.float64], level: float = LEVEL) -> Interval | None:
    """The interval of a mean of any numbers, by Student's t; none for one row.

    Example:
        >>> low, high = symmetric_interval(np.array([-1.0, 1.0, 0.0]))
        >>> abs(low + high) < 1e-12
        True
    """
    if len(values) < 2:
        return None
    mean = float(values.mean())
    margin = _quantile(len(values), level) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return mean - margin, mean + margin


def share_interval(
    errors: NDArray[np.float64], spreads: NDArray[np.float64], level: float = LEVEL
) -> Interval | None:
    """The interval of the share of the variance that is kept; none where the rows cannot tell.

    Args:
        errors: Of each row.
        spreads: Of each row, if nothing but the mean row were known.
        level: How often such an interval shall hold the true value.
    """
    total, rows = float(spreads.sum()), len(errors)
    lost = float(errors.sum()) / total if total > 0 else 0.0
    if rows < 2 or lost <= 0:
        return None
    moved = (errors - lost * spreads) / total
    margin = _quantile(rows, level) * math.sqrt(float(moved @ moved) * rows / (rows - 1))
    return 1 - lost * math.exp(margin / lost), 1 - lost * math.exp(-margin / lost)


def _quantile(rows: int, level: float) -> float:
    return float(stats.t.ppf(0.5 + level / 2, rows - 1))

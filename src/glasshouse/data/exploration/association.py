"""How strongly one column goes with another, on a scale from 0 (not at all) to 1 (it settles it)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def correlation_ratio(
    values: NDArray[np.float64], groups: NDArray[np.int64], *, adjusted: bool = False
) -> float:
    r"""How much of the spread of numbers lies between groups: :math:`\eta = \sqrt{SS_b / SS_t}`.

    Args:
        values: Finite numbers, shape (rows,).
        groups: Group index of each, from 0, shape (rows,).
        adjusted: Subtract what many small groups reach by chance alone,
            :math:`\varepsilon^2 = 1 - (1 - \eta^2)(n - 1)/(n - k)`.

    Source: K. Pearson (1905) for eta; T. Kelley: An unbiased correlation ratio measure (1935).

    Example:
        >>> correlation_ratio(np.array([1.0, 1.0, 5.0, 5.0]), np.array([0, 0, 1, 1]))
        1.0
    """
    counts = np.bincount(groups)
    present = counts > 0
    centred = values - values.mean() if len(values) else values
    total = float(centred @ centred)
    if total == 0.0:
        return 0.0
    sums = np.bincount(groups, weights=centred)[present]
    ratio = float((sums**2 / counts[present]).sum()) / total
    rows, kinds = len(values), int(present.sum())
    if adjusted:
        ratio = 1.0 - (1.0 - ratio) * (rows - 1) / (rows - kinds) if rows > kinds else 0.0
    return math.sqrt(min(max(ratio, 0.0), 1.0))


def cramers_v(left: NDArray[np.int64], right: NDArray[np.int64]) -> float:
    r"""Cramér's V of two categorical columns, corrected for its bias with many categories.

    With :math:`\varphi^2 = \chi^2 / n`, :math:`\tilde\varphi^2 = \max(0, \varphi^2 - (r-1)(c-1)/(n-1))`,
    :math:`\tilde r = r - (r-1)^2/(n-1)` and :math:`\tilde c` likewise, it is
    :math:`\sqrt{\tilde\varphi^2 / \min(\tilde r - 1, \tilde c - 1)}`.

    Args:
        left: Category indices from 0, shape (rows,).
        right: Those of the other column.

    Source: W. Bergsma: A bias-correction for Cramér's V and Tschuprow's T (2013).

    Example:
        >>> round(cramers_v(np.array([0, 1] * 50), np.array([0, 1] * 50)), 2)
        1.0
    """
    n = len(left)
    if n < 2:
        return 0.0
    width = int(right.max()) + 1
    observed = np.bincount(left * width + right, minlength=(int(left.max()) + 1) * width).reshape(-1, width)
    observed = observed[observed.sum(axis=1) > 0][:, observed.sum(axis=0) > 0]
    r, c = observed.shape
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / n
    phi2 = float(((observed - expected) ** 2 / expected).sum()) / n
    phi2 = max(0.0, phi2 - (r - 1) * (c - 1) / (n - 1))
    smaller = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return min(1.0, math.sqrt(phi2 / smaller)) if smaller > 0 else 0.0


def rank_correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Spearman's rank correlation without its sign: how well one column orders the other.

    Args:
        left: Finite numbers, shape (rows,).
        right: Those of the other column.

    Source: C. Spearman: The proof and measurement of association between two things (1904).

    Example:
        >>> round(rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 8.0, 27.0])), 6)
        1.0
    """
    if len(left) < 2:
        return 0.0
    first, second = rankdata(left), rankdata(right)
    first, second = first - first.mean(), second - second.mean()
    length = math.sqrt(float(first @ first) * float(second @ second))
    return min(1.0, abs(float(first @ second)) / length) if length > 0 else 0.0


def correlations(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's correlation of each pair of columns, over the rows in which both are present.

    Args:
        columns: Numbers with NaN where they are missing, shape (rows, columns).

    Returns:
        Shape (columns, columns); 0 where a pair is constant or never present together, 1 on the diagonal.
    """
    present = np.isfinite(columns)
    counts = np.maximum(present.sum(axis=0), 1)
    filled = np.where(present, columns, 0.0)
    # centred and scaled first, so that the sums below do not lose their digits to large means
    filled = np.where(present, columns - filled.sum(axis=0) / counts, 0.0)
    filled /= np.maximum(np.sqrt((filled**2).sum(axis=0) / counts), np.finfo(float).tiny)
    weight = present.astype(float)
    n = np.maximum(weight.T @ weight, 1.0)
    sums = filled.T @ weight  # sum of column i over the rows in which j is present too
    squares = (filled**2).T @ weight
    covariance = filled.T @ filled / n - (sums / n) * (sums.T / n)
    variance = np.maximum(squares / n - (sums / n) ** 2, 0.0)
    scale = np.sqrt(variance * variance.T)
    matrix = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 1e-12)
    np.fill_diagonal(matrix, 1.0)
    clipped: NDArray[np.float64] = np.clip(matrix, -1.0, 1.0)
    return clipped

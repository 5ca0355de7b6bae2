r"""Confidence intervals of metrics: how far the measured value may lie from the true one.

Shares of rows have Wilson's interval. For all other metrics the standard error comes from the rows'
influences (see :mod:`glasshouse.evaluation.influence`); the interval is symmetric on a scale without ends,
:math:`g(\theta) \pm t\, g'(\theta)\, \mathrm{SE}(\theta)`, and is carried back from there, so that it never
leaves the metric's range. Nothing is drawn at random, and the time is that of a few passes over the rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from glasshouse.evaluation.influence import influences
from glasshouse.metrics.prediction import Prediction, class_count

LEVEL = 0.95
METHOD = (
    "Wilson's score interval for shares of rows; for the other metrics the delta method: the spread of the "
    "rows' influences, on a logit scale (shares), a logarithmic scale (errors), or that of ln(1 - R²)"
)

Interval = tuple[float, float]


def intervals(
    target: NDArray[Any],
    prediction: Prediction,
    task: str,
    measured: Mapping[str, float],
    level: float = LEVEL,
) -> dict[str, Interval]:
    """Intervals for the metrics of one part.

    A metric has none where the rows cannot tell: it is undefined, at the end of its range (no mistake at all,
    say, though for accuracy Wilson's interval still holds), or there is one row only.

    Args:
        target: Class indices or numbers, shape (rows,).
        prediction: The answers to the same rows.
        task: ``"classification"`` or ``"regression"``.
        measured: The metrics by name, from :func:`glasshouse.metrics.measure`.
        level: How often such an interval shall hold the true value, above 0 and below 1.

    Returns:
        Low and high by metric name.
    """
    rows = len(target)
    if rows < 2:
        return {}
    found = {} if task == "regression" else _shares_of_rows(target, prediction, level)
    quantile = float(stats.t.ppf(0.5 + level / 2, rows - 1))
    for name, moved in influences(target, prediction, task).items():
        value = measured.get(name, math.nan)
        error = math.sqrt(float(moved @ moved) * rows / (rows - 1))
        if name not in found and math.isfinite(value) and error > 0:
            scaled = _on_scale(name, value, quantile * error)
            if scaled is not None:
                found[name] = scaled
    return {name: found[name] for name in measured if name in found}


def wilson(hits: int, rows: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval for a share of independent rows.

    Args:
        hits: Rows that count, from 0 to ``rows``.
        rows: All rows, from 1.
        level: How often it shall hold the true share.

    Source: E. Wilson: Probable inference, the law of succession, and statistical inference (1927).

    Example:
        >>> [round(end, 3) for end in wilson(10, 10)]
        [0.722, 1.0]
    """
    z = float(stats.norm.ppf(0.5 + level / 2))
    share = hits / rows
    centre = share + z**2 / (2 * rows)
    half = z * math.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    scale = 1 + z**2 / rows
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def _shares_of_rows(target: NDArray[np.int64], prediction: Prediction, level: float) -> dict[str, Interval]:
    """Accuracy; with two classes also precision and recall, shares of the rows called or being class 1."""
    labels = prediction.labels
    assert labels is not None
    counts = {"accuracy": (int((labels == target).sum()), len(target))}
    if class_count(target, prediction) <= 2:
        hits = int(((labels == 1) & (target == 1)).sum())
        counts["precision"] = (hits, int((labels == 1).sum()))
        counts["recall"] = (hits, int((target == 1).sum()))
    return {name: wilson(hits, rows, level) for name, (hits, rows) in counts.items() if rows}


def _on_scale(name: str, value: float, margin: float) -> Interval | None:
    """The interval on the metric's scale without ends, carried back; none at the end of its range."""
    if name in ("log_loss", "rmse", "mae"):
        return None if value <= 0 else (value * math.exp(-margin / value), value * math.exp(margin / value))
    if name == "r2":
        left = 1 - value
        return (
            None if left <= 0 else (1 - left * math.exp(margin / left), 1 - left * math.exp(-margin / left))
        )
    if not 0 < value < 1:
        return None
    centre, half = math.log(value / (1 - value)), margin / (value * (1 - value))
    return _logistic(centre - half), _logistic(centre + half)


def _logistic(x: float) -> float:
    return 0.5 * (1 + math.tanh(x / 2))

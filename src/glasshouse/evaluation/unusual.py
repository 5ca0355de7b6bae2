"""Whether rows that are unusual stand out by their error: thresholds, and how well they tell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from glasshouse.core.false_alarms import false_alarm_threshold, thinned
from glasshouse.evaluation.reconstructed import Reconstructed

RATES = (0.05, 0.01, 0.001)
"""False-alarm rates that are tabulated."""
BINS = 40


def calibrated(found: dict[str, Reconstructed]) -> tuple[str, NDArray[np.float64]]:
    """The errors that thresholds are taken from: of validation rows, which no weight was fitted to.

    Returns:
        The part's name and the errors of its rows.
    """
    part = "validation" if "validation" in found else "train"
    return part, found[part].errors


def thresholds(scores: NDArray[np.float64]) -> list[dict[str, float]]:
    """A threshold for each rate that there are rows enough for."""
    return [
        {"rate": rate, "threshold": false_alarm_threshold(scores, rate)}
        for rate in RATES
        if (len(scores) + 1) * rate >= 1
    ]


def unusual(found: dict[str, Reconstructed], judged: str, usual: NDArray[np.bool_] | None) -> dict[str, Any]:
    """What errors say about unusual rows.

    Args:
        found: The parts by name.
        judged: The part that is judged.
        usual: Which of its rows are normal; ``None`` where nobody said.

    Returns:
        ``part`` and ``scores`` (what thresholds are taken from), ``thresholds`` with the share of judged rows
        above each (``above``, and where it is known ``false_alarms`` and ``found``), ``roc_auc``, and a
        ``histogram`` of errors.
    """
    part, scores = calibrated(found)
    errors = found[judged].errors
    rows: list[dict[str, Any]] = []
    for each in thresholds(scores):
        over = errors > each["threshold"]
        row: dict[str, Any] = {**each, "above": float(over.mean())}
        if usual is not None and usual.any() and not usual.all():
            row |= {"false_alarms": float(over[usual].mean()), "found": float(over[~usual].mean())}
        rows.append(row)
    area = None
    if usual is not None and usual.any() and not usual.all():
        area = float(roc_auc_score(~usual, errors))
    return {
        "part": part,
        "rows": len(scores),
        "scores": thinned(scores),
        "thresholds": rows,
        "roc_auc": area,
        "histogram": _histogram(errors, rows),
    }


def _histogram(errors: NDArray[np.float64], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts of errors up to a little beyond what matters; the last bin holds all that is larger."""
    top = max([float(np.quantile(errors, 0.995)), *(1.2 * each["threshold"] for each in rows)])
    top = top if top > 0 else 1.0
    counts, edges = np.histogram(np.minimum(errors, top), bins=BINS, range=(0.0, top))
    return {"edges": edges.tolist(), "counts": counts.tolist(), "beyond": int((errors > top).sum())}

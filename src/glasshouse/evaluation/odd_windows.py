"""Unusual windows of a series: whether their errors tell them apart, and where they lie in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from glasshouse.core.false_alarms import false_alarm_threshold
from glasshouse.data.raw import Raw, RawTable
from glasshouse.data.series.stretches import stretches
from glasshouse.data.tables.series import series_inputs, step_name

RATE = 0.01
"""False-alarm rate of the windows that are drawn."""
POINTS = 4000
"""Most steps that are drawn."""

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]


def is_series(raw: Raw | None) -> bool:
    """Whether rows are windows of a series.

    Args:
        raw: The data as read.

    Example:
        >>> is_series(None)
        False
    """
    return isinstance(raw, RawTable) and raw.layout is not None and raw.layout.series is not None


def average_precision(errors: Numbers, usual: Marks | None) -> dict[str, float]:
    """How well errors put unusual rows first, where it is known which are; guessing has their share.

    Example:
        >>> average_precision(np.array([0.1, 0.2, 0.9]), np.array([True, True, False]))
        {'average_precision': 1.0}
    """
    if usual is None or usual.all() or not usual.any():
        return {}
    return {"average_precision": float(average_precision_score(~usual, errors))}


def last_value_errors(windows: torch.Tensor) -> Numbers:
    """The error of the forecast that needs no network: each step is like the one before it.

    Args:
        windows: Shape (N, steps, variables).

    Example:
        >>> last_value_errors(torch.tensor([[[0.0], [1.0], [3.0]]])).tolist()
        [2.5]
    """
    if windows.shape[1] < 2:
        return np.zeros(len(windows))
    errors: Numbers = windows.double().diff(dim=1).square().mean(dim=(1, 2)).numpy()
    return errors


def in_time(
    raw: Raw | None, rows: NDArray[np.int64], errors: Numbers, usual: Marks | None, calibrated: Numbers
) -> dict[str, Any] | None:
    """What is drawn of a series: its steps, stretches that somebody marked, and windows that were named.

    Args:
        raw: Windows in the order of time; ``None`` for anything that is no series.
        rows: Numbers of the windows that were judged.
        errors: Of these.
        usual: Which of them are normal; ``None`` where nobody said.
        calibrated: Errors that the threshold is taken from.

    Returns:
        ``name``; ``places`` and ``values`` of the steps that are drawn; ``judged``, ``marked`` and ``named``
        as stretches from a window to a window; the ``rate`` and ``threshold`` of the alarm; of how many
        ``stretches`` some window was named (``found``). ``None`` where there is nothing to draw.
    """
    form = raw.layout.series if isinstance(raw, RawTable) and raw.layout is not None else None
    if form is None or not isinstance(raw, RawTable) or raw.layout is None:
        return None
    if (len(calibrated) + 1) * RATE < 1:
        return None
    threshold = false_alarm_threshold(calibrated, RATE)
    name = series_inputs(raw.layout)[0]
    values = raw.frame[step_name(name, 0)].to_numpy()
    places = np.unique(np.linspace(0, len(values) - 1, min(len(values), POINTS)).astype(np.int64))
    places = places[np.isfinite(values[places])]
    marked = [] if usual is None else stretches(rows[~usual])
    named = rows[errors > threshold]
    return {
        "name": name,
        "places": places.tolist(),
        "values": values[places].tolist(),
        "judged": stretches(rows),
        "marked": marked,
        "named": stretches(named),
        "rate": RATE,
        "threshold": threshold,
        "stretches": len(marked),
        "found": sum(bool(((named >= first) & (named <= last)).any()) for first, last in marked),
    }

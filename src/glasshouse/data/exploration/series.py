"""What is in a series: its variables, each once, and not once for every step of a window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.data.exploration.table import TableView, explore_columns
from glasshouse.data.parts import Split
from glasshouse.data.raw import Column, RawTable
from glasshouse.data.series.stretches import stretches
from glasshouse.data.tables.series import series_inputs, step_name

MOST_POINTS = 4000
"""Most steps that are drawn."""
MOST_STRETCHES = 60
"""Stretches beyond which parts, or windows of a class, are not drawn: they would be a blur."""

Rows = NDArray[np.int64]


def is_series(raw: RawTable) -> bool:
    """Whether rows are windows of a series."""
    return raw.layout is not None and raw.layout.series is not None and raw.time is not None


def explore_series(raw: RawTable, split: Split, task: str) -> tuple[TableView, dict[str, Any]]:
    """Describe the variables of a series, and how they go over time.

    What goes with the target, and which variables go together, is computed on the last step of the training
    windows.

    Args:
        raw: Its windows.
        split: Which of them are in which part.
        task: What is learnt.

    Returns:
        One column for each variable, and what is drawn: ``window`` and ``steps``, how many; for each of the
        ``variables`` its ``places`` in time and its ``values``; stretches of time for each of the ``parts``;
        the windows that are ``marked``, which are those of a rare class where nothing is classified.
    """
    assert raw.layout is not None
    assert raw.layout.series is not None
    assert raw.time is not None
    names, window = series_inputs(raw.layout), raw.layout.series.window
    last = raw.frame.select(pl.col(step_name(name, 0)).alias(name) for name in names)
    columns = tuple(Column(name, "number") for name in names)
    view = explore_columns(replace(raw, frame=last, columns=columns), split.train, task)
    order = np.argsort(raw.time, kind="stable")
    places = np.concatenate([raw.time[order[:1]] - np.arange(window - 1, 0, -1), raw.time[order]])
    variables = []
    for name in names:
        before = raw.frame.row(int(order[0]), named=True)
        early = [before[step_name(name, step)] for step in range(window - 1, 0, -1)]
        values = np.concatenate([np.array(early, dtype=np.float64), last[name].to_numpy()[order]])
        variables.append({"name": name, **_drawn(places, values)})
    return view, {
        "window": window,
        "steps": len(places),
        "variables": variables,
        "parts": _parts(raw.time, split),
        "marked": _marked(raw, raw.time) if task == "reconstruction" else None,
    }


def _drawn(places: Rows, values: NDArray[np.float64]) -> dict[str, list[float]]:
    """As many steps as can be seen; missing ones are left out."""
    count = min(len(places), MOST_POINTS)
    shown = np.unique(np.linspace(0, len(places) - 1, count).astype(np.int64))
    shown = shown[np.isfinite(values[shown])]
    return {"places": places[shown].tolist(), "values": values[shown].tolist()}


def _parts(time: Rows, split: Split) -> dict[str, list[tuple[int, int]]]:
    """When each part was; empty where parts are strewn over all of the time."""
    rows = {"train": split.train, "validation": split.validation, "test": split.test}
    found = {name: stretches(np.sort(time[each])) for name, each in rows.items() if len(each)}
    return found if sum(map(len, found.values())) <= MOST_STRETCHES else {}


def _marked(raw: RawTable, time: Rows) -> dict[str, Any] | None:
    """When windows were of the rarer of two classes."""
    target = raw.target
    if target is None or target.task != "classification" or len(target.classes) != 2:
        return None
    rare = int(np.argmin(np.bincount(target.values, minlength=2)))
    found = stretches(np.sort(time[target.values == rare]))
    return {"class": target.classes[rare], "stretches": found} if 0 < len(found) <= MOST_STRETCHES else None

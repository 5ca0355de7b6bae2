"""What is in a table: each column's values, and how it goes with the target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.data.exploration.association import (
    correlation_ratio,
    correlations,
    cramers_v,
    rank_correlation,
)
from glasshouse.data.exploration.leakage import alone
from glasshouse.data.raw import Column, RawTable, Target

PREDICTED = ("classification", "regression", "forecast")
"""Tasks whose answer for a row is its target."""
MOST_CORRELATED = 20
_MOST_TOP = 10
_LONGEST_VALUE = 60
_BINS = 30
_MOST_ASKED, _FEWEST_ASKED, _CELLS_ASKED = 20_000, 1_000, 600_000  # rows, and cells of all columns together


@dataclass(frozen=True, slots=True)
class TableView:
    """What exploration found in the columns.

    Args:
        columns: One record per column, in order.
        correlations: Names and Pearson's matrix of the numbers that go best with the target.
        alone: For each column that was asked, how well it predicts the target alone.
    """

    columns: list[dict[str, Any]]
    correlations: dict[str, Any]
    alone: dict[str, float]


def explore_columns(raw: RawTable, train: NDArray[np.int64], task: str = "auto") -> TableView:
    """Describe all columns by all rows, and their part in the target by the training rows alone.

    Args:
        raw: The table.
        train: The training rows.
        task: What is learnt. Where it is not the target, a target has no part in it.
    """
    records, scores = [], {}
    if task not in ("auto", *PREDICTED):
        raw = replace(raw, target=None)
    target = None if raw.target is None else raw.target.values[train]
    most_rows = max(_FEWEST_ASKED, min(_MOST_ASKED, _CELLS_ASKED // max(1, len(raw.columns))))
    for column in raw.columns:
        series = raw.frame[column.name]
        record = _describe(column, series)
        if raw.target is not None and target is not None and record["used"] and column.kind != "text":
            values = _as_array(column, series)[train]
            record["association"] = _association(values, raw.target, target)
            # in a series, the past always tells much of the future: that is no leak
            if raw.layout is None or raw.layout.series is None:
                scores[column.name] = alone(values, target, most_rows)
        records.append(record)
    return TableView(records, _correlations(raw, records, train), scores)


def summarise(values: NDArray[np.float64]) -> dict[str, float]:
    """Extremes, mean, standard deviation, median and skewness of finite numbers, at least one."""
    mean, spread = float(values.mean()), float(values.std())
    cubed = float(((values - mean) ** 3).mean())
    return {
        "min": float(values.min()),
        "max": float(values.max()),
        "mean": mean,
        "std": spread,
        "median": float(np.median(values)),
        "skewness": cubed / spread**3 if spread > 0 else 0.0,
    }


def histogram(values: NDArray[np.float64]) -> dict[str, list[float]]:
    """Counts in bins of one width; few different whole numbers get a bin each."""
    low, high = float(values.min()), float(values.max())
    whole = high - low < _BINS and bool((values == np.rint(values)).all())
    bins = np.arange(low, high + 2) - 0.5 if whole else np.linspace(low, high, _BINS + 1)
    counts, edges = np.histogram(values, bins=bins)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _describe(column: Column, series: pl.Series) -> dict[str, Any]:
    present = series.drop_nulls()
    record: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "used": not column.ignored_because and column.kind != "ignore",
        "because": column.ignored_because,
        "missing": series.null_count(),
        "missing_share": series.null_count() / max(1, len(series)),
        "distinct": present.n_unique(),
        "summary": None,
        "histogram": None,
        "top": [],
        "association": None,
    }
    if not len(present):
        return record
    if series.dtype.is_numeric():
        values = present.cast(pl.Float64).to_numpy()
        record["summary"] = summarise(values)
        record["histogram"] = histogram(values)
    elif not series.dtype.is_temporal():
        record["top"] = _top(present, len(series))
    return record


def _top(present: pl.Series, rows: int) -> list[dict[str, Any]]:
    """The most frequent values, equally frequent ones in the order of their names."""
    counts = present.cast(pl.String).rename("value").value_counts()
    counts = counts.sort(["count", "value"], descending=[True, False]).head(_MOST_TOP)
    return [
        {"value": _cut(value), "count": count, "share": count / rows} for value, count in counts.iter_rows()
    ]


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 3] + "..."


def _as_array(column: Column, series: pl.Series) -> NDArray[Any]:
    """Numbers with NaN for missing cells, or category indices with one of their own for missing cells."""
    if column.kind == "date":
        series = series.to_physical()
    if column.kind in ("number", "date"):
        return series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    text = series.cast(pl.String)
    # a value that no cell can have, so that missing cells are a category apart
    filled = text.fill_null("\0missing")
    names = filled.unique().sort()
    return filled.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()


def _association(values: NDArray[Any], target: Target, truth: NDArray[Any]) -> dict[str, Any] | None:
    categories = np.issubdtype(values.dtype, np.integer)
    if not categories:
        present = np.isfinite(values)
        values, truth = values[present], truth[present]
    if len(values) < 2:
        return None
    if target.task == "classification":
        if categories:
            return {"value": cramers_v(values, truth), "measure": "Cramér's V, bias-corrected"}
        return {"value": correlation_ratio(values, truth), "measure": "correlation ratio eta"}
    if categories:
        value = correlation_ratio(truth, values, adjusted=True)
        return {"value": value, "measure": "correlation ratio eta, adjusted"}
    return {"value": rank_correlation(values, truth), "measure": "Spearman's rank correlation, absolute"}


def _correlations(raw: RawTable, records: list[dict[str, Any]], train: NDArray[np.int64]) -> dict[str, Any]:
    numbers = [each for each in records if each["used"] and each["kind"] == "number" and each["distinct"] > 1]
    numbers.sort(key=lambda each: -(each["association"] or {"value": 0.0})["value"])
    names = [each["name"] for each in numbers[:MOST_CORRELATED]]
    columns = [raw.frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()[train] for name in names]
    # What is forecast is a variable of the series itself.
    if raw.target is not None and raw.target.task == "regression" and raw.target.name not in names:
        names.append(raw.target.name)
        columns.append(raw.target.values[train].astype(np.float64))
    if len(names) < 2:
        return {"names": [], "matrix": []}
    return {"names": names, "matrix": correlations(np.stack(columns, axis=1)).tolist()}

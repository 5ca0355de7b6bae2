"""Series: ordering rows in time, and cutting windows of past steps out of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.raw import Column, SeriesForm, TableLayout
from glasshouse.data.tables.cells import Cells

_CLOSE_ENOUGH = 0.1


@dataclass(frozen=True)
class Windows:
    """Samples that were cut out of a series.

    Args:
        frame: One row per window; ``co2[t-1]`` is the column ``co2`` one step before the window's last step.
        last: For each window the row of its last step in the ordered series.
        order: Row numbers of the source in the order of time.
    """

    frame: pl.DataFrame
    last: NDArray[np.int64]
    order: NDArray[np.int64]

    def rows_ahead(self, horizon: int) -> NDArray[np.int64]:
        """Rows of the source that stand ``horizon`` steps after each window, -1 beyond the end."""
        ahead = self.last + horizon
        inside = ahead < len(self.order)
        return np.where(inside, self.order[np.minimum(ahead, len(self.order) - 1)], -1)


def series_inputs(layout: TableLayout) -> list[str]:
    """The columns that a window holds: all numbers in use, the target's past included (but for horizon 0)."""
    time = layout.series.time if layout.series else None
    hidden = layout.target if layout.series and layout.series.horizon == 0 else None
    return [
        each.name
        for each in layout.columns
        if each.kind == "number" and not each.ignored_because and each.name not in (time, hidden)
    ]


def window_columns(layout: TableLayout) -> tuple[Column, ...]:
    """Descriptions of the columns of a window, oldest step first."""
    form = layout.series
    steps = range(form.window - 1, -1, -1) if form else ()
    return tuple(Column(step_name(name, step), "number") for step in steps for name in series_inputs(layout))


def step_name(column: str, steps_back: int) -> str:
    """What a column is called at some step of a window: ``co2[t-3]``, and ``co2[t]`` at its last step."""
    return f"{column}[t-{steps_back}]" if steps_back else f"{column}[t]"


def cut_windows(cells: Cells, frame: pl.DataFrame, layout: TableLayout, form: SeriesForm) -> Windows:
    """Cut every possible window out of a series, those included whose future is not known.

    Args:
        cells: The source, for messages.
        frame: Its typed columns.
        layout: Which columns there are.
        form: Which column orders the rows, and how many steps a window has.

    Raises:
        DataError: No column is numeric, a time is missing, or the series is shorter than a window.
    """
    names = series_inputs(layout)
    if not names:
        raise DataError(
            f"{cells.origin}: a series needs a numeric column",
            expected="at least one column of numbers that changes",
            fix="name the right file, or leave data.window at 0 for a table without an order",
        )
    count = frame.height - form.window + 1
    if count < 1:
        raise DataError(
            f"{cells.origin} has {frame.height} rows, fewer than the window of {form.window} steps",
            expected=f"at least {form.window} rows, and {form.horizon} more per sample to learn from",
            fix="set data.window to fewer steps, or give a longer series",
        )
    order = _order(cells, frame, form)
    ordered = frame.select(names)[order]
    columns = [
        ordered[name].slice(form.window - 1 - step, count).alias(step_name(name, step))
        for step in range(form.window - 1, -1, -1)
        for name in names
    ]
    last = np.arange(form.window - 1, frame.height, dtype=np.int64)
    return Windows(pl.DataFrame(columns), last, order)


def _order(cells: Cells, frame: pl.DataFrame, form: SeriesForm) -> NDArray[np.int64]:
    if form.time is None:
        return np.arange(frame.height, dtype=np.int64)
    return np.argsort(time_key(cells, frame, form.time), kind="stable").astype(np.int64)


def time_key(cells: Cells, frame: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """A number per row that grows with time: microseconds for dates, else the value.

    Raises:
        DataError: The column is neither dates nor numbers, or a cell of it is missing.
    """
    series = frame[name]
    if not (series.dtype.is_temporal() or series.dtype.is_numeric()):
        raise DataError(
            f"{cells.origin}: the time column {name!r} is neither dates nor numbers",
            expected="dates such as 2012-03-04, or numbers that grow with time",
            fix=f"name another column in data.time, or set data.columns.{name}=date",
        )
    if series.null_count():
        rows = np.flatnonzero(series.is_null().to_numpy())[:3].tolist()
        raise DataError(
            f"{cells.where(rows)}: the time in column {name!r} is missing",
            expected="a time in every row, so that rows can be ordered",
            fix="complete the cells, or leave these rows out",
        )
    if series.dtype.is_temporal():
        series = series.dt.epoch("us")
    return series.cast(pl.Float64).to_numpy()


def spacing_notes(cells: Cells, frame: pl.DataFrame, form: SeriesForm) -> tuple[str, ...]:
    """What a reader should know about a series whose steps are uneven or fall together."""
    if form.time is None or frame.height < 3:
        return ()
    steps = np.diff(np.sort(time_key(cells, frame, form.time)))
    usual = float(np.median(steps))
    together = int((steps == 0).sum())
    uneven = int((np.abs(steps - usual) > _CLOSE_ENOUGH * usual).sum()) - together
    notes = []
    if together:
        notes.append(
            f"{together:,} rows share their time in {form.time!r} with the row before: file order counts"
        )
    if uneven > 0 and usual > 0 and not _calendar(steps, usual):
        notes.append(
            f"{uneven:,} of {len(steps):,} steps in {form.time!r} are not as long as most: gaps stay gaps"
        )
    return tuple(notes)


def _calendar(steps: NDArray[np.float64], usual: float) -> bool:
    """Months and years differ in length without anything being missing."""
    day = 86_400e6
    lengths = set(np.round(steps / day).astype(int).tolist())
    return usual >= 28 * day and (
        lengths <= {28, 29, 30, 31} or lengths <= {365, 366} or lengths <= {90, 91, 92}
    )

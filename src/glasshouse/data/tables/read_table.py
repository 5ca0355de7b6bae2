"""Reading a table to learn from: cells, kinds of columns, the target, a test set, windows of a series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data.raw import Column, RawTable, SeriesForm, TableLayout, Target
from glasshouse.data.settings import DataSettings
from glasshouse.data.strokes.pen import read_strokes
from glasshouse.data.tables.cells import Cells
from glasshouse.data.tables.frames import cells_from_frame
from glasshouse.data.tables.kinds import find_columns, keep_counting
from glasshouse.data.tables.new_rows import match_columns, open_like, typed_frame
from glasshouse.data.tables.open_table import open_table, options_of
from glasshouse.data.tables.roles import Roles, find_name, find_roles
from glasshouse.data.tables.series import Windows, cut_windows, spacing_notes, time_key, window_columns
from glasshouse.data.tables.target import drop_unlabelled, make_target
from glasshouse.data.tables.text_lines import CLASS, TEXT, folder_as_cells, lines_without_target
from glasshouse.data.tables.typed import as_words
from glasshouse.data.text.pairs import read_pairs
from glasshouse.data.text.tagged import read_tagged


@dataclass(frozen=True)
class _Part:
    """Samples of one source: inputs, the cells of the target, and what orders and groups them."""

    inputs: pl.DataFrame
    labels: Cells
    group: pl.Series | None
    time: NDArray[np.float64] | None
    ahead: NDArray[np.float64] | None = None


def read_table(settings: DataSettings) -> RawTable:
    """Read the table that ``settings.source`` names.

    Text cells are read as text first; then each column is a number, category, boolean, date, text, or left
    out with a reason. A separate test set is read with the kinds found here and put below.

    Raises:
        DataError: The file cannot be read, or its cells cannot be used; line and column are named.
        UsageError: No target is named, or a name in the settings is not among the columns.
    """
    cells = open_table(Path(settings.source).expanduser(), options_of(settings))
    if list(cells.declared) == [TEXT] and cells.frame.width == 1:
        raise lines_without_target(cells.origin)
    return _of_task(cells, settings)


def table_from_frame(frame: object, settings: DataSettings) -> RawTable:
    """Read a table that is in memory.

    Args:
        frame: A frame of polars or pandas, a dictionary of columns, a list of dictionaries, or an array of
            shape (rows, columns), whose columns are called ``column_0``, ``column_1`` ...
        settings: As for a file; ``settings.source`` is what messages call the frame.

    Raises:
        DataError: It is no table, or its cells cannot be used; row and column are named.
        UsageError: No target is named, or a name in the settings is not among the columns.
    """
    cells = cells_from_frame(frame, settings.source or "the frame", settings.missing)
    return _of_task(cells, settings)


def _of_task(cells: Cells, settings: DataSettings) -> RawTable:
    """What the rows become for the task at hand."""
    if settings.task == "translation":
        return read_pairs(cells, settings)
    if settings.task == "tagging":
        return read_tagged(cells, settings)
    if settings.task == "strokes":
        return read_strokes(cells, settings)
    if settings.task == "captioning":
        return _with_captions(cells, settings)
    return _make(cells, settings)


def _with_captions(cells: Cells, settings: DataSettings) -> RawTable:
    """Rows of all other columns, with the target's text about each."""
    names = cells.frame.columns
    if settings.target is None:
        raise UsageError(
            f"{cells.origin}: no target is named",
            expected=f"the column of captions: {', '.join(names[:10])}",
            fix="name it with --target, for example --target -1 for the last one",
        )
    caption = find_name(settings.target, names)
    cells = cells.keep(cells.frame[caption].is_not_null())
    texts = cells.frame[caption].cast(pl.String).to_numpy().astype(np.str_)
    declared = {name: each for name, each in cells.declared.items() if name != caption}
    seen = replace(cells, frame=cells.frame.drop(caption), declared=declared)
    raw = _make(seen, settings.replace(target=None, task="reconstruction"))
    return replace(raw, captions=texts)


def read_text_folder(settings: DataSettings) -> RawTable:
    """Read a folder of texts: a ``.txt`` file per class with a text in each line, or a folder per class.

    Raises:
        DataError: There are no texts, or they all have one class.
    """
    return _make(folder_as_cells(Path(settings.source).expanduser()), settings.replace(target=CLASS))


def _make(cells: Cells, settings: DataSettings) -> RawTable:
    roles = find_roles(cells, settings)
    if settings.task == "forecast" and (not settings.window or not settings.horizon):
        raise UsageError(
            f"data.task = 'forecast' with data.window = {settings.window}, data.horizon = {settings.horizon}",
            expected="how many past steps are seen and how many are to be forecast, both from 1",
            fix="set data.window, for example to 24, and data.horizon",
        )
    _refuse_groups_in_series(settings)
    notes: tuple[str, ...] = cells.notes
    if roles.target and not settings.window:
        cells, told = drop_unlabelled(cells, roles.target)
        notes += told
    layout, told = _layout(cells, settings, roles)
    notes += told
    part, told = _part(cells, layout, roles)
    test, test_told = _test_part(settings, layout, roles)
    target, target_told = _target(part, test, layout, roles, settings.task)
    parts = [part] if test is None else [part, test]
    frame = pl.concat([each.inputs for each in parts])
    return RawTable(
        frame=frame,
        columns=_inputs(layout, roles),
        target=target,
        origin=cells.origin,
        first_row=int(cells.lines[0]) if cells.lines is not None else 0,
        given_test=None if test is None else np.arange(frame.height) >= part.inputs.height,
        group=_group(parts),
        time=_time(parts, layout),
        notes=(*notes, *told, *test_told, *target_told),
        layout=layout,
        ahead=np.concatenate([each.ahead for each in parts if each.ahead is not None])
        if settings.task == "forecast"
        else None,
    )


def _target(
    part: _Part, test: _Part | None, layout: TableLayout, roles: Roles, task: str
) -> tuple[Target | None, tuple[str, ...]]:
    """The target, where there is one. For reconstructions it is a label, of whatever kind it looks like."""
    if not roles.target:
        return None, ()
    column = next(each for each in layout.columns if each.name == roles.target)
    task = {"reconstruction": "auto", "forecast": "regression"}.get(task, task)
    labels = None if test is None else test.labels
    return make_target(part.labels, column, task, labels, layout.decimal_comma)


def _layout(cells: Cells, settings: DataSettings, roles: Roles) -> tuple[TableLayout, tuple[str, ...]]:
    """What the columns are, with those left out that are no inputs by their role."""
    columns, comma, notes = find_columns(cells, settings, roles.target)
    if roles.group:
        because = "it says which rows belong together, for the split"
        columns = tuple(
            replace(each, ignored_because=because) if each.name == roles.group else each for each in columns
        )
    if not settings.window:
        columns = keep_counting(columns, {roles.target, roles.group})
    series = None
    if settings.window:
        whole = settings.task == "forecast"
        series = SeriesForm(roles.time or None, settings.window, settings.horizon, whole)
    return (
        TableLayout(
            columns, roles.target or None, cells.header, comma, settings.missing, settings.separator, series
        ),
        notes,
    )


def _inputs(layout: TableLayout, roles: Roles) -> tuple[Column, ...]:
    if layout.series:
        return window_columns(layout)
    return tuple(each for each in layout.columns if each.name != roles.target)


def _part(
    cells: Cells, layout: TableLayout, roles: Roles, *, new: bool = False
) -> tuple[_Part, tuple[str, ...]]:
    """Samples of a source whose columns match the layout."""
    frame = _typed_inputs(cells, layout, roles, new=new)
    if layout.series is not None:
        windows = cut_windows(cells, frame, layout, layout.series)
        if not roles.target:
            part = _Part(windows.frame, cells, None, windows.last.astype(np.float64))
            return part, spacing_notes(cells, frame, layout.series)
        past = frame[roles.target]
        part, notes = _labelled_windows(cells, windows, layout.series, roles.target, past)
        return part, (*spacing_notes(cells, frame, layout.series), *notes)
    group = as_words(frame[roles.group]) if roles.group else None
    time = time_key(cells, frame, roles.time) if roles.time else None
    inputs = frame.select(each.name for each in layout.columns if each.name != roles.target)
    return _Part(inputs, cells, group, time), ()


def _typed_inputs(cells: Cells, layout: TableLayout, roles: Roles, *, new: bool) -> pl.DataFrame:
    """Typed columns. The target is no input but for a series, whose past it is."""
    if layout.series is None:
        others = tuple(each for each in layout.columns if each.name != roles.target)
        return typed_frame(cells, replace(layout, columns=others), new=new)
    return typed_frame(cells, layout, new=new)


def _labelled_windows(
    cells: Cells, windows: Windows, form: SeriesForm, target: str, past: pl.Series
) -> tuple[_Part, tuple[str, ...]]:
    """The windows whose future is known."""
    ahead = windows.rows_ahead(form.horizon)
    known = (ahead >= 0) & cells.frame[target].is_not_null().to_numpy()[ahead]
    steps = None
    if past.dtype.is_numeric() and form.horizon:
        every = np.stack([windows.rows_ahead(step) for step in range(1, form.horizon + 1)], axis=1)
        numbers = past.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        steps = np.where(every >= 0, numbers[every], np.nan)
        if form.whole:
            known &= np.isfinite(steps).all(axis=1)
    kept = np.flatnonzero(known)
    if not len(kept):
        raise DataError(
            f"{cells.origin} has {cells.frame.height} rows: none is left {form.horizon} steps after a window",
            expected=f"more than {form.window + form.horizon} rows with a known {target!r}",
            fix="set data.window or data.horizon to fewer steps",
        )
    rows = ahead[kept]
    lines = None if cells.lines is None else cells.lines[rows]
    labels = replace(cells, frame=cells.frame[rows], lines=lines)
    unknown = int((ahead >= 0).sum()) - len(kept)
    notes = (f"{unknown:,} windows were left out: {target!r} is missing after them",) if unknown else ()
    last = windows.last[kept].astype(np.float64)
    return _Part(windows.frame[kept], labels, None, last, None if steps is None else steps[kept]), notes


def _test_part(
    settings: DataSettings, layout: TableLayout, roles: Roles
) -> tuple[_Part | None, tuple[str, ...]]:
    """The separate test set, read with the kinds that training found."""
    if settings.test is None:
        return None, ()
    cells = open_like(settings.test, layout)
    inputs = [each.name for each in layout.columns if not each.ignored_because]
    required = list(dict.fromkeys([*inputs, *filter(None, (roles.target, roles.group, roles.time))]))
    cells = match_columns(cells, layout, required, DataError)
    notes = cells.notes
    if roles.target and not layout.series:
        cells, told = drop_unlabelled(cells, roles.target)
        notes += told
    part, told = _part(cells, layout, roles, new=True)
    return part, tuple(f"test set: {note}" for note in (*notes, *told))


def _refuse_groups_in_series(settings: DataSettings) -> None:
    if settings.window and settings.group is not None:
        raise UsageError(
            f"data.window = {settings.window} with data.group = {settings.group!r}",
            expected="one series, or a table with groups",
            fix="leave data.group out, or give one file per series",
        )


def _group(parts: list[_Part]) -> NDArray[Any] | None:
    """Group names per row; a row without one is a group of its own."""
    columns = [each.group for each in parts if each.group is not None]
    if not columns:
        return None
    names = pl.concat(columns).to_list()
    return np.array(
        [f"(row {row})" if name is None else name for row, name in enumerate(names)], dtype=np.str_
    )


def _time(parts: list[_Part], layout: TableLayout) -> NDArray[np.int64] | None:
    """A whole number per row that grows with time; the windows of a test series come after all others."""
    keys = [each.time for each in parts if each.time is not None]
    if not keys:
        return None
    if layout.series is not None:
        starts = np.cumsum([0.0, *(key[-1] + 1 for key in keys[:-1])])
        return np.concatenate([key + start for key, start in zip(keys, starts, strict=True)]).astype(np.int64)
    order = pl.Series(np.concatenate(keys)).rank("dense")
    return order.cast(pl.Int64).to_numpy().copy()

"""Reading further rows by the layout of a table that was read before: test sets, and rows to predict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from glasshouse.core.errors import DataError, GlasshouseError
from glasshouse.core.names import suggestions
from glasshouse.data.raw import TableLayout
from glasshouse.data.tables.cells import Cells, ReadingOptions
from glasshouse.data.tables.frames import cells_from_frame
from glasshouse.data.tables.open_table import open_table
from glasshouse.data.tables.text_lines import TEXT
from glasshouse.data.tables.typed import refuse_extreme, typed_column


def open_like(source: Any, layout: TableLayout, origin: str = "the rows given") -> Cells:
    """Open a path, frame, dictionary or array as another table of a known layout.

    Args:
        source: What holds the rows.
        layout: Of the table read before.
        origin: What messages call rows that do not come from a file.
    """
    names = [each.name for each in layout.columns]
    inputs = [name for name in names if name != layout.target]
    if not isinstance(source, (str, Path)):
        texts = isinstance(source, Sequence) and all(isinstance(each, str) for each in source)
        if texts and len(inputs) == 1:
            source = {inputs[0]: source}
        return cells_from_frame(source, origin, layout.missing)
    path, header = Path(source).expanduser(), "auto" if layout.header else False
    if path.is_dir() and len(inputs) > 1:
        raise DataError(
            f"{path} is a folder",
            expected=f"a table with the columns {', '.join(inputs[:40])}",
            fix="give the file that holds the rows",
        )
    cells = open_table(path, ReadingOptions(header, layout.separator, layout.missing, tuple(inputs)))
    if len(inputs) == 1 and list(cells.declared) == [TEXT]:
        return replace(cells, frame=cells.frame.rename({TEXT: inputs[0]}))
    if not layout.header and not cells.header and set(cells.frame.row(0)) <= set(names):
        # A header was put above rows whose columns had no names in training.
        cells = open_table(path, ReadingOptions(True, layout.separator, layout.missing))
    return cells


def match_columns(
    cells: Cells, layout: TableLayout, required: Sequence[str], failure: type[GlasshouseError]
) -> Cells:
    """Bring columns into the order and names of a layout, by name or where there are no names by position.

    Columns of the layout that are not required may be absent; they become empty.

    Args:
        cells: The rows as read.
        layout: The layout to match.
        required: Columns that must be there.
        failure: The class of the error to raise.

    Raises:
        GlasshouseError: Columns are missing, unknown, or too few or many to go by position; as ``failure``.
    """
    known = [each.name for each in layout.columns]
    if not cells.header:
        cells = _by_position(cells, layout, required, failure)
    present = cells.frame.columns
    missing = [name for name in required if name not in present]
    unknown = [name for name in present if name not in known]
    if missing or unknown:
        raise failure(
            f"{cells.origin}: " + "; ".join(_told(missing, unknown)),
            expected="the columns " + ", ".join(required[:40]) + (" ..." if len(required) > 40 else ""),
            fix=_remedy(missing, unknown, present, known),
        )
    empty = pl.lit(None, dtype=pl.String)
    frame = cells.frame.select(pl.col(name) if name in present else empty.alias(name) for name in known)
    return replace(cells, frame=frame)


def _by_position(
    cells: Cells, layout: TableLayout, required: Sequence[str], failure: type[GlasshouseError]
) -> Cells:
    """Name the columns of rows without names: all of the layout, all but the target, or only those in use."""
    known = [each.name for each in layout.columns]
    inputs = [name for name in known if name != layout.target]
    width = cells.frame.width
    text = cells.lines is not None
    if layout.header and text:
        raise failure(
            f"{cells.origin} has no header",
            expected="the names of its columns in the first line: " + ", ".join(required[:40]),
            fix="add the header, so that no column is taken for another",
        )
    for names in (inputs if layout.target not in required else known, known, list(required)):
        if len(names) == width:
            return replace(
                cells, frame=cells.frame.rename(dict(zip(cells.frame.columns, names, strict=True)))
            )
    raise failure(
        f"{cells.origin} has {width} columns without names",
        expected=f"{len(inputs)} columns in the order of training"
        + (f", or {len(known)} with the target {layout.target!r}" if layout.target else ""),
        fix="give the same columns in the same order, or name them",
    )


def _told(missing: Sequence[str], unknown: Sequence[str]) -> Iterable[str]:
    if missing:
        word = "column is" if len(missing) == 1 else "columns are"
        yield f"{len(missing)} {word} missing: {', '.join(map(repr, missing[:10]))}"
    if unknown:
        word = "column is" if len(unknown) == 1 else "columns are"
        yield f"{len(unknown)} {word} unknown: {', '.join(map(repr, unknown[:10]))}"


def _remedy(
    missing: Sequence[str], unknown: Sequence[str], present: Sequence[str], known: Sequence[str]
) -> str:
    """Which unknown column was probably meant to be which missing one."""
    steps = []
    for name in unknown[:5]:
        near = suggestions(name, [each for each in known if each not in present], most=1)
        steps.append(f"rename {name!r} to {near[0]!r}" if near else f"remove {name!r}")
    meant = " ".join(steps)
    steps += [f"add {name!r}" for name in missing[:5] if f"to {name!r}" not in meant]
    return ", ".join(steps)


def typed_frame(cells: Cells, layout: TableLayout, *, new: bool = False) -> pl.DataFrame:
    """All columns of a layout in the type of their kind.

    Args:
        cells: Rows whose columns are those of the layout.
        layout: The kinds.
        new: Whether the kinds come from other rows: then a cell that does not fit is for the file to mend.

    Raises:
        DataError: A cell does not fit its column's kind; file, row and column are named.
    """
    try:
        frame = pl.DataFrame([typed_column(cells, each, layout.decimal_comma) for each in layout.columns])
    except DataError as error:
        if not new:
            raise
        fix = "correct the cell, or leave it empty if the value is missing"
        raise DataError(error.received, expected=error.expected, fix=fix) from error
    if not new:
        for column in layout.columns:
            if column.kind == "number" and not column.ignored_because:
                refuse_extreme(cells, frame[column.name])
    return frame

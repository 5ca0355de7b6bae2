"""What stands above the rows of a text table: titles to skip, the names of the columns, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from glasshouse.core.errors import DataError
from glasshouse.data.tables.cells import ReadingOptions
from glasshouse.data.tables.sniff import is_header, rows_of, usual_width

_MOST_TITLES = 20


@dataclass(frozen=True)
class Heading:
    """Where the rows begin, and the names above them.

    Args:
        names: Cells of the header, or ``None`` where there is none.
        first_line: The line of the file at which the rows begin, from 1.
        skipped_rows: How many of the sampled rows stand above.
        notes: What was skipped.
    """

    names: tuple[str, ...] | None
    first_line: int
    skipped_rows: int
    notes: tuple[str, ...] = ()


def find_heading(
    top: Sequence[str], rows: Sequence[Sequence[str]], separator: str, options: ReadingOptions
) -> Heading:
    """Find out where the rows begin and whether names stand above them.

    Args:
        top: The first lines of the file.
        rows: The first rows, blank ones left out.
        separator: What stands between the cells.
        options: Whether there is a header, if that is known, and names that it should hold.
    """
    skipped = _titles(rows)
    notes = tuple(f"line {' '.join(row).strip()!r} above the table was skipped" for row in rows[:skipped])
    names = None
    if skipped < len(rows) and _named(rows[skipped:], options):
        names = tuple(cell.strip() for cell in rows[skipped])
        names = (names[0].lstrip("# ") or names[0], *names[1:])
        skipped += 1
    return Heading(names, _line_of_row(top, separator, skipped), skipped, notes)


def _titles(rows: Sequence[Sequence[str]]) -> int:
    """How many rows of one cell stand above a table of three and more columns."""
    width, _ = usual_width(rows)
    count = 0
    if rows and rows[0][0].strip().lower().startswith("sep="):
        count = 1  # a line for spreadsheet programs that names the separator
    while width >= 3 and count < min(len(rows) - 1, _MOST_TITLES) and len(rows[count]) == 1:
        count += 1
    return count


def _named(rows: Sequence[Sequence[str]], options: ReadingOptions) -> bool:
    first = [cell.strip() for cell in rows[0]]
    if isinstance(options.header, bool):
        return options.header
    if set(first) & set(options.known):
        return True
    below = rows[1:]
    width, _ = usual_width(rows)
    if len(first) == width - 1:
        below = [row[1:] for row in below]
    return is_header(first, below, options.missing)


def _line_of_row(top: Sequence[str], separator: str, index: int) -> int:
    """The line at which the row of that number begins; names may be quoted over several lines."""
    if index == 0:
        return 1
    reader = rows_of(top, separator, "loose")
    for row in reader:
        if any(map(str.strip, row)):
            index -= 1
        if index == 0:
            return reader.line_num + 1
    return len(top) + 1


def name_columns(
    heading: Heading, frame: pl.DataFrame, origin: str
) -> tuple[list[tuple[int, str]], set[int], tuple[str, ...]]:
    """Names for the columns of a table that is still numbered.

    Returns:
        Pairs of column number and name, numbers of columns to leave out, and notes.

    Raises:
        DataError: The header names more or fewer columns than the rows have.
    """
    width = frame.width
    names: list[str] = list(heading.names or ())
    drop: set[int] = set()
    notes: list[str] = []
    if heading.names is None:
        return [(index, f"column_{index}") for index in range(width)], drop, ()
    if len(names) == width - 1 and _blank(frame[:, -1]):
        drop.add(width - 1)
        names.append("")
        notes.append("every row ends with a separator: the empty last column was left out")
    elif len(names) == width - 1:
        names.insert(0, "row")
        notes.append("every row has one cell more than the header: the first is taken as the row's name")
    names = names if any(names[width:]) else names[:width]
    if len(names) != width:
        raise DataError(
            f"{origin}, line {heading.first_line - 1}: the header names {len(names)} columns",
            expected=f"{width} names, as every row below has {width} cells",
            fix="complete the header, or say --no-header if that line holds values",
        )
    for index, name in enumerate(names):
        if not name:
            names[index] = "row" if index == 0 and "row" not in names else f"column_{index}"
    renamed = _apart(names)
    for before, after in zip(names, renamed, strict=True):
        if before != after:
            notes.append(f"a second column called {before!r} was renamed {after!r}")
    return list(enumerate(renamed)), drop, tuple(notes)


def _apart(names: Sequence[str]) -> list[str]:
    """Names that all differ: a second ``x`` becomes ``x_2``, or the next number that is free."""
    apart: list[str] = []
    for name in names:
        number, free = 2, name
        while free in apart or (free != name and free in names):
            number, free = number + 1, f"{name}_{number}"
        apart.append(free)
    return apart


def _blank(column: pl.Series) -> bool:
    return bool((column.str.strip_chars() == "").all())

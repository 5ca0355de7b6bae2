"""Reading tables written as text: one row per line, cells between separators, quotes where needed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.tables.cells import Cells, ReadingOptions, clean
from glasshouse.data.tables.header import Heading, find_heading, name_columns
from glasshouse.data.tables.regular_lines import read_regular
from glasshouse.data.tables.sniff import (
    SAMPLE_LINES,
    Quoting,
    find_separator,
    rows_of,
    sample_rows,
    usual_width,
)
from glasshouse.data.tables.text_file import TextFile

_CHUNK = 1 << 16
_LONGEST_CELL = (1 << 31) - 1
_NOTHING = "\x1f"  # stands between the cells where a line is one cell: no text holds this control character


@dataclass(frozen=True)
class _Source:
    """What every way of reading begins with: the text, its first lines, and what is known about it."""

    file: TextFile
    top: list[str]
    separator: str
    options: ReadingOptions


@dataclass(frozen=True)
class _Parsed:
    """What one way of reading made of a table: sound if all rows are alike and every quote closes.

    Args:
        quoting: The way.
        heading: What stands above the rows.
        frame: The sound rows, columns numbered.
        lines: The line of each of them.
        ragged: Line and number of cells of each row that is shorter or longer than most.
        joined: Whether a row went over several lines.
        broken: Where and why reading stopped, if it did.
    """

    quoting: Quoting
    heading: Heading
    frame: pl.DataFrame
    lines: NDArray[np.int64]
    empty: tuple[int, ...]
    ragged: tuple[tuple[int, int], ...]
    joined: bool
    broken: str

    @property
    def sound(self) -> bool:
        return not self.ragged and not self.broken


def read_delimited(file: TextFile, options: ReadingOptions) -> Cells:
    """Read a text table: separator, quoting and header are found out where they are not given.

    Blank lines are ignored. Lines of one cell above a wider table (titles, comments) are skipped and noted.
    When every row has one cell more than the header, the first column is called ``row``: it holds row names.

    Raises:
        DataError: Rows differ in length, a quote never closes, or there are no rows; lines are named.
    """
    top = list(islice(io.StringIO(file.text, newline=""), SAMPLE_LINES))
    separator = (
        _separator(top, file.path.suffix.lower()) if options.separator == "auto" else options.separator
    )
    parsed = _parse(_Source(file, top, separator, options))
    heading = parsed.heading
    if parsed.frame.height == 0:
        raise DataError(
            f"{file.path.name} has a header and no rows",
            expected="at least one row below the names",
            fix="check that the file is whole; if its first line holds values, say --no-header",
        )
    names, drop, notes = name_columns(heading, parsed.frame, file.path.name)
    frame = parsed.frame.select(pl.col(str(index)).alias(name) for index, name in names if index not in drop)
    frame = clean(frame, options.missing)
    cells = Cells(frame, file.path.name, parsed.lines, heading.names is not None, separator.strip(_NOTHING))
    cells, dropped = _without_repeated_header(cells)
    if parsed.quoting == "plain":
        notes = (*notes, 'quotes (") do not enclose cells: they were left as characters')
    return replace(cells, notes=(*file.notes, *heading.notes, *notes, *_empty(parsed), *dropped))


def _empty(parsed: _Parsed) -> tuple[str, ...]:
    """A sentence about rows of nothing but separators, for whoever counts on a row of answers for each."""
    count = len(parsed.empty)
    if not count:
        return ()
    shown = ", ".join(map(str, parsed.empty[:3])) + (" ..." if count > 3 else "")
    told = "row without any value was" if count == 1 else "rows without any value were"
    return (f"{count:,} {told} left out (line{'s' if count > 1 else ''} {shown})",)


def _separator(top: Sequence[str], suffix: str) -> str:
    """The separator that is found, or where lines are single cells one that leaves them whole."""
    found = find_separator(top, suffix)
    if found is None:
        found = "," if usual_width(sample_rows(top, ",")) == (1, 1.0) else _NOTHING
    return found


def _parse(source: _Source) -> _Parsed:
    """Read the rows in the way of quoting that leaves them all alike.

    A quote at the start of a cell normally opens a quoted cell. Where quotes are plain characters that
    reading breaks, or it joins lines that are whole rows by themselves: then they are left as they are. (The
    parts of a row that was quoted over several lines are never whole rows.)
    """
    double = _attempt(source, "double")
    if double.sound and not double.joined:
        return double
    escaped = _attempt(source, "escaped") if '\\"' in source.file.text and not double.sound else double
    if escaped.sound and not escaped.joined:
        return escaped
    plain = _attempt(source, "plain")
    if plain.sound and _quotes_are_characters(plain.frame, double):
        return plain
    loose = _attempt(source, "loose")
    last_choice = [plain] if not _quotes_enclose(plain.frame) else []
    for attempt in (double, escaped, *sorted((loose, *last_choice), key=lambda each: each.joined)):
        if attempt.sound:
            return attempt
    raise _unreadable(source.file, min((double, escaped, loose), key=lambda each: len(each.ragged)))


def _attempt(source: _Source, quoting: Quoting) -> _Parsed:
    """Read all rows in one way, in chunks of columns so that memory stays flat."""
    sample = sample_rows(source.top, source.separator, quoting)
    heading = find_heading(source.top, sample, source.separator, source.options)
    width = usual_width(sample[heading.skipped_rows :])[0]
    regular = read_regular(source.file.text, heading.first_line, source.separator, width)
    if regular is not None:
        return _Parsed(quoting, heading, *regular, ragged=(), joined=False, broken="")
    stream = io.StringIO(source.file.text, newline="")
    skipped = sum(1 for _ in islice(stream, heading.first_line - 1))
    reader = rows_of(stream, source.separator, quoting)
    rows: list[list[str]] = []
    chunks: list[pl.DataFrame] = []
    lines: list[int] = []
    ragged: list[tuple[int, int]] = []
    empty: list[int] = []
    joined, broken, start = False, "", skipped + 1
    with _long_cells():
        try:
            for row in reader:
                line, start = start, skipped + reader.line_num + 1
                joined = joined or start - line > 1
                if len(row) != width or not row[0]:  # may be blank or ragged
                    if not any(map(str.strip, row)):
                        empty += [line] if len(row) >= width > 1 else []
                        continue
                    if len(row) < width or any(map(str.strip, row[width:])):
                        ragged.append((line, len(row)))
                        continue
                    row = row[:width]
                rows.append(row)
                lines.append(line)
                if len(rows) == _CHUNK:
                    chunks.append(_columns(rows, width))
                    rows.clear()
        except csv.Error as error:
            broken = f"line {start}: {_told(error)}"
    chunks.append(_columns(rows, width))
    where = np.asarray(lines, dtype=np.int64)
    frame = pl.concat(chunks)
    return _Parsed(quoting, heading, frame, where, tuple(empty), tuple(ragged), joined, broken)


def _columns(rows: Sequence[Sequence[str]], width: int) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ((),) * width
    return pl.DataFrame([pl.Series(str(i), list(each), pl.String) for i, each in enumerate(columns)])


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let cells be longer than the csv module's 128 KiB: whole documents stand in some."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _quotes_are_characters(frame: pl.DataFrame, double: _Parsed) -> bool:
    """Whether quotes stand in the text of cells and enclose nothing, given sound rows with quotes left alone.

    Where quoted cells could be read soundly too, but over several lines, each of these lines must be a whole
    row by itself, and cells that open without closing must outnumber those in quotes.
    """
    opened, _ = _open_ends(frame)
    if not double.sound:
        return bool(opened.any()) and not _quotes_enclose(frame)
    enclosed = frame.select(pl.sum_horizontal(pl.all().str.contains(r'^\s*".*"\s*$').sum())).item()
    return frame.width == double.frame.width > 1 and int(opened.sum()) > enclosed


def _quotes_enclose(frame: pl.DataFrame) -> bool:
    """Whether quotes that open in one cell mostly close in another: they enclose separators."""
    opened, closed = _open_ends(frame)
    return bool((opened & closed).sum() * 2 > opened.sum())


def _open_ends(frame: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """For each row whether some cell only opens with a quote, and whether some cell only closes with one."""
    cell = pl.all().str.strip_chars()
    opens = cell.str.starts_with('"')
    closes = cell.str.ends_with('"')
    alone = cell.str.len_bytes() == 1
    opened = frame.select(pl.any_horizontal(opens & (~closes | alone))).to_series()
    closed = frame.select(pl.any_horizontal(closes & (~opens | alone))).to_series()
    return opened, closed


def _told(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote opens and is never closed"
    return "a quote closes in the middle of a cell"


def _unreadable(file: TextFile, parsed: _Parsed) -> DataError:
    name, width = file.path.name, parsed.frame.width
    if not parsed.ragged:
        return DataError(
            f"{name}, {parsed.broken}",
            expected='cells with a quote inside written as "a ""quoted"" word"',
            fix="correct the line, or double the quotes inside the cell",
        )
    line, found = parsed.ragged[0]
    more = len(parsed.ragged) - 1
    others = ", ".join(str(each) for each, _ in parsed.ragged[1:6]) + (" ..." if more > 5 else "")
    plural = "s" if more > 1 else ""
    told = f" (and {more:,} more such row{plural}: line{plural} {others})" if more else ""
    last = file.text.rstrip("\r\n").count("\n") + 1
    if found < width and line >= last and not file.text.endswith(("\n", "\r")):
        fix = "the file seems to have been cut off: copy it again, or delete its last line"
    elif found > width:
        fix = "put quotes around cells that hold the separator, or name the separator with --separator"
    else:
        fix = "complete the line, or name the separator with --separator if another one was meant"
    return DataError(
        f"{name}, line {line}: {found} {'cell' if found == 1 else 'cells'}{told}",
        expected=f"{width} cells, as in the other {parsed.frame.height:,} rows",
        fix=fix,
    )


def _without_repeated_header(cells: Cells) -> tuple[Cells, tuple[str, ...]]:
    """Drop rows that repeat the header: files are often put together from several."""
    if not cells.header:
        return cells, ()
    same = cells.frame.select(
        pl.all_horizontal(pl.col(name).eq_missing(pl.lit(name)) for name in cells.frame.columns)
    ).to_series()
    count = int(same.sum())
    if not count or count == len(same):
        return cells, ()
    where = cells.where(same.arg_true().to_list()[:3])
    return cells.keep(~same), (f"{count} rows that repeat the header were left out ({where})",)

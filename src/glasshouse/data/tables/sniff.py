"""Finding out how a text table is written: its separator, and whether its first row holds names."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from _csv import Reader

Quoting = Literal["double", "escaped", "loose", "plain"]
"""How quotes work: doubled inside quotes, escaped by a backslash, closed anyhow, or as plain characters."""

SAMPLE_LINES = 1000
_CANDIDATES = ("\t", ";", "|", ",")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ].*)?|\d{1,2}:\d{2}(:\d{2}.*)?|\d{4}-\d{2}")
_LABEL = re.compile(r"[^\W\d][\w .()/%#-]{0,39}(?<![.])")
_ENOUGH_ALIKE = 0.7


def rows_of(lines: Iterable[str], separator: str, quoting: Quoting) -> Reader:
    """Read lines as rows of cells in one of the ways in which text tables are written.

    With a space as the separator any run of spaces and tabs separates.
    """
    if separator == " ":
        lines = (" ".join(line.split()) + "\n" for line in lines)
    return csv.reader(
        lines,
        delimiter=separator,
        quoting=csv.QUOTE_NONE if quoting == "plain" else csv.QUOTE_MINIMAL,
        escapechar="\\" if quoting == "escaped" else None,
        skipinitialspace=True,
        strict=quoting in ("double", "escaped"),
    )


def sample_rows(lines: Sequence[str], separator: str, quoting: Quoting | None = None) -> list[list[str]]:
    """The rows at the top of a table, blank ones left out.

    Without a way of quoting quotes enclose cells, unless they swallow most of the lines.
    """
    given = [line for line in lines if line.strip()][:SAMPLE_LINES]
    rows = _filled(rows_of(given, separator, quoting or "loose"))
    if quoting is None and len(rows) < len(given) / 2:
        plain = _filled(rows_of(given, separator, "plain"))
        rows = plain if usual_width(plain)[1] >= usual_width(rows)[1] else rows
    return rows


def _filled(rows: Reader) -> list[list[str]]:
    return [row for row in _unless_broken(rows) if any(map(str.strip, row))]


def _unless_broken(rows: Reader) -> Iterator[list[str]]:
    """Rows until one cannot be read: what is wrong with it is told when the whole file is read."""
    try:
        yield from rows
    except csv.Error:
        return


def usual_width(rows: Sequence[Sequence[str]]) -> tuple[int, float]:
    """The number of cells that most rows have, and the share of rows that have it.

    The first row may hold one name fewer than the others hold cells, so it counts only when it is alone.
    """
    counts = Counter(len(row) for row in (rows[1:] or rows))
    width, count = counts.most_common(1)[0] if counts else (0, 0)
    return width, count / max(1, sum(counts.values()))


def find_separator(lines: Sequence[str], suffix: str = "") -> str | None:
    """The character that stands between the cells, or ``None`` where there is only one cell per line.

    The winner divides nearly all rows into the same number of cells and leaves the least of the other
    candidates inside them. Spaces count only where they divide every row alike and some column is numeric.

    Args:
        lines: The top of the file.
        suffix: Of the file; ``.tsv`` speaks for tabs, and ``.txt`` asks for more evidence.
    """
    if lines and (named := re.fullmatch(r"sep=(.)", lines[0].strip())):
        return named[1]
    if suffix in (".tsv", ".tab") and any("\t" in line for line in lines):
        return "\t"
    scores = {each: _score(sample_rows(lines, each), each) for each in _CANDIDATES}
    best = max(_CANDIDATES, key=lambda each: scores[each])
    found = scores[best][0] >= (0.9 if suffix == ".txt" else _ENOUGH_ALIKE)
    if found and not any(map(_packed, _columns(sample_rows(lines, best)))):
        return best
    rows = sample_rows(lines, " ")
    width, alike = usual_width(rows)
    if width >= 2 and alike == 1 and any(map(_mostly_values, _columns(rows))):
        return " "
    return best if found else None


def _columns(rows: list[list[str]]) -> list[tuple[str, ...]]:
    """Columns below the first row, which may hold names; ragged rows left out."""
    width, _ = usual_width(rows)
    return list(zip(*(row for row in rows[1:] if len(row) == width), strict=True))


def _packed(cells: Sequence[str]) -> bool:
    """Whether most cells hold several numbers with spaces between them."""
    several = sum(
        1 for cell in cells if len(parts := cell.split()) > 1 and all(map(_NUMBER.fullmatch, parts))
    )
    return several >= 0.8 * len(cells) > 0


def _score(rows: list[list[str]], separator: str) -> tuple[float, float, int]:
    """How well a separator divides: rows alike, cells free of other separators, and cells per row."""
    width, alike = usual_width(rows)
    if width < 2:
        return 0.0, 0.0, 0
    others = set(_CANDIDATES) - {separator}
    cells = [cell for row in rows if len(row) == width for cell in row]
    clean = sum(1 for cell in cells if not others & set(cell) or _DECIMAL_COMMA.fullmatch(cell.strip()))
    return round(alike, 2), round(clean / max(1, len(cells)), 2), width


def is_value(cell: str) -> bool:
    """Whether a cell reads as a number, a date or a time: something that names no column."""
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))


def _mostly_values(cells: Sequence[str]) -> bool:
    return bool(cells) and sum(map(is_value, cells)) >= 0.8 * len(cells)


def is_header(first: Sequence[str], body: Sequence[Sequence[str]], missing: Sequence[str]) -> bool:
    """Whether the first row holds names.

    It does not if a cell of it is a number, a date, or a mark for a missing value. Then each column has a
    vote: a name above numbers speaks for a header, a word that occurs again below speaks against it, and a
    word that never occurs among few repeated ones speaks softly for it. Words that stand twice in the first
    row need more than soft votes. A row of words with nothing below it is a header.

    Args:
        first: Cells of the first row.
        body: The rows below.
        missing: Cells that mean a value is missing.
    """
    names = [cell.strip() for cell in first]
    given = [name for name in names if name]
    if not given or (any(map(is_value, given)) and not _years(given)) or set(given) & set(missing):
        return False
    below = [row for row in ([cell.strip() for cell in row] for row in body) if row != names]
    if not below:
        return len(set(given)) == len(given)
    strongly = softly = against = 0
    for index, name in enumerate(names):
        present = [row[index] for row in below if index < len(row) and row[index] not in ("", *missing)]
        if not name or not present:
            continue
        if _mostly_values(present):
            strongly += 1
        elif name in present:
            against += 1
        elif len(set(present)) <= len(present) / 2:
            softly += 1
    if strongly > against or len(set(given)) < len(given):
        return strongly > against
    return (softly > 0 or _reads_like_labels(given, below)) and not against


def _years(names: Sequence[str]) -> bool:
    """Words, then years that rise: the header of a table with a column for each year."""
    years = [name for name in names if is_value(name)]
    plain = all(re.fullmatch(r"(18|19|20)\d\d", year) for year in years)
    return plain and 1 < len(years) < len(names) and sorted(set(years)) == years


def _reads_like_labels(names: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """The last resort for columns of ever new words: short labels above longer cells."""
    if not all(_LABEL.fullmatch(name) for name in names):
        return False
    lengths = [sum(map(len, row)) for row in body]
    return sum(map(len, names)) * 2 < sum(lengths) / len(lengths)

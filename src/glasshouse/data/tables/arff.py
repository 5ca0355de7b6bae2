"""Reading ARFF, the format of Weka and of many public data sets: tables that declare their columns.

Source: The ARFF description of the Weka project (Witten, Frank and Hall, 2011, Data Mining, section 2.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from glasshouse.core.errors import DataError
from glasshouse.data.raw import Column
from glasshouse.data.tables.cells import Cells
from glasshouse.data.tables.text_file import TextFile

_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_CELL = re.compile(rf"\s*({_QUOTED}|[^,]*?)\s*(,|$)")
_ATTRIBUTE = re.compile(rf"@attribute\s+({_QUOTED}|[^\s{{]+)\s*(\{{.*\}}|\S+)\s*(.*)", re.IGNORECASE)
_WEIGHT = re.compile(r",\s*\{\s*[\d.eE+-]+\s*\}\s*$")
_SPARSE = re.compile(rf"\s*(\d+)\s+({_QUOTED}|[^,\s]+)\s*(,|$)")
_DATE_TOKEN = re.compile(r"'[^']*'|([a-zA-Z])\1*|.")
_LINE_END = re.compile(r"\r\n|\n|\r")
_ESCAPE = re.compile(r"\\(.)")
_NUMERIC = ("numeric", "real", "integer")
_DEFAULT_DATE = "yyyy-MM-dd'T'HH:mm:ss"
_DATE_PARTS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%m",
    "dd": "%d",
    "d": "%d",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "a": "%p",
    "Z": "%#z",
    "XXX": "%#z",
    "z": "%#z",
}


@dataclass(frozen=True)
class _Attribute:
    name: str
    type: str
    values: tuple[str, ...] = ()
    form: str = ""

    @property
    def unwritten(self) -> str | None:
        """What a sparse row means by leaving the attribute out: zero, or the first declared value."""
        if self.type == "nominal":
            return self.values[0] if self.values else None
        return "0" if self.type == "number" else None


def read_arff(file: TextFile) -> Cells:
    """Read an ARFF file: nominal, numeric, string and date attributes, dense or sparse rows.

    ``?`` means missing, ``%`` starts a comment, names and values may be quoted.

    Raises:
        DataError: A declaration or row does not follow the format; its line is named.
    """
    lines = enumerate(_LINE_END.split(file.text), 1)
    attributes = _declarations(lines, file.path.name)
    rows: list[Sequence[str | None]] = []
    numbers: list[int] = []
    weighted = False
    for number, line in lines:
        line = line.strip()
        if not line or line.startswith("%"):
            continue
        if line.endswith("}") and not line.startswith("{") and _WEIGHT.search(line):
            line, weighted = _WEIGHT.sub("", line), True
        rows.append(_row(line, attributes, f"{file.path.name}, line {number}"))
        numbers.append(number)
    if not rows:
        raise DataError(f"{file.path.name} has no rows after @data", fix="check that the file is whole")
    columns = zip(*rows, strict=True)
    frame = pl.DataFrame(
        [pl.Series(each.name, cells, pl.String) for each, cells in zip(attributes, columns, strict=True)]
    )
    declared = {each.name: _column(each) for each in attributes if each.type != "string"}
    notes = ("weights of rows were left out: every row counts once",) if weighted else ()
    cells = Cells(
        frame,
        file.path.name,
        np.asarray(numbers, dtype=np.int64),
        declared=declared,
        notes=(*file.notes, *notes),
    )
    _check_nominal(cells, attributes)
    return cells


def _declarations(lines: Iterator[tuple[int, str]], origin: str) -> list[_Attribute]:
    """Read up to ``@data``."""
    attributes: list[_Attribute] = []
    number = 0
    for number, line in lines:
        line = line.strip()
        word = line.split(maxsplit=1)[0].lower() if line else ""
        if word == "@data":
            if not attributes:
                raise DataError(
                    f"{origin}, line {number}: @data before any @attribute", fix="declare columns"
                )
            return attributes
        if word == "@attribute":
            attribute = _attribute(line, f"{origin}, line {number}")
            if attribute.name in [each.name for each in attributes]:
                raise DataError(
                    f"{origin}, line {number}: a second attribute named {attribute.name!r}",
                    fix="give each attribute a name of its own",
                )
            attributes.append(attribute)
        elif word and word != "@relation" and not word.startswith("%"):
            raise DataError(
                f"{origin}, line {number}: {line[:60]!r}",
                expected="@relation, @attribute, @data, or a comment that starts with %",
                fix="check that the file is ARFF; another table needs another file name, such as .csv",
            )
    raise DataError(
        f"{origin} ends in line {number} before @data",
        expected="@attribute lines, then @data and the rows",
        fix="check that the file is whole",
    )


def _attribute(line: str, where: str) -> _Attribute:
    found = _ATTRIBUTE.fullmatch(line)
    if found is None:
        raise DataError(
            f"{where}: {line[:60]!r}",
            expected="@attribute NAME TYPE",
            fix="write a type behind the name: numeric, string, date or {one, another}",
        )
    name, kind, rest = _unquote(found[1]), found[2], found[3].strip()
    if kind.startswith("{"):
        return _Attribute(name, "nominal", tuple(_unquote(each) for each in _split(kind[1:-1])))
    if kind.lower() in _NUMERIC:
        return _Attribute(name, "number")
    if kind.lower() == "string":
        return _Attribute(name, "string")
    if kind.lower() == "date":
        return _Attribute(name, "date", form=_date_form(_unquote(rest) or _DEFAULT_DATE, where))
    raise DataError(
        f"{where}: attribute {name!r} has the type {kind!r}",
        expected="numeric, real, integer, string, date or {one, another}",
        fix="declare it as one of them, or remove the column",
    )


def _row(line: str, attributes: list[_Attribute], where: str) -> Sequence[str | None]:
    if line.startswith("{"):
        return _sparse(line, attributes, where)
    if "," not in line and "\t" in line:
        line = line.replace("\t", ",")
    if "'" in line or '"' in line:
        cells = [None if cell == "?" else _unquote(cell) for cell in _split(line)]
    else:
        cells = [None if (cell := each.strip()) in ("?", "") else cell for each in line.split(",")]
    if len(cells) != len(attributes):
        raise DataError(
            f"{where}: {len(cells)} values",
            expected=f"{len(attributes)} values, one for each @attribute",
            fix="complete the row, or put quotes around values that hold a comma",
        )
    return cells


def _sparse(line: str, attributes: list[_Attribute], where: str) -> Sequence[str | None]:
    """A row as ``{index value, ...}``: what is left out is zero, not missing."""
    cells = [each.unwritten for each in attributes]
    if not line.endswith("}"):
        raise DataError(
            f"{where}: a sparse row without its closing brace", fix="check that the file is whole"
        )
    inner, position = line[1:-1].strip(), 0
    while position < len(inner):
        entry = _SPARSE.match(inner, position)
        if entry is None or int(entry[1]) >= len(attributes):
            raise DataError(
                f"{where}: {inner[position : position + 40]!r} in a sparse row",
                expected=f"an index from 0 to {len(attributes) - 1}, a space and a value",
                fix="correct the row",
            )
        cells[int(entry[1])] = None if entry[2] == "?" else _unquote(entry[2])
        position = entry.end()
    return cells


def _split(line: str) -> list[str]:
    """Divide at commas outside quotes."""
    cells: list[str] = []
    position, more = 0, bool(line.strip())
    while more and (found := _CELL.match(line, position)):
        cells.append(found[1])
        position, more = found.end(), found[2] == ","
    return cells


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return _ESCAPE.sub(r"\1", value[1:-1]).strip()
    return value


def _column(attribute: _Attribute) -> Column:
    if attribute.type == "nominal":
        return Column(attribute.name, "category")
    return Column(attribute.name, "number" if attribute.type == "number" else "date", form=attribute.form)


def _check_nominal(cells: Cells, attributes: list[_Attribute]) -> None:
    for each in attributes:
        if each.type != "nominal":
            continue
        column = cells.frame[each.name]
        unknown = column.is_not_null() & ~column.is_in(list(each.values))
        if unknown.any():
            row = int(unknown.arg_true()[0])
            raise DataError(
                f"{cells.where([row])}, attribute {each.name!r}: the value {column[row]!r} was not declared",
                expected="one of " + ", ".join(each.values[:20]),
                fix="correct the value, or add it to the declaration",
            )


def _date_form(java: str, where: str) -> str:
    """A ``strftime`` pattern for a Java date pattern."""
    form = ""
    java = re.sub(r"\.S+", "~", java)  # fractions of a second come with their point
    for part in _DATE_TOKEN.finditer(java):
        piece = part[0]
        if piece == "~":
            form += "%.f"
        elif piece.startswith("'"):
            form += piece.strip("'").replace("%", "%%")
        elif part[1] is None:
            form += piece
        elif piece in _DATE_PARTS:
            form += _DATE_PARTS[piece]
        else:
            raise DataError(
                f"{where}: the date format {java!r} has the part {piece!r}",
                expected="parts such as yyyy, MM, dd, HH, mm, ss",
                fix="declare the attribute as string",
            )
    return form

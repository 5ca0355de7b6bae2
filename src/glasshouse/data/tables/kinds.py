"""Deciding what the cells of each column are, and which columns a network has no use for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

import polars as pl

from glasshouse.core.errors import DataError, UsageError
from glasshouse.core.names import unknown_name
from glasshouse.data.raw import Column
from glasshouse.data.settings import ColumnKind, DataSettings
from glasshouse.data.tables.cells import Cells
from glasshouse.data.tables.date_forms import DateForm, find_date_form, parse_dates
from glasshouse.data.tables.typed import misfit, parse_numbers, typed_column

CLEARLY = 0.95
"""From this share of numbers on, the rest of a column is a mistake and not a category."""

_COUNTING_ROWS = 10
_UNIQUE_ROWS = 20
_IDENTIFIER = re.compile(r"(^|[\W_])(?i:id|uuid|guid|index|idx|rownum|row_?number)$|[a-z]I[Dd]$|^Unnamed")
_ADORNED = r"[\s,%$€£¥'’_]"


def find_columns(
    cells: Cells, settings: DataSettings, target: str
) -> tuple[tuple[Column, ...], bool, tuple[str, ...]]:
    """The kind of every column, decided by its cells unless the settings or the source say it.

    Args:
        cells: All rows of the source.
        settings: ``settings.columns`` overrules what is found.
        target: The column to predict: it is never left out.

    Returns:
        The columns in the order of the source, whether numbers have decimal commas, and notes.

    Raises:
        DataError: A column is nearly all numbers or dates but for a few cells, which are named.
        UnknownNameError: ``settings.columns`` names a column that is not there.
        UsageError: ``settings.columns`` leaves the target out.
    """
    for name, kind in settings.columns.items():
        if name not in cells.frame.columns:
            raise unknown_name(name, cells.frame.columns, "column")
        if name == target and kind == "ignore":
            raise UsageError(
                f"data.columns.{name} = 'ignore', and {name!r} is the target",
                expected="a target that is not left out",
                fix="name another target, or remove that setting",
            )
    comma = _has_decimal_commas(cells)
    notes = ["numbers are written with a decimal comma"] if comma else []
    columns = []
    for name in cells.frame.columns:
        asked = settings.columns.get(name)
        column, note = _judge(cells, name, asked, comma)
        if note:
            notes.append(f"column {name!r}: {note}")
        if name != target and not column.ignored_because:
            typed = typed_column(cells, column, comma)
            column = replace(column, ignored_because=_idle(typed, column.kind, asked is not None))
        columns.append(column)
    return tuple(columns), comma, tuple(notes)


def _judge(cells: Cells, name: str, asked: ColumnKind | None, comma: bool) -> tuple[Column, str]:
    """The column as asked for, declared, or inferred; with what had to be noted."""
    series = cells.frame[name]
    if asked == "ignore":
        return Column(name, "ignore", "it is left out as asked"), ""
    if asked == "date" and series.dtype == pl.String:
        found = find_date_form(series.drop_nulls())
        return Column(name, "date", form=found.form if found else ""), found.note if found else ""
    if asked is not None:
        return Column(name, asked), ""
    if name in cells.declared:
        return cells.declared[name], ""
    if series.null_count() == len(series):
        return Column(name, "ignore", "every cell is missing"), ""
    if series.dtype == pl.String:
        return _judge_text(cells, name, comma)
    if series.dtype == pl.Boolean:
        return Column(name, "boolean"), ""
    if series.dtype.is_numeric():
        return Column(name, "number"), ""
    if series.dtype.is_temporal():
        return Column(name, "date"), ""
    return Column(name, "ignore", f"its cells hold {series.dtype}, which no network takes as it is"), ""


def _judge_text(cells: Cells, name: str, comma: bool) -> tuple[Column, str]:
    series = cells.frame[name]
    present = series.drop_nulls()
    if present.str.to_lowercase().is_in(["true", "false"]).all():
        return Column(name, "boolean"), ""
    numbers = parse_numbers(series, comma)
    share = (len(series) - numbers.null_count()) / len(present)
    dates = find_date_form(present)
    if share == 1:
        if dates and dates.share == 1:
            return Column(name, "date", form=dates.form), dates.note
        if _are_codes(present):
            return Column(name, "category"), "numbers with leading zeros are taken as codes, not as amounts"
        return Column(name, "number"), ""
    if dates and dates.share == 1:
        return Column(name, "date", form=dates.form), dates.note
    _refuse_strays(cells, series, numbers, share, dates)
    if _reads_like_text(present):
        return Column(name, "text"), ""
    return Column(name, "category"), _doubt(present, share)


def _refuse_strays(
    cells: Cells, series: pl.Series, numbers: pl.Series, share: float, dates: DateForm | None
) -> None:
    if share >= CLEARLY:
        raise misfit(cells, series, series.is_not_null() & numbers.is_null(), "text where a number is due")
    if dates and dates.share >= CLEARLY:
        wrong = series.is_not_null() & parse_dates(series, dates.form).is_null()
        raise misfit(cells, series, wrong, "text where a date is due")


def _doubt(present: pl.Series, share: float) -> str:
    """What speaks against words that are read as categories."""
    bare = parse_numbers(present.str.replace_all(_ADORNED, ""))
    if bare.null_count() <= (1 - CLEARLY) * len(present):
        return (
            f"cells such as {present[0]!r} look like numbers with a sign or separator: they are read as "
            "categories; write them as 1234.5 to use them as numbers"
        )
    if share > 0.5:
        words = present.filter(parse_numbers(present).is_null())
        return (
            f"{share:.0%} of its cells are numbers, others are words such as {words[0]!r}: read as categories"
        )
    return ""


def _are_codes(present: pl.Series) -> bool:
    """Whole numbers of one length, some with leading zeros: postal codes and the like."""
    lengths = present.str.len_chars()
    padded = present.str.contains(r"^0\d+$")
    return (
        bool(padded.any())
        and bool((lengths == lengths[0]).all())
        and bool(present.str.contains(r"^\d+$").all())
    )


def _reads_like_text(present: pl.Series) -> bool:
    """Several words in a cell, and hardly a cell twice."""
    words = cast(float, present.str.count_matches(r"\S+").mean())
    distinct = present.n_unique()
    return distinct >= 5 and ((words >= 3 and distinct > len(present) / 2) or (words >= 8 and distinct > 64))


def _has_decimal_commas(cells: Cells) -> bool:
    """Whether some column shows without doubt that commas are decimal signs.

    ``1,234`` could be a thousand as well, so such cells alone prove nothing.
    """
    if cells.separator in ("", ","):
        return False
    for series in cells.frame.iter_columns():
        if series.dtype != pl.String:
            continue
        present = series.drop_nulls()
        commas = present.filter(present.str.contains(",", literal=True))
        if not len(commas) or commas.str.contains(r"^[+-]?[1-9]\d{0,2}(,\d{3})+$").all():
            continue
        if present.str.contains(r"^[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?$").all():
            return True
    return False


def _idle(series: pl.Series, kind: ColumnKind, asked: bool) -> str:
    """Why a column tells a network nothing, or an empty string."""
    present = series.drop_nulls()
    if not len(present):
        return "every cell is missing"
    distinct = present.n_unique()
    if distinct == 1 and len(present) == len(series):
        return f"every cell is {present[0]:g}" if kind == "number" else f"every cell is {str(present[0])!r}"
    if asked or distinct < len(series):
        return ""
    if kind == "category" and len(series) >= _UNIQUE_ROWS:
        return "every value occurs once: it names rows and says nothing about others"
    if kind == "number" and len(series) >= _COUNTING_ROWS and bool((present == present.floor()).all()):
        lowest, highest = cast(float, present.min()), cast(float, present.max())
        if highest - lowest == len(series) - 1:
            return COUNTS
        if _IDENTIFIER.search(series.name):
            return "it is named like an identifier, and no value occurs twice"
    return ""


COUNTS = "it counts the rows"


def keep_counting(columns: tuple[Column, ...], roles: set[str]) -> tuple[Column, ...]:
    """Take columns that only count rows as inputs after all, where nothing else is left.

    Args:
        columns: All columns.
        roles: Names that are no inputs: the target and the like.

    Raises:
        DataError: Even so no column is left to learn from; each is named with its reason.
    """
    inputs = [each for each in columns if each.name not in roles]
    if any(not each.ignored_because for each in inputs):
        return columns
    if any(each.ignored_because == COUNTS for each in inputs):
        return tuple(
            replace(each, ignored_because="") if each.ignored_because == COUNTS else each for each in columns
        )
    if not inputs:
        raise DataError(
            f"column {columns[0].name!r} is the target, and there is no other",
            expected="at least one column to learn from",
            fix="name the separator with --separator if the file has more columns",
        )
    reasons = "; ".join(f"{each.name!r}: {each.ignored_because}" for each in inputs[:10])
    raise DataError(
        f"no column is left to learn from ({reasons})",
        expected="at least one column that differs between rows and does not merely name them",
        fix="use a column all the same with --set data.columns.NAME=number, or add columns",
    )

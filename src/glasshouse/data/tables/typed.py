"""Cells to typed columns: numbers, booleans, dates, words. A cell that does not fit is named."""

from __future__ import annotations

import polars as pl

from glasshouse.core.errors import DataError
from glasshouse.data.raw import Column
from glasshouse.data.tables.cells import Cells
from glasshouse.data.tables.date_forms import find_date_form, parse_dates, parse_iso

TRUE = ("true", "yes", "y", "t", "1", "1.0")
FALSE = ("false", "no", "n", "f", "0", "0.0")
_SHOWN = 3
_LARGEST = 1e150
"""Numbers beyond it have no square in double precision, so nobody could tell their spread."""


def parse_numbers(cells: pl.Series, decimal_comma: bool = False) -> pl.Series:
    """Text cells as Float64: null where a cell is no number, infinite where it says so, never NaN."""
    if decimal_comma:
        cells = cells.str.replace(",", ".", literal=True)
    return cells.cast(pl.Float64, strict=False).fill_nan(None)


def typed_column(cells: Cells, column: Column, decimal_comma: bool = False) -> pl.Series:
    """One column of a table in the type of its kind, as :class:`RawTable` wants it.

    Raises:
        DataError: Cells do not fit the kind, or numbers are infinite; file, row and column are named.
    """
    series = cells.frame[column.name]
    if column.kind == "number":
        return _numbers(cells, series, decimal_comma)
    if column.kind == "boolean":
        return _booleans(cells, series)
    if column.kind == "date":
        return _dates(cells, series, column.form)
    return as_words(series)


def _numbers(cells: Cells, series: pl.Series, decimal_comma: bool) -> pl.Series:
    if series.dtype == pl.String:
        numbers = parse_numbers(series, decimal_comma)
        if numbers.null_count() > series.null_count():
            wrong = series.is_not_null() & numbers.is_null() & (series.str.to_lowercase() != "nan")
            if wrong.any():
                raise misfit(cells, series, wrong, "text where a number is due")
    elif series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null):
        numbers = series.cast(pl.Float64).fill_nan(None)
    else:
        raise _wrong_type(cells, series, "numbers")
    infinite = numbers.is_infinite().fill_null(value=False)
    if infinite.any():
        rows = infinite.arg_true().to_list()
        raise DataError(
            f"{cells.where(rows[:_SHOWN])}, column {series.name!r}: "
            f"{_listed(series, rows)} is no finite number",
            expected="finite numbers; an empty cell where a value is missing",
            fix=f"correct the cell, or call it missing: {_missing_flag(series, rows)}",
        )
    return numbers


def refuse_extreme(cells: Cells, numbers: pl.Series) -> None:
    """Refuse numbers to learn from that are so large that nobody can tell their spread.

    Rows to predict may hold them: what they become is bounded by what was learnt.

    Raises:
        DataError: There are such numbers; file, row and column are named.
    """
    extreme = (numbers.abs() > _LARGEST).fill_null(value=False)
    if extreme.any():
        rows, series = extreme.arg_true().to_list(), cells.frame[numbers.name]
        raise DataError(
            f"{cells.where(rows[:_SHOWN])}, column {numbers.name!r}: "
            f"{_listed(series, rows)} is too large to compute with",
            expected=f"numbers from {-_LARGEST:g} to {_LARGEST:g}; an empty cell where a value is missing",
            fix=f"correct the cell, or call it missing: {_missing_flag(series, rows)}",
        )


def _booleans(cells: Cells, series: pl.Series) -> pl.Series:
    if series.dtype in (pl.Boolean, pl.Null):
        return series.cast(pl.Boolean)
    words = as_words(series).str.to_lowercase()
    truth = words.is_in(list(TRUE))
    wrong = words.is_not_null() & ~truth & ~words.is_in(list(FALSE))
    if wrong.any():
        raise misfit(cells, series, wrong, "neither true nor false")
    return truth


def _dates(cells: Cells, series: pl.Series, form: str) -> pl.Series:
    if series.dtype in (pl.Datetime("us"), pl.Null):
        return series.cast(pl.Datetime("us"))
    if series.dtype != pl.String and not series.dtype.is_integer():
        raise _wrong_type(cells, series, "dates")
    text = series.cast(pl.String)
    if not form:
        present = text.drop_nulls()
        found = find_date_form(present) if len(present) else None
        form = found.form if found else "%Y-%m-%d"
    moments = parse_dates(text, form)
    if moments.null_count() > text.null_count():
        moments = moments.fill_null(parse_iso(text))
    wrong = text.is_not_null() & moments.is_null()
    if wrong.any():
        raise misfit(cells, series, wrong, "text where a date is due")
    return moments


def as_words(series: pl.Series) -> pl.Series:
    """Values as text, so that 3, 3.0 and "3" are one category. What has no words becomes null."""
    if series.dtype == pl.String:
        return series
    if series.dtype == pl.Boolean or series.dtype.is_integer():
        return series.cast(pl.String)
    if series.dtype.is_numeric():
        whole = (series == series.floor()) & (series.abs() < 2**53)
        short = series.cast(pl.Int64, strict=False).cast(pl.String)
        return short.zip_with(whole.fill_null(value=False), series.cast(pl.String)).alias(series.name)
    if series.dtype.is_temporal():
        return series.dt.to_string("iso")
    return pl.Series(series.name, [None] * len(series), pl.String)


def misfit(cells: Cells, series: pl.Series, wrong: pl.Series, what: str) -> DataError:
    """The error for cells that do not fit their column's kind."""
    rows = wrong.arg_true().to_list()
    more = f" ({len(rows):,} cells in all)" if len(rows) > _SHOWN else ""
    return DataError(
        f"{cells.where(rows[:_SHOWN])}, column {series.name!r}: {what}: {_listed(series, rows)}{more}",
        expected="values of one kind; an empty cell where a value is missing",
        fix=f"call it missing with {_missing_flag(series, rows)}, "
        f"read the column as words with --set data.columns.{series.name}=category, or correct the file",
    )


def _listed(series: pl.Series, rows: list[int]) -> str:
    return ", ".join(repr(series[row]) for row in rows[:_SHOWN])


def _missing_flag(series: pl.Series, rows: list[int]) -> str:
    return f"--missing {str(series[rows[0]])!r}"


def _wrong_type(cells: Cells, series: pl.Series, due: str) -> DataError:
    return DataError(
        f"{cells.origin}, column {series.name!r} holds {series.dtype}", expected=due, fix="convert the column"
    )

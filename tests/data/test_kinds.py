from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from glasshouse.core.errors import DataError, UnknownNameError, UsageError
from glasshouse.data.raw import Column, RawTable
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.read_table import read_table, table_from_frame

ROWS = 40
NAMES = "every value occurs once: it names rows and says nothing about others"
Judge = Callable[..., tuple[Column, RawTable]]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Read a file with one column of these cells, a plain number and a target; return that column."""

    def make(cells: list[str], separator: str = ",", **changes: Any) -> tuple[Column, RawTable]:
        path = tmp_path / "t.csv"
        rows = [f'"{cell}"' if cell else "" for cell in cells]
        lines = [separator.join([row, str(i % 7), "uv"[i % 2]]) for i, row in enumerate(rows)]
        path.write_text("\n".join([separator.join(["c", "other", "y"]), *lines]) + "\n")
        table = read_table(DataSettings(source=str(path), target="y", **changes))
        return table.columns[0], table

    return make


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2.5", "+3", "4e2", ".5", "6."], "number"),
        (["0", "1"], "number"),
        (["1", "", "3", "NA", "?", "nan"], "number"),
        (["true", "False", "TRUE", ""], "boolean"),
        (["yes", "no"], "category"),
        (["t", "f"], "category"),
        (["red", "green", "1"], "category"),
        (["2012-01-02", "2013-12-31", ""], "date"),
        (["2012-01-02 03:04:05", "2012-01-02T03:04:05.678"], "date"),
        (["20120102", "20121231"], "date"),
        (["20120102", "20121399"], "number"),
        (["02139", "10001"], "category"),
        ([f"a sentence of words, number {i}" for i in range(ROWS)], "text"),
        (["New York City", "San Luis Obispo"], "category"),
    ],
)
def test_the_kind_is_told_by_the_cells(judge: Judge, cells: list[str], kind: str) -> None:
    column, table = judge((cells * ROWS)[:ROWS])
    assert column.kind == kind
    assert column.ignored_because == ""
    expected = {"number": pl.Float64, "boolean": pl.Boolean, "date": pl.Datetime("us")}
    assert table.frame["c"].dtype == expected.get(kind, pl.String)


@pytest.mark.parametrize(
    ("cells", "because"),
    [
        (["7"] * ROWS, "every cell is 7"),
        (["word"] * ROWS, "every cell is 'word'"),
        ([""] * ROWS, "every cell is missing"),
        ([str(i) for i in range(ROWS)], "it counts the rows"),
        ([str(100 + (i * 7) % ROWS) for i in range(ROWS)], "it counts the rows"),
        (
            [f"key{i}" for i in range(ROWS)],
            "every value occurs once: it names rows and says nothing about others",
        ),
    ],
)
def test_columns_that_tell_nothing_are_left_out_with_the_reason(
    judge: Judge, cells: list[str], because: str
) -> None:
    assert judge(cells)[0].ignored_because == because


def test_a_constant_with_gaps_is_kept_because_the_gaps_may_tell(judge: Judge) -> None:
    assert judge((["word", ""] * ROWS)[:ROWS])[0].ignored_because == ""


@pytest.mark.parametrize("name", ["id", "ID", "customer_id", "PassengerId", "User ID", "index"])
def test_numbers_named_like_identifiers_and_never_repeated_are_left_out(name: str) -> None:
    frame = {name: [i * 37 + 5 for i in range(30)], "x": [i % 4 for i in range(30)], "y": ["a", "b"] * 15}
    table = table_from_frame(frame, DataSettings(source="f", target="y"))
    assert table.columns[0].ignored_because == "it is named like an identifier, and no value occurs twice"


@pytest.mark.parametrize("name", ["humid", "grid", "candid", "paid"])
def test_words_that_end_like_identifiers_are_not(name: str) -> None:
    frame = {name: [i * 37 + 5 for i in range(30)], "x": [i % 4 for i in range(30)], "y": ["a", "b"] * 15}
    assert table_from_frame(frame, DataSettings(source="f", target="y")).columns[0].ignored_because == ""


def test_a_counting_column_is_used_where_nothing_else_is_left() -> None:
    frame = {"x": list(range(30)), "y": [i * 1.5 for i in range(30)]}
    table = table_from_frame(frame, DataSettings(source="f", target="y"))
    assert table.columns == (Column("x", "number"),)


def test_no_column_left_lists_the_reasons() -> None:
    frame = {"a": ["k"] * 30, "b": [None] * 30, "y": ["u", "v"] * 15}
    with pytest.raises(DataError) as caught:
        table_from_frame(frame, DataSettings(source="f", target="y"))
    assert "no column is left to learn from ('a': every cell is 'k'; 'b': every cell is missing)" in str(
        caught.value
    )
    with pytest.raises(DataError, match="column 'y' is the target, and there is no other"):
        table_from_frame({"y": ["u", "v"] * 15}, DataSettings(source="f", target="y"))


def test_a_few_words_among_numbers_are_named_and_refused(judge: Judge) -> None:
    cells = [str(i * 1.5) for i in range(ROWS * 3)]
    cells[7], cells[9] = "many", "few"
    with pytest.raises(DataError) as caught:
        judge(cells)
    message = str(caught.value)
    assert "t.csv, lines 9 and 11, column 'c': text where a number is due: 'many', 'few'" in message
    assert "--missing 'many'" in message
    assert "--set data.columns.c=category" in message
    assert judge(cells, missing=("many", "few"))[0].kind == "number"
    assert judge(cells, columns={"c": "category"})[0].kind == "category"


def test_a_few_words_among_dates_are_named_and_refused(judge: Judge) -> None:
    with pytest.raises(DataError, match="line 42, column 'c': text where a date is due: 'soon'"):
        judge([f"2012-01-{i % 28 + 1:02d}" for i in range(ROWS)] + ["soon"])


def test_a_clear_mixture_is_a_category_and_noted(judge: Judge) -> None:
    column, table = judge([str(i % 9) for i in range(ROWS)] + ["low", "high"] * 8)
    assert column.kind == "category"
    assert any("71% of its cells are numbers, others are words such as 'low'" in note for note in table.notes)


@pytest.mark.parametrize("cell", ["1,234.50", "$ {i}.5", "{i}%", "€{i},000"])
def test_adorned_numbers_are_categories_and_noted(judge: Judge, cell: str) -> None:
    column, table = judge([cell.format(i=i % 20) if "{" in cell else f"{i % 20},234.50" for i in range(ROWS)])
    assert column.kind == "category"
    assert any("look like numbers with a sign or separator" in note for note in table.notes)


@pytest.mark.parametrize("infinite", ["inf", "-Infinity", "1e999"])
def test_infinite_numbers_are_named(judge: Judge, infinite: str) -> None:
    cells = [str(i * 1.5) for i in range(ROWS)]
    cells[3] = infinite
    with pytest.raises(DataError) as caught:
        judge(cells)
    assert f"t.csv, line 5, column 'c': '{infinite}' is no finite number" in str(caught.value)


def test_decimal_commas_are_read_and_noted(judge: Judge) -> None:
    column, table = judge([f"{i},5" for i in range(ROWS)], separator=";")
    assert column.kind == "number"
    assert table.frame["c"].to_list() == [i + 0.5 for i in range(ROWS)]
    assert "numbers are written with a decimal comma" in table.notes
    assert table.layout is not None
    assert table.layout.decimal_comma


def test_thousands_are_not_taken_for_decimal_commas(judge: Judge) -> None:
    column, _ = judge([f"{i % 9 + 1},{i % 9}00" for i in range(ROWS)], separator=";")
    assert column.kind == "category"


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("category", ["1", "2"], "1"),
        ("text", ["1", "2"], "1"),
        ("boolean", ["yes", "no"], True),
        ("date", ["5.1.2012", "6.1.2012"], dt.datetime(2012, 1, 5)),
        ("number", ["0012", "0013"], 12.0),
    ],
)
def test_the_settings_overrule_the_kind(judge: Judge, kind: str, cells: list[str], expected: object) -> None:
    column, table = judge((cells * ROWS)[:ROWS], columns={"c": kind})
    assert column.kind == kind
    assert table.frame["c"][0] == expected


def test_ignoring_is_possible_and_a_kind_that_does_not_fit_is_refused(judge: Judge) -> None:
    cells = (["red", "green"] * ROWS)[:ROWS]
    assert judge(cells, columns={"c": "ignore"})[0].ignored_because == "it is left out as asked"
    with pytest.raises(DataError, match="column 'c': text where a number is due: 'red', 'green', 'red'"):
        judge(cells, columns={"c": "number"})
    with pytest.raises(DataError, match="neither true nor false: 'red'"):
        judge(cells, columns={"c": "boolean"})
    with pytest.raises(DataError, match="text where a date is due: 'red'"):
        judge(cells, columns={"c": "date"})


def test_overruling_an_unknown_column_or_ignoring_the_target_is_refused(judge: Judge) -> None:
    with pytest.raises(UnknownNameError, match="there is no column named 'othr'"):
        judge(["1"] * ROWS, columns={"othr": "number"})
    with pytest.raises(UsageError, match="'y' is the target"):
        judge(["1"] * ROWS, columns={"y": "ignore"})

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from glasshouse.core.errors import DataError
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.frames import cells_from_frame
from glasshouse.data.tables.read_table import table_from_frame

MOMENTS = [dt.datetime(2012, 1, 2, 3), None, dt.datetime(2013, 1, 2)]


def _cells(frame: object):
    return cells_from_frame(frame, "the frame", ("?",)).frame


def test_pandas_columns_of_all_types_arrive_without_arrow() -> None:
    frame = pd.DataFrame(
        {
            "float": [1.5, None, 3.0],
            "whole": [1, 2, 3],
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "word": ["x", None, "?"],
            "category": pd.Categorical(["u", "v", None]),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "when": pd.to_datetime(pd.Series(MOMENTS)),
            "zoned": pd.to_datetime(["2012-01-01T12:00+02:00", None, "2012-01-02T12:00+02:00"], utc=True),
            "mixed": [1, "x", None],
            "objects": pd.Series([True, False, None], dtype=object),
        }
    )
    cells = _cells(frame)
    assert cells["float"].to_list() == [1.5, None, 3.0]
    assert cells["whole"].to_list() == [1, 2, 3]
    assert cells["nullable"].to_list() == [1.0, None, 3.0]
    assert cells["word"].to_list() == ["x", None, None]
    assert cells["category"].to_list() == ["u", "v", None]
    assert cells["flag"].to_list() == [True, None, False]
    assert cells["when"].to_list() == MOMENTS
    assert cells["zoned"].to_list() == [dt.datetime(2012, 1, 1, 10), None, dt.datetime(2012, 1, 2, 10)]
    assert cells["mixed"].to_list() == ["1", "x", None]
    assert cells["objects"].to_list() == [True, False, None]


def test_polars_columns_of_all_types_are_brought_to_a_few() -> None:
    frame = pl.DataFrame(
        {
            "float": pl.Series([1.5, float("nan"), None], dtype=pl.Float32),
            "word": [" x ", "?", ""],
            "category": pl.Series(["u", "v", None], dtype=pl.Categorical),
            "day": [dt.date(2012, 1, 2), None, dt.date(2013, 1, 2)],
            "zoned": pl.Series(MOMENTS, dtype=pl.Datetime("ms")).dt.replace_time_zone("UTC"),
            "span": [dt.timedelta(hours=1), None, dt.timedelta(seconds=1)],
            "exact": pl.Series(["1.25", None, "2.5"]).cast(pl.Decimal(10, 2)),
            "list": [[1], [2], None],
        }
    )
    for each in (frame, frame.lazy()):
        cells = _cells(each)
        assert cells["float"].to_list() == [1.5, None, None]
        assert cells["word"].to_list() == ["x", None, None]
        assert cells["category"].dtype == pl.String
        assert cells["day"].to_list() == [dt.datetime(2012, 1, 2), None, dt.datetime(2013, 1, 2)]
        assert cells["zoned"].dtype == pl.Datetime("us")
        assert cells["zoned"].to_list() == MOMENTS
        assert cells["span"].to_list() == [3600.0, None, 1.0]
        assert cells["exact"].to_list() == [1.25, None, 2.5]


@pytest.mark.parametrize(
    "frame",
    [
        {"a": [1, 2, None], "b": ["x", None, "z"]},
        {"a": np.array([1.0, 2.0, np.nan]), "b": np.array(["x", None, "z"], dtype=object)},
        {"a": (1.0, 2.0, float("nan")), "b": ["x", "?", "z"]},
        [{"a": 1, "b": "x"}, {"a": 2}, {"b": "z"}],
    ],
)
def test_dictionaries_of_columns_and_lists_of_rows_agree(frame: Any) -> None:
    cells = _cells(frame)
    assert cells["a"].to_list() == [1.0, 2.0, None]
    assert cells["b"].to_list() == ["x", None, "z"]


def test_a_dictionary_of_single_values_is_one_row() -> None:
    assert _cells({"a": 1.5, "b": "x", "c": None}).rows() == [(1.5, "x", None)]


@pytest.mark.parametrize("make", [np.asarray, lambda rows: torch.tensor(rows, requires_grad=True), list])
def test_arrays_and_tensors_get_generated_names(make: Any) -> None:
    cells = cells_from_frame(make([[1.0, 2.0], [3.0, 4.0]]), "the array", ())
    assert cells.frame.columns == ["column_0", "column_1"]
    assert cells.frame.rows() == [(1.0, 2.0), (3.0, 4.0)]
    assert not cells.header


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (np.zeros(3), "ndarray of shape (3,) is no table"),
        (np.zeros((2, 2, 2)), "of shape (2, 2, 2) is no table"),
        (7, "int is no table"),
        ({"a": [1, 2], "b": [1]}, "the columns differ in length ('a': 2, 'b': 1)"),
        ([[1, 2], [3]], "rows of unequal length"),
        (pl.DataFrame({"a": []}), "the frame has 0 rows and 1 columns"),
        ({"a": np.zeros((2, 2))}, "column 'a' has the shape (2, 2)"),
        (pd.DataFrame(np.zeros((2, 2)), columns=["a", "a"]), "columns share a name"),
    ],
)
def test_what_is_no_table_is_refused(frame: object, said: str) -> None:
    with pytest.raises(DataError) as caught:
        _cells(frame)
    assert said in str(caught.value)


def test_infinite_numbers_in_a_frame_are_named_by_row_and_column() -> None:
    settings = DataSettings(source="the frame", target="y")
    with pytest.raises(DataError) as caught:
        table_from_frame({"x": [1.0, np.inf, 2.0], "y": ["a", "b", "a"]}, settings)
    assert "the frame, row 1, column 'x': inf is no finite number" in str(caught.value)


def test_nested_columns_are_left_out_with_the_reason() -> None:
    frame = pl.DataFrame({"x": [1.0, 2.0, 3.5], "l": [[1], [2], [3]], "y": ["a", "b", "a"]})
    table = table_from_frame(frame, DataSettings(source="the frame", target="y"))
    assert table.columns[1].kind == "ignore"
    assert "its cells hold List" in table.columns[1].ignored_because

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glasshouse.data.fingerprint import fingerprint
from glasshouse.data.raw import Column, RawImages, RawTable, Target


@pytest.fixture
def table() -> RawTable:
    frame = pl.DataFrame(
        {
            "age": [1.0, None, 3.0],
            "city": ["ab", "c", None],
            "member": [True, None, False],
            "since": [dt.datetime(2020, 1, 1), None, dt.datetime(2021, 5, 5)],
        }
    )
    kinds = ("number", "category", "boolean", "date")
    columns = tuple(Column(name, kind) for name, kind in zip(frame.columns, kinds, strict=True))
    target = Target("y", "classification", np.array([0, 1, 0]), ("no", "yes"))
    group = np.array(["a", "b", "a"], dtype=object)
    return RawTable(frame, columns, target, "people.csv", group=group, time=np.array([1, 2, 3]))


def test_equal_tables_have_one_fingerprint_wherever_they_come_from(table: RawTable) -> None:
    assert fingerprint(table) == fingerprint(table.take(np.arange(3)))
    assert fingerprint(table) == fingerprint(replace(table, origin="elsewhere", notes=("seen",)))
    assert fingerprint(table) == "a73562cc995248dcb1965f0a6f4efb54e1e92571360e320dcb57b0fd6e474e92", (
        "it must stay the same over releases: runs are resumed by it"
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("age", 9.0),
        ("age", None),
        ("city", "b"),
        ("city", ""),
        ("member", False),
        ("since", dt.datetime(2000, 1, 1)),
    ],
)
def test_any_changed_cell_changes_it(table: RawTable, column: str, value: object) -> None:
    changed = table.frame[column].to_list()
    changed[0 if column != "city" else 2] = value
    series = pl.Series(column, changed, dtype=table.frame[column].dtype)
    assert fingerprint(replace(table, frame=table.frame.with_columns(series))) != fingerprint(table)


def test_moving_a_letter_to_the_next_cell_changes_it(table: RawTable) -> None:
    moved = pl.Series("city", ["a", "bc", None])
    assert fingerprint(replace(table, frame=table.frame.with_columns(moved))) != fingerprint(table)


def test_order_target_groups_times_and_test_rows_count(table: RawTable) -> None:
    known = fingerprint(table)
    assert fingerprint(table.take(np.array([2, 1, 0]))) != known
    assert table.target is not None
    flipped = replace(table.target, values=np.array([1, 1, 0]))
    for changed in (
        replace(table, target=flipped),
        replace(table, target=replace(table.target, classes=("yes", "no"))),
        replace(table, group=np.array(["a", "b", "b"], dtype=object)),
        replace(table, time=np.array([1, 2, 4])),
        replace(table, given_test=np.array([True, False, False])),
    ):
        assert fingerprint(changed) != known


def test_one_pixel_changes_the_fingerprint_of_images() -> None:
    pixels = np.zeros((2, 1, 3, 3), np.uint8)
    target = Target("y", "classification", np.array([0, 1]), ("a", "b"))
    known = fingerprint(RawImages(pixels, target, "x"))
    changed = pixels.copy()
    changed[1, 0, 2, 2] = 1
    assert fingerprint(RawImages(changed, target, "x")) != known
    assert fingerprint(RawImages(pixels.reshape(2, 1, 1, 9), target, "x")) != known
    assert fingerprint(RawImages(np.asfortranarray(pixels), target, "x")) == known

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.data.raw import RawTable, Target
from glasshouse.data.splits.allotment import allot, lift
from glasshouse.data.splits.subsample import at_most, subsample


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(lambda c: sum(c) > 0), st.data())
def test_allotted_rows_add_up_and_are_never_off_by_a_whole_row(counts, data) -> None:
    wanted = data.draw(st.integers(0, sum(counts)))
    given_rows = allot(np.array(counts), wanted)
    assert given_rows.sum() == wanted
    exact = np.array(counts) * wanted / sum(counts)
    assert (np.abs(given_rows - exact) < 1).all()
    assert (given_rows <= counts).all()


def test_lifting_keeps_the_sum_and_takes_from_the_richest() -> None:
    assert lift(np.array([50, 40, 0]), np.array([3, 3, 3])).tolist() == [47, 40, 3]
    assert lift(np.array([2, 0]), np.array([3, 3])).tolist() == [2, 0]


def test_a_draw_keeps_classes_and_the_test_part_and_is_the_same_every_time() -> None:
    labels = np.repeat([0, 1, 2], [800, 195, 5])
    given_test = np.arange(1000) % 4 == 0
    rows = subsample(labels, given_test, 100)
    assert len(rows) == 100
    assert (np.diff(rows) > 0).all()
    assert (labels[rows] == 2).sum() >= 4
    assert abs(given_test[rows].mean() - 0.25) < 0.03
    np.testing.assert_array_equal(rows, subsample(labels, given_test, 100))


def test_numbers_are_drawn_without_strata_and_the_draw_is_noted() -> None:
    target = Target("y", "regression", np.arange(50.0))
    raw = RawTable(pl.DataFrame({"x": np.arange(50.0)}), (), target, "x")
    small = at_most(raw, 20)
    assert len(small) == 20
    assert small.target is not None
    np.testing.assert_array_equal(small.frame["x"].to_numpy(), small.target.values)
    assert small.notes == ("20 of 50 rows were drawn at random, because data.most_rows says so",)
    assert at_most(raw, 50) is raw

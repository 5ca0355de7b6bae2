from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.core.errors import DataError, SettingError
from glasshouse.data.parts import Split
from glasshouse.data.raw import RawTable, Target
from glasshouse.data.settings import SplitSettings
from glasshouse.data.splits.split import divide


def table(
    labels: list[int] | np.ndarray | None = None,
    *,
    rows: int | None = None,
    group: np.ndarray | None = None,
    time: np.ndarray | None = None,
    given_test: np.ndarray | None = None,
) -> RawTable:
    count = rows if rows is not None else len(labels if labels is not None else [])
    if labels is None:
        target = Target("y", "regression", np.arange(count, dtype=np.float64))
    else:
        values = np.asarray(labels, dtype=np.int64)
        target = Target("y", "classification", values, tuple("abcdefghij"[: values.max() + 1]))
    frame = pl.DataFrame({"x": np.arange(count, dtype=np.float64)})
    return RawTable(frame, (), target, "rows.csv", group=group, time=time, given_test=given_test)


def sizes(split: Split) -> tuple[int, int, int]:
    return len(split.train), len(split.validation), len(split.test)


def assert_partition(split: Split, rows: int) -> None:
    joined = np.concatenate([split.train, split.validation, split.test])
    assert sorted(joined.tolist()) == list(range(rows))
    for part in (split.train, split.validation, split.test):
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()


shares = st.tuples(st.floats(0.05, 0.45), st.floats(0.05, 0.45))


@settings(deadline=None, max_examples=40)
@given(st.integers(3, 300), shares, st.integers(0, 5))
def test_random_parts_are_disjoint_cover_everything_and_have_the_shares(rows, wanted, seed) -> None:
    split = divide(table(rows=rows), SplitSettings(validation=wanted[0], test=wanted[1]), seed)
    assert_partition(split, rows)
    assert split.method == "random"
    assert min(sizes(split)) >= 1
    if rows > 20:
        assert abs(len(split.validation) - wanted[0] * rows) <= 1
        assert abs(len(split.test) - wanted[1] * rows) <= 1


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(2, 60), min_size=2, max_size=6), shares, st.integers(0, 5))
def test_stratified_parts_keep_the_shares_of_every_class(counts, wanted, seed) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    if max(counts) < 3:
        return
    split = divide(table(labels), SplitSettings(validation=wanted[0], test=wanted[1]), seed)
    assert_partition(split, len(labels))
    for label, count in enumerate(counts):
        parts = [int((labels[part] == label).sum()) for part in (split.train, split.validation, split.test)]
        assert parts[0] >= 1
        assert parts[2] >= 1
        assert parts[1] >= (count >= 3)
        assert parts[2] <= max(1, np.ceil(wanted[1] * count) + 1)
        assert parts[1] <= max(1, np.ceil(wanted[0] * count) + 1)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 30), min_size=6, max_size=200), shares, st.integers(0, 5))
def test_no_group_is_torn(groups, wanted, seed) -> None:
    group = np.array(groups)
    raw = table(rows=len(groups), group=group)
    chosen = SplitSettings(validation=wanted[0], test=wanted[1])
    if len(set(groups)) < 3:
        with pytest.raises(DataError, match="different value"):
            divide(raw, chosen, seed)
        return
    split = divide(raw, chosen, seed)
    assert_partition(split, len(groups))
    assert min(sizes(split)) >= 1
    held = [set(group[part].tolist()) for part in (split.train, split.validation, split.test)]
    assert sum(len(part) for part in held) == len(set(groups))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 40), min_size=6, max_size=200), shares)
def test_time_runs_from_training_over_validation_to_test(times, wanted) -> None:
    time = np.array(times)
    raw = table(rows=len(times), time=time)
    chosen = SplitSettings(validation=wanted[0], test=wanted[1])
    if len(set(times)) < 3:
        with pytest.raises(DataError, match="different value"):
            divide(raw, chosen, 0)
        return
    split = divide(raw, chosen, 0)
    assert_partition(split, len(times))
    assert time[split.train].max() < time[split.validation].min()
    assert time[split.validation].max() < time[split.test].min()


def test_the_same_seed_gives_the_same_parts_and_another_seed_others() -> None:
    raw = table(np.arange(100) % 3)
    first, again, other = (divide(raw, SplitSettings(), seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.train, again.train)
    np.testing.assert_array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_large_classes_are_divided_exactly() -> None:
    labels = np.repeat([0, 1], [9000, 1000])
    split = divide(table(labels), SplitSettings(validation=0.2, test=0.1), 0)
    assert split.method == "stratified"
    assert np.bincount(labels[split.test]).tolist() == [900, 100]
    assert np.bincount(labels[split.validation]).tolist() == [1800, 200]


def test_a_class_of_one_row_is_an_error_that_names_it_and_two_ways_out() -> None:
    with pytest.raises(DataError, match="the class 'c' has one row only") as caught:
        divide(table([0] * 20 + [1] * 20 + [2]), SplitSettings(), 0)
    assert "remove or merge 'c'" in caught.value.fix
    assert "--set data.split.method=random" in caught.value.fix


def test_a_class_of_two_rows_is_trained_and_tested_with_a_note() -> None:
    labels = np.array([0] * 40 + [1] * 40 + [2, 2])
    split = divide(table(labels), SplitSettings(), 0)
    assert (labels[split.train] == 2).sum() == 1
    assert (labels[split.test] == 2).sum() == 1
    assert split.notes == (
        "too few rows for all parts: 'c' (2); they are in the training and test part only",
    )


def test_a_given_test_part_stays_as_it_is() -> None:
    given_test = np.arange(100) >= 70
    split = divide(table(np.arange(100) % 2, given_test=given_test), SplitSettings(validation=0.2), 0)
    assert split.method == "given test, stratified"
    assert split.test.tolist() == list(range(70, 100))
    assert len(split.validation) == 14
    assert_partition(split, 100)


def test_a_given_test_part_lets_a_class_of_one_row_train() -> None:
    labels = np.array([0] * 20 + [1] * 20 + [2] + [0, 1, 2])
    split = divide(table(labels, given_test=np.arange(44) >= 41), SplitSettings(), 0)
    assert 40 in split.train
    assert "'c' (1)" in split.notes[0]


def test_a_test_share_of_0_leaves_no_test_part() -> None:
    split = divide(table(np.arange(50) % 2), SplitSettings(test=0), 0)
    assert sizes(split) == (42, 8, 0)


def test_auto_takes_time_then_groups_then_classes() -> None:
    labels = np.arange(40) % 2
    assert divide(table(labels, time=np.arange(40)), SplitSettings(), 0).method == "time"
    assert divide(table(labels, group=np.arange(40)), SplitSettings(), 0).method == "grouped"
    assert divide(table(labels), SplitSettings(), 0).method == "stratified"
    assert divide(table(rows=40), SplitSettings(), 0).method == "random"
    with pytest.raises(SettingError, match=r"data\.time and data\.group are both set"):
        divide(table(labels, time=np.arange(40), group=np.arange(40)), SplitSettings(), 0)


@pytest.mark.parametrize(
    ("method", "fix"), [("time", "data.time"), ("grouped", "data.group"), ("stratified", "random")]
)
def test_a_method_that_lacks_its_column_says_which(method: str, fix: str) -> None:
    with pytest.raises(SettingError) as caught:
        divide(table(rows=40), SplitSettings(method=method), 0)
    assert fix in caught.value.fix


def test_shares_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(SettingError, match=r"validation = 0\.5 and data\.split\.test = 0\.5"):
        divide(table(rows=40), SplitSettings(validation=0.5, test=0.5), 0)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(DataError, match="2 rows to divide"):
        divide(table(rows=2), SplitSettings(), 0)
    with pytest.raises(DataError, match="4 rows are too few to validate"):
        divide(table([0, 0, 1, 1]), SplitSettings(), 0)


def test_a_training_part_of_one_class_is_refused() -> None:
    with pytest.raises(DataError, match="the training part holds one class only, 'a'"):
        divide(table(np.repeat([0, 1], [80, 20]), time=np.arange(100)), SplitSettings(), 0)


def test_a_class_that_is_not_trained_is_noted() -> None:
    labels = np.concatenate([np.arange(90) % 2, np.full(10, 2)])
    split = divide(table(labels, time=np.arange(100)), SplitSettings(), 0)
    assert "no training row has the class 'c': it cannot be learnt" in split.notes


def test_groups_of_many_sizes_come_near_to_the_shares() -> None:
    generator = np.random.default_rng(0)
    group = np.repeat(np.arange(60), generator.integers(1, 40, 60))
    split = divide(table(rows=len(group), group=group), SplitSettings(), 0)
    np.testing.assert_allclose(np.array(sizes(split)) / len(group), [0.65, 0.15, 0.2], atol=0.02)
    assert split.notes == ()


def test_grouped_parts_train_on_every_class_where_that_is_possible() -> None:
    # each class stands in three groups of its own
    group = np.repeat(np.arange(15), 20)
    labels = group // 3
    for seed in range(5):
        split = divide(table(labels, group=group), SplitSettings(), seed)
        assert set(labels[split.train].tolist()) == set(range(5))


def test_groups_may_have_names_and_missing_ones() -> None:
    group = np.array(["ann", "bob", None, "cid"] * 10, dtype=object)
    split = divide(table(rows=40, group=group), SplitSettings(), 0)
    assert_partition(split, 40)


def test_torn_groups_are_noted_when_another_method_is_asked_for() -> None:
    split = divide(table(rows=40, group=np.arange(40) // 20), SplitSettings(method="random"), 0)
    assert "100% of the validation and test rows belong to a group that is trained on too" in split.notes[0]


def test_a_given_test_part_that_is_not_the_latest_is_noted() -> None:
    split = divide(table(rows=40, time=np.arange(40), given_test=np.arange(40) < 10), SplitSettings(), 0)
    assert "begins before the rest of the rows ends" in split.notes[0]

"""Folds: every row is held out once, and what must not be torn apart is not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from glasshouse.core.errors import DataError
from glasshouse.data.raw import RawTable, Target
from glasshouse.data.splits.folds import fold_rows


def table(labels=None, group=None, time=None):
    rows = len(next(each for each in (labels, group, time) if each is not None))
    target = None
    if labels is not None:
        names = tuple(map(str, range(max(labels) + 1)))
        target = Target("kind", "classification", np.asarray(labels), names)
    return RawTable(
        pl.DataFrame({"row": np.arange(rows)}), (), target, origin="memory",
        group=None if group is None else np.asarray(group), time=None if time is None else np.asarray(time),
    )  # fmt: skip


def test_windows_that_look_beyond_a_border_are_left_out_before_it():
    time = np.arange(60)
    plain = fold_rows(table(time=time), np.arange(60), 3, "time", seed=0)
    apart = fold_rows(table(time=time), np.arange(60), 3, "time", seed=0, overlap=4)
    for one, other in zip(plain, apart, strict=True):
        assert other.held.tolist() == one.held.tolist()
        # targets lie up to five steps later: that of the last kept window ends where the held-out ones begin
        assert other.train.tolist() == one.train[:-4].tolist()
    # rows that are not among those searched on (another class than the normal one, say) count as time too
    rows = np.delete(np.arange(60), [28, 29])
    for each in fold_rows(table(time=time), rows, 3, "time", seed=0, overlap=4):
        assert each.train.max() + 4 < each.held.min()


def test_windows_too_long_for_a_fold_are_refused():
    with pytest.raises(DataError) as caught:
        fold_rows(table(time=np.arange(20)), np.arange(20), 4, "time", seed=0, overlap=4)
    assert "of which 4 before the border look beyond it" in str(caught.value)
    assert "set folds to fewer" in caught.value.fix


def test_whole_classes_are_held_out_where_the_split_does_so():
    labels = np.repeat(np.arange(9), 7)
    folds = fold_rows(table(labels=labels.tolist()), np.arange(63), 3, "classes", seed=0)
    assert sorted(set(labels[np.concatenate([each.held for each in folds])])) == list(range(9))
    for each in folds:
        assert not set(labels[each.train]) & set(labels[each.held])
        assert len(set(labels[each.held])) == 3
    with pytest.raises(DataError, match="10 folds with 9 classes to divide"):
        fold_rows(table(labels=labels.tolist()), np.arange(63), 10, "classes", seed=0)


@pytest.mark.parametrize("method", ["random", "stratified", "given test, stratified"])
def test_every_row_is_held_out_exactly_once(method):
    raw = table(labels=[0] * 31 + [1] * 13)
    rows = np.arange(3, 44)
    folds = fold_rows(raw, rows, 5, method, seed=0)
    assert np.sort(np.concatenate([each.held for each in folds])).tolist() == rows.tolist()
    for each in folds:
        assert not set(each.train) & set(each.held)
        assert len(each.train) + len(each.held) == len(rows)
        assert abs(len(each.held) - len(rows) / 5) < 1


def test_stratified_folds_have_each_class_to_within_one_row():
    labels = np.array([0] * 31 + [1] * 13 + [2] * 6)
    for each in fold_rows(table(labels=labels.tolist()), np.arange(50), 4, "stratified", seed=1):
        counts = np.bincount(labels[each.held], minlength=3)
        assert (np.abs(counts - np.array([31, 13, 6]) / 4) < 1).all()


def test_groups_stay_together():
    group = np.repeat(np.arange(12), [9, 1, 4, 4, 2, 7, 3, 3, 5, 2, 6, 2])
    folds = fold_rows(table(group=group), np.arange(len(group)), 3, "grouped", seed=0)
    assert not any(set(group[each.train]) & set(group[each.held]) for each in folds)
    assert max(len(each.held) for each in folds) - min(len(each.held) for each in folds) <= 9


def test_by_time_the_past_is_learnt_and_the_future_held_out():
    time = np.random.default_rng(0).integers(0, 30, 200)
    folds = fold_rows(table(time=time), np.arange(200), 4, "time", seed=0)
    assert len(folds) == 4
    for each in folds:
        assert time[each.train].max() < time[each.held].min()
    assert [len(each.train) for each in folds] == sorted(len(each.train) for each in folds)


def test_equal_seeds_give_equal_folds():
    raw = table(labels=[0, 1] * 20)
    one, same, other = (fold_rows(raw, np.arange(40), 4, "stratified", seed) for seed in (1, 1, 2))
    assert all((a.held == b.held).all() for a, b in zip(one, same, strict=True))
    assert any((a.held != b.held).any() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("raw", "method", "folds", "said"),
    [
        (table(labels=[0] * 9 + [1] * 3), "stratified", 5, "5 folds with 3 rows of the class '1'"),
        (table(group=[0, 0, 1, 1, 2]), "grouped", 4, "4 folds with 3 groups"),
        (table(time=[1, 1, 2, 3, 3]), "time", 3, "3 folds with 3 different times"),
        (table(labels=[0, 1]), "random", 3, "3 folds with 2 rows"),
    ],
)
def test_more_folds_than_there_is_to_divide_is_refused(raw, method, folds, said):
    with pytest.raises(DataError) as caught:
        fold_rows(raw, np.arange(len(raw)), folds, method, seed=0)
    assert said in caught.value.received


def test_the_error_says_how_many_folds_would_do():
    with pytest.raises(DataError, match="set folds to 3, or remove or merge '1'"):
        fold_rows(table(labels=[0] * 9 + [1] * 3), np.arange(12), 5, "stratified", seed=0)

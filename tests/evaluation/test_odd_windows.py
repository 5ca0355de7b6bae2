"""Unusual windows: what their errors tell, against scikit-learn and by hand, and where they lie."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glasshouse.data import load
from glasshouse.data.settings import DataSettings
from glasshouse.evaluation.odd_windows import average_precision, in_time, last_value_errors, stretches


def test_average_precision_by_hand():
    # In the order of errors: odd, fine, odd, fine. Precision at the odd ones: 1 and 2/3.
    errors, usual = np.array([0.9, 0.5, 0.4, 0.1]), np.array([False, True, False, True])
    assert average_precision(errors, usual)["average_precision"] == pytest.approx((1 + 2 / 3) / 2)


def test_without_both_kinds_of_rows_nothing_is_told():
    assert average_precision(np.ones(2), np.array([True, True])) == {}
    assert average_precision(np.ones(2), None) == {}


def test_the_last_value_is_off_by_the_steps_of_the_series():
    windows = torch.tensor([[[1.0, 0.0], [3.0, 0.0], [2.0, 0.0]]])
    assert last_value_errors(windows).tolist() == [(4 + 0 + 1 + 0) / 4]


def test_stretches_end_where_rows_are_missing():
    assert stretches(np.array([], dtype=np.int64)) == []
    assert stretches(np.array([0, 1, 5, 6, 9])) == [(0, 1), (5, 6), (9, 9)]


def test_marked_stretches_are_found_where_one_of_their_windows_is_named():
    raw = load(DataSettings(source="odd-days", task="reconstruction", window=3))
    rows = np.arange(10, 20)
    usual = np.ones(10, dtype=bool)
    usual[[2, 3, 7]] = False
    errors = np.where(np.arange(10) == 3, 5.0, 0.1)
    found = in_time(raw, rows, errors, usual, np.linspace(0, 1, 200))
    assert found["marked"] == [(12, 13), (17, 17)]
    assert found["named"] == [(13, 13)]
    assert (found["stretches"], found["found"]) == (2, 1)
    assert found["values"][:3] == raw.frame["value[t]"][:3].to_list()


def test_rows_of_a_table_are_not_drawn_over_time():
    raw = load(DataSettings(source="iris"))
    assert in_time(raw, np.arange(3), np.zeros(3), None, np.linspace(0, 1, 200)) is None

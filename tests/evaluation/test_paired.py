"""Paired differences: coverage, caution with few rows, and order."""

from __future__ import annotations

import numpy as np
import pytest

from glasshouse.evaluation.paired import paired_difference
from glasshouse.metrics import Prediction, measure


def test_the_difference_is_that_of_the_metrics() -> None:
    generator = np.random.default_rng(0)
    target = generator.integers(3, size=200)
    one, other = (Prediction(labels=np.where(generator.random(200) < p, target, 0)) for p in (0.9, 0.7))
    found = paired_difference(target, one, other, "classification", seed=0)
    metrics = [measure(target, each, "classification")["accuracy"] for each in (one, other)]
    assert found.value == pytest.approx(metrics[0] - metrics[1])
    assert found.low < found.value < found.high


def test_the_difference_of_r2_is_that_of_the_metrics() -> None:
    generator = np.random.default_rng(0)
    target = generator.normal(size=300)
    one, other = (Prediction(values=target + scale * generator.normal(size=300)) for scale in (0.3, 0.6))
    found = paired_difference(target, one, other, "regression", seed=0)
    metrics = [measure(target, each, "regression")["r2"] for each in (one, other)]
    assert found.value == pytest.approx(metrics[0] - metrics[1])
    assert found.decided
    assert found == paired_difference(target, one, other, "regression", seed=0)


def test_swapping_the_two_turns_the_sign() -> None:
    target = np.arange(40) % 2
    one, other = Prediction(labels=target.copy()), Prediction(labels=np.zeros(40, dtype=np.int64))
    forth = paired_difference(target, one, other, "classification", seed=0)
    back = paired_difference(target, other, one, "classification", seed=0)
    assert (back.value, back.low, back.high) == pytest.approx((-forth.value, -forth.high, -forth.low))


def test_a_handful_of_rows_in_favour_decides_nothing() -> None:
    target = np.zeros(50, dtype=np.int64)
    worse = target.copy()
    worse[:4] = 1
    found = paired_difference(
        target, Prediction(labels=target.copy()), Prediction(labels=worse), "classification", 0
    )
    assert found.value == pytest.approx(0.08)
    assert not found.decided


def test_equal_answers_are_undecided() -> None:
    target = np.arange(30) % 3
    same = Prediction(labels=target.copy())
    found = paired_difference(target, same, same, "classification", seed=0)
    assert found.value == 0
    assert not found.decided


def test_pairing_decides_what_separate_intervals_cannot() -> None:
    target = np.zeros(400, dtype=np.int64)
    hard = np.arange(400) < 100
    one, other = Prediction(labels=hard.astype(np.int64)), Prediction(labels=(np.arange(400) < 112) * 1)
    found = paired_difference(target, one, other, "classification", seed=0)
    assert found.value == pytest.approx(0.03)
    assert found.decided


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_intervals_of_differences_hold_the_true_one_about_95_times_in_100(task: str) -> None:
    generator, trials, rows, held = np.random.default_rng(3), 150, 120, 0
    for trial in range(trials):
        if task == "classification":
            target = np.zeros(rows, dtype=np.int64)
            shared = generator.random(rows) < 0.1
            one, other = (
                Prediction(labels=(shared | (generator.random(rows) < p)) * 1) for p in (0.05, 0.15)
            )
            true = 0.9 * 0.10
        else:
            target = generator.normal(size=rows)
            one, other = (
                Prediction(values=target + scale * generator.normal(size=rows)) for scale in (0.5, 0.8)
            )
            true = 0.8**2 - 0.5**2
        found = paired_difference(target, one, other, task, seed=trial)
        held += found.low <= true <= found.high
    assert 0.89 <= held / trials <= 0.995, held / trials


def test_constant_targets_leave_the_difference_of_r2_open() -> None:
    target = np.ones(5)
    found = paired_difference(
        target, Prediction(values=target), Prediction(values=target + 1), "regression", 0
    )
    assert np.isnan(found.value)
    assert not found.decided

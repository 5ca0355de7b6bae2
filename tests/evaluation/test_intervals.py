"""Confidence intervals: their ends, their coverage, their speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats

from glasshouse.evaluation.intervals import intervals, wilson
from glasshouse.metrics import Prediction, measure


def sample(generator: np.random.Generator, rows: int, classes: int) -> tuple[np.ndarray, Prediction]:
    """Rows of a population whose classes differ in size and difficulty."""
    target = generator.choice(classes, size=rows, p=np.arange(1, classes + 1) / sum(range(1, classes + 1)))
    scores = generator.normal(size=(rows, classes))
    scores[np.arange(rows), target] += 1.2 + 0.3 * target
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return target, Prediction(scores.argmax(axis=1), probabilities, scores)


@pytest.mark.parametrize(("hits", "rows"), [(0, 5), (3, 10), (10, 10), (987, 1000)])
def test_wilson_equals_scipy(hits: int, rows: int) -> None:
    expected = stats.binomtest(hits, rows).proportion_ci(method="wilson")
    assert wilson(hits, rows) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("classes", [2, 3])
def test_intervals_hold_the_true_value_about_95_times_in_100(classes: int) -> None:
    truth = measure(*sample(np.random.default_rng(0), 80_000, classes), "classification")
    generator, trials = np.random.default_rng(1), 100
    held = dict.fromkeys(truth, 0)
    for _ in range(trials):
        target, prediction = sample(generator, 150, classes)
        found = intervals(target, prediction, "classification", measure(target, prediction, "classification"))
        for name, (low, high) in found.items():
            held[name] += low <= truth[name] <= high
    for name, count in held.items():
        assert count / trials >= 0.89, (name, count / trials)


def test_intervals_of_regression_hold_the_true_value_about_95_times_in_100() -> None:
    generator, trials = np.random.default_rng(2), 400

    def draw(rows: int) -> tuple[np.ndarray, Prediction]:
        target = generator.normal(size=rows)
        return target, Prediction(values=target + 0.5 * generator.normal(size=rows))

    truth = {"r2": 0.75, "rmse": 0.5, "mae": 0.5 * np.sqrt(2 / np.pi)}
    held = dict.fromkeys(truth, 0)
    for _ in range(trials):
        target, prediction = draw(80)
        found = intervals(target, prediction, "regression", measure(target, prediction, "regression"))
        for name, (low, high) in found.items():
            held[name] += low <= truth[name] <= high
    assert all(0.91 <= count / trials <= 0.985 for count in held.values()), held


def test_an_interval_holds_the_measured_value_and_stays_in_range() -> None:
    target, prediction = sample(np.random.default_rng(3), 12, 3)
    measured = measure(target, prediction, "classification")
    for name, (low, high) in intervals(target, prediction, "classification", measured).items():
        assert low <= measured[name] <= high, name
        assert low >= 0, name
        assert high <= 1 or name == "log_loss", name


def test_more_rows_make_intervals_narrower() -> None:
    widths = []
    for rows in (100, 10_000):
        target, prediction = sample(np.random.default_rng(4), rows, 2)
        low, high = intervals(
            target, prediction, "classification", measure(target, prediction, "classification")
        )["roc_auc"]
        widths.append(high - low)
    assert widths[1] < widths[0] / 5


def test_without_mistakes_only_shares_of_rows_have_an_interval() -> None:
    target = np.array([0, 1, 2, 0, 1, 2])
    prediction = Prediction(target.copy(), np.eye(3)[target], np.eye(3)[target])
    measured = measure(target, prediction, "classification")
    found = intervals(target, prediction, "classification", measured)
    assert set(found) == {"accuracy"}
    assert found["accuracy"] == pytest.approx(wilson(6, 6))


def test_one_row_has_no_intervals_and_two_rows_have_wide_ones() -> None:
    numbers = Prediction(values=np.array([1.0, 2.5]))
    target = np.array([1.0, 2.0])
    assert intervals(target[:1], numbers.take(np.array([0])), "regression", {"mae": 0.0}) == {}
    low, high = intervals(target, numbers, "regression", measure(target, numbers, "regression"))["mae"]
    assert low < 0.01
    assert high > 10


def test_all_metrics_of_16_thousand_rows_take_less_than_a_second() -> None:
    target, prediction = sample(np.random.default_rng(5), 16_281, 10)
    measured = measure(target, prediction, "classification")
    began = time.perf_counter()
    intervals(target, prediction, "classification", measured)
    assert time.perf_counter() - began < 1

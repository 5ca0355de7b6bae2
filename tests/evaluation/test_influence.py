"""Influences, against what happens when a row really counts a little more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from glasshouse.evaluation.influence import influences, roc_area
from glasshouse.metrics import Prediction, measure

COPIES = 50


def answers(classes: int, rows: int, seed: int) -> tuple[np.ndarray, Prediction]:
    """Answers that are often right, with many equal scores."""
    generator = np.random.default_rng(seed)
    target = generator.integers(classes, size=rows)
    scores = generator.normal(size=(rows, classes)).round(1)
    scores[np.arange(rows), target] += 1
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return target, Prediction(scores.argmax(axis=1), probabilities, scores)


def numeric(name: str, target: np.ndarray, prediction: Prediction, row: int, task: str) -> float:
    """How a metric moves per unit of weight when one row is added once to many copies of all rows."""
    every = np.tile(np.arange(len(target)), COPIES)
    more = np.append(every, row)
    before: Any = measure(target[every], prediction.take(every), task)[name]
    after = measure(target[more], prediction.take(more), task)[name]
    return (after - before) * COPIES


@pytest.mark.parametrize("classes", [2, 4])
def test_influences_of_classification_metrics_equal_numeric_ones(classes: int) -> None:
    target, prediction = answers(classes, rows=40, seed=classes)
    found = influences(target, prediction, "classification")
    assert set(found) == set(measure(target, prediction, "classification")) - {"accuracy"}
    for name, moved in found.items():
        for row in (0, 17, 39):
            expected = numeric(name, target, prediction, row, "classification")
            assert moved[row] == pytest.approx(expected, rel=0.03, abs=4e-5), name


def test_influences_of_regression_metrics_equal_numeric_ones() -> None:
    generator = np.random.default_rng(0)
    target = generator.normal(size=30)
    prediction = Prediction(values=target + generator.normal(size=30))
    for name, moved in influences(target, prediction, "regression").items():
        expected = [numeric(name, target, prediction, row, "regression") for row in (0, 9)]
        np.testing.assert_allclose(moved[[0, 9]], expected, rtol=0.03, err_msg=name)


def test_influences_add_up_to_zero() -> None:
    target, prediction = answers(3, rows=60, seed=9)
    for name, moved in influences(target, prediction, "classification").items():
        assert abs(moved.sum()) < 1e-12, name


def test_the_variance_of_the_roc_area_is_that_of_delong() -> None:
    target, prediction = answers(2, rows=50, seed=1)
    assert prediction.scores is not None
    score = prediction.scores[:, 1] - prediction.scores[:, 0]
    high, low = score[target == 1], score[target == 0]
    wins = (high[:, None] > low) + 0.5 * (high[:, None] == low)
    m, n = wins.shape
    delong = wins.mean(axis=1).var() / m + wins.mean(axis=0).var() / n
    moved = roc_area(target == 1, score)
    assert moved @ moved == pytest.approx(delong)


def test_a_class_that_does_not_occur_has_no_part_in_the_means() -> None:
    target, prediction = answers(3, rows=40, seed=5)
    kept = target != 2
    found = influences(target[kept], prediction.take(kept), "classification")
    assert all(np.isfinite(moved).all() for moved in found.values())
    expected = numeric("f1", target[kept], prediction.take(kept), 3, "classification")
    assert found["f1"][3] == pytest.approx(expected, rel=0.03, abs=4e-5)

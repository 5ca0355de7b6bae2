"""Confusion, per-class measures, calibration, curves and residuals, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import auc, confusion_matrix, precision_recall_fscore_support

from glasshouse.evaluation.calibration import calibration
from glasshouse.evaluation.confusion import confusion
from glasshouse.evaluation.curves import curves
from glasshouse.evaluation.per_class import per_class
from glasshouse.evaluation.residuals import residuals

NAMES = ("a", "b", "c", "d")
GENERATOR = np.random.default_rng(0)
TARGET = GENERATOR.integers(3, size=80)
LABELS = np.where(GENERATOR.random(80) < 0.7, TARGET, GENERATOR.integers(4, size=80))


def test_the_confusion_matrix_equals_scikit_learn() -> None:
    found = confusion(TARGET, LABELS, NAMES, "test")
    assert found["matrix"] == confusion_matrix(TARGET, LABELS, labels=range(4)).tolist()


def test_confused_pairs_are_in_order_with_their_share_of_the_class() -> None:
    target, labels = np.array([0, 0, 0, 0, 1, 1, 2]), np.array([1, 1, 0, 2, 1, 0, 2])
    pairs = confusion(target, labels, NAMES, "test")["pairs"]
    assert pairs[0] == {"true": "a", "predicted": "b", "count": 2, "share": 0.5}
    assert [each["count"] for each in pairs] == [2, 1, 1]


def test_measures_per_class_equal_scikit_learn() -> None:
    expected = precision_recall_fscore_support(TARGET, LABELS, labels=range(4), zero_division=0)
    for k, found in enumerate(per_class(TARGET, LABELS, NAMES)):
        assert found["support"] == expected[3][k]
        for name, values in zip(("precision", "recall", "f1"), expected[:3], strict=True):
            assert (found[name] or 0.0) == pytest.approx(values[k]), name
    assert per_class(TARGET, LABELS, NAMES)[3]["recall"] is None


def test_calibration_of_a_hand_worked_case() -> None:
    probabilities = np.array([[0.95, 0.05], [0.92, 0.08], [0.35, 0.65], [0.5, 0.5]])
    found = calibration(np.array([0, 1, 1, 0]), probabilities)
    last = found["bins"][9]
    assert (last["count"], last["accuracy"], last["confidence"]) == (2, 0.5, pytest.approx(0.935))
    assert found["bins"][0] == {"low": 0.0, "high": 0.1, "count": 0, "confidence": None, "accuracy": None}
    assert found["ece"] == pytest.approx((2 * 0.435 + 0.35 + 0.5) / 4)


def test_a_network_at_its_word_has_a_small_calibration_error() -> None:
    generator = np.random.default_rng(1)
    sure = generator.random(20_000)
    target = (generator.random(20_000) < sure).astype(np.int64)
    assert calibration(target, np.stack([1 - sure, sure], axis=1))["ece"] < 0.015


def test_thinned_curves_keep_their_area_and_ends() -> None:
    generator = np.random.default_rng(2)
    target = generator.integers(2, size=5000)
    score = generator.normal(size=5000) + target
    found = curves(target, np.stack([-score, score], axis=1))
    assert found is not None
    across, up = found["roc"]["false_positive_rate"], found["roc"]["true_positive_rate"]
    assert len(across) <= 202
    assert (across[0], up[0], across[-1], up[-1]) == (0, 0, 1, 1)
    wins = (score[target == 1][:, None] > score[target == 0]).mean()
    assert auc(across, up) == pytest.approx(wins, abs=0.002)
    assert found["share"] == pytest.approx(target.mean())


def test_curves_need_both_classes() -> None:
    assert curves(np.ones(5, dtype=np.int64), np.zeros((5, 2))) is None


def test_residuals_count_all_rows_and_draw_at_most_a_thousand() -> None:
    generator = np.random.default_rng(3)
    target = generator.normal(size=3000)
    found = residuals(target, target + 0.5 + generator.standard_t(2, size=3000), seed=0)
    assert sum(found["histogram"]["counts"]) + sum(found["beyond"]) == 3000
    assert len(found["points"]) == 1000
    assert found["bias"] == pytest.approx(0.5, abs=0.3)


def test_exact_predictions_have_a_histogram_too() -> None:
    found = residuals(np.arange(5.0), np.arange(5.0), seed=0)
    assert sum(found["histogram"]["counts"]) == 5
    assert len(found["histogram"]["edges"]) == len(found["histogram"]["counts"]) + 1

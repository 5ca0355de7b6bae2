"""Metrics against scikit-learn, called the way its users call it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from glasshouse.metrics import METRICS, Prediction, measure


def answers(classes, rows=200, seed=0):
    generator = np.random.default_rng(seed)
    target = generator.integers(0, classes, rows)
    scores = generator.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[target]
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return target, Prediction(scores.argmax(1), probabilities, scores)


def test_two_classes():
    target, said = answers(2)
    found = measure(target, said, "classification")
    positive = said.probabilities[:, 1]
    assert found == pytest.approx(
        {
            "accuracy": sk.accuracy_score(target, said.labels),
            "balanced_accuracy": sk.balanced_accuracy_score(target, said.labels),
            "precision": sk.precision_score(target, said.labels),
            "recall": sk.recall_score(target, said.labels),
            "f1": sk.f1_score(target, said.labels),
            "roc_auc": sk.roc_auc_score(target, positive),
            "average_precision": sk.average_precision_score(target, positive),
            "log_loss": sk.log_loss(target, said.probabilities),
        }
    )


def test_many_classes():
    target, said = answers(5)
    found = measure(target, said, "classification")
    onehot = np.eye(5)[target]
    assert found["f1"] == pytest.approx(sk.f1_score(target, said.labels, average="macro"))
    assert found["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(target, said.labels))
    # one against the rest, on scores: probabilities rank rows differently, because each row has its own sum
    assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(onehot, said.scores, average="macro"))
    assert found["average_precision"] == pytest.approx(
        sk.average_precision_score(onehot, said.scores, average="macro")
    )


def test_regression():
    generator = np.random.default_rng(0)
    target = generator.normal(size=50)
    said = Prediction(values=target + generator.normal(size=50) / 3)
    assert measure(target, said, "regression") == pytest.approx(
        {
            "r2": sk.r2_score(target, said.values),
            "rmse": math.sqrt(sk.mean_squared_error(target, said.values)),
            "mae": sk.mean_absolute_error(target, said.values),
        }
    )


def test_scores_without_probabilities_give_no_log_loss():
    target, said = answers(3)
    found = measure(target, Prediction(said.labels, None, said.scores), "classification")
    assert "log_loss" not in found
    assert "roc_auc" in found


def test_classes_that_do_not_occur_are_left_out_of_means():
    target, said = answers(4)
    target = np.where(target == 3, 0, target)  # class 3 never occurs, but is predicted at times
    found = measure(target, said, "classification")
    kept = [0, 1, 2]
    assert found["f1"] == pytest.approx(sk.f1_score(target, said.labels, labels=kept, average="macro"))
    assert found["roc_auc"] == pytest.approx(
        np.mean([sk.roc_auc_score(target == k, said.scores[:, k]) for k in kept])
    )


def test_one_class_only_gives_no_area_rather_than_an_error():
    said = Prediction(np.zeros(3, int), np.full((3, 2), 0.5), np.zeros((3, 2)))
    found = measure(np.zeros(3, int), said, "classification")
    assert math.isnan(found["roc_auc"])
    assert found["accuracy"] == 1.0


def test_every_metric_says_what_it_needs_and_which_way_is_better():
    for concept in METRICS.values():
        assert concept.facts["needs"] in ("labels", "scores", "probabilities", "values")
        assert concept.facts["better"] in ("higher", "lower")

"""Metrics against scikit-learn, called the way its users call it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as sk

import glasshouse as gh
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
        assert concept.facts["better"] in (("diagonal",) if "gives" in concept.facts else ("higher", "lower"))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_further_metrics_of_classes(classes):
    target, said = answers(classes)
    labels, scores, shares = said.labels, said.scores, said.probabilities
    more = ["matthews", "cohen_kappa", "specificity", "brier", {"name": "top_k_accuracy", "k": 2}]
    found = measure(target, said, "classification", more)
    per_class = sk.multilabel_confusion_matrix(target, labels)[1 if classes == 2 else 0 :]
    expected = {
        "matthews": sk.matthews_corrcoef(target, labels),
        "cohen_kappa": sk.cohen_kappa_score(target, labels),
        "specificity": np.mean([tn / (tn + fp) for (tn, fp), _ in per_class]),
        "top_k_accuracy": np.mean(scores.argsort(axis=1)[:, -2:] == target[:, None]) * 2,
        "brier": np.mean((shares[:, 1] - target) ** 2)
        if classes == 2
        else np.mean(((shares - np.eye(classes)[target]) ** 2).sum(axis=1)),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    if classes == 2:
        assert found["specificity"] == pytest.approx(sk.recall_score(target, labels, pos_label=0))
        assert found["brier"] == pytest.approx(sk.brier_score_loss(target, shares[:, 1]))
    else:
        theirs = sk.top_k_accuracy_score(target, scores, k=2, labels=range(classes))
        assert found["top_k_accuracy"] == pytest.approx(theirs)
    assert gh.metrics.confusion_matrix(target, said).tolist() == sk.confusion_matrix(target, labels).tolist()


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_weighted_kappa_goes_by_the_distance_of_the_indices(weights):
    target, said = answers(5)
    found = gh.metrics.cohen_kappa(target, said, weights)
    assert found == pytest.approx(sk.cohen_kappa_score(target, said.labels, weights=weights))
    # class 1 does not occur: 0 and 2 are two apart all the same
    true, labels = np.array([0, 2, 3, 3, 0, 2]), np.array([0, 3, 3, 0, 0, 2])
    power = {"linear": 1, "quadratic": 2}[weights]
    apart = np.abs(true[:, None] - labels[None]) ** power
    by_hand = 1 - np.diag(apart).mean() / apart.mean()
    assert gh.metrics.cohen_kappa(true, labels, weights) == pytest.approx(by_hand)


def test_further_metrics_of_numbers():
    generator = np.random.default_rng(0)
    target = generator.normal(size=51)
    said = Prediction(values=target + generator.normal(size=51) / 3 + 0.2)
    found = measure(
        target, said, "regression", ["mse", "mape", "median_absolute_error", "explained_variance"]
    )
    assert {name: found[name] for name in list(found)[3:]} == pytest.approx(
        {
            "mse": sk.mean_squared_error(target, said.values),
            "mape": sk.mean_absolute_percentage_error(target, said.values),
            "median_absolute_error": sk.median_absolute_error(target, said.values),
            "explained_variance": sk.explained_variance_score(target, said.values),
        }
    )
    assert found["explained_variance"] > found["r2"]


@pytest.mark.parametrize("k", [1, 2, 3, 4, 9])
def test_top_k_accuracy_at_any_k(k):
    target, said = answers(4)
    found = gh.metrics.top_k_accuracy(target, said, k=k)
    assert found == pytest.approx(
        np.mean((np.argsort(-said.scores, axis=1)[:, :k] == target[:, None]).any(1))
    )
    assert k > 1 or found == gh.metrics.accuracy(target, said)

"""Metrics: cards, numbers by hand, and what they do where there is little or nothing to measure."""

from __future__ import annotations

import math

import numpy as np
import pytest

import glasshouse as gh
from glasshouse.core.errors import DataError, SettingError, UnknownNameError
from glasshouse.metrics import METRICS, Prediction, confusion_matrix, measure
from glasshouse.testing import check_card

OF_LABELS = [name for name, concept in METRICS.items() if concept.facts["needs"] == "labels"]
OF_NUMBERS = [name for name, concept in METRICS.items() if concept.facts["needs"] == "values"]
PER_CLASS = [name for name, c in METRICS.items() if c.facts["needs"] in ("scores", "probabilities")]


@pytest.mark.parametrize("name", METRICS)
def test_the_card_is_complete_and_its_number_right(name):
    check_card(METRICS[name])


def built(name):
    return METRICS.build(name)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_takes_bare_answers_as_well_as_a_prediction_and_is_exported(name):
    needs = METRICS[name].facts["needs"]
    target = np.array([0, 1, 1, 0]) if needs != "values" else np.array([1.0, 2.0, 4.0, 3.0])
    shares = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]])
    bare = {"labels": np.array([0, 1, 0, 0]), "values": target + 1}.get(needs, shares)
    ours = built(name)(target, Prediction(**{needs: bare}))
    assert np.array_equal(ours, built(name)(target.tolist(), bare.tolist()))
    assert np.array_equal(ours, getattr(gh.metrics, name)(target, bare))


def test_the_counts_of_a_confusion_matrix_are_those_of_every_metric_of_labels():
    true, said = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    (tn, fp), (fn, tp) = confusion_matrix(true, said).tolist()
    assert (tp, fn, fp, tn) == (3, 2, 1, 4)
    expected = {
        "accuracy": 7 / 10,
        "balanced_accuracy": (3 / 5 + 4 / 5) / 2,
        "precision": 3 / 4,
        "recall": 3 / 5,
        "f1": 6 / 9,
        "specificity": 4 / 5,
        "matthews": (3 * 4 - 1 * 2) / math.sqrt(4 * 5 * 5 * 6),
        "cohen_kappa": (0.7 - 0.5) / (1 - 0.5),
    }
    assert {name: built(name)(true, said) for name in expected} == pytest.approx(expected)


ONE_CLASS = {
    "accuracy": 1.0,
    "balanced_accuracy": 1.0,
    "precision": 0.0,
    "recall": 0.0,
    "f1": 0.0,
    "specificity": 1.0,
    "matthews": 0.0,
    "cohen_kappa": math.nan,
    "roc_auc": math.nan,
    "average_precision": math.nan,
    "log_loss": -math.log(0.9),
    "brier": 0.01,
    "top_k_accuracy": 1.0,
}


@pytest.mark.parametrize("name", ONE_CLASS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_with_one_class_only_a_metric_says_what_is_left_or_nan(name):
    zeros = np.zeros(3, np.int64)
    shares = np.tile([0.9, 0.1], (3, 1))
    found = built(name)(zeros, Prediction(labels=zeros, probabilities=shares, scores=shares))
    assert found == pytest.approx(ONE_CLASS[name], nan_ok=True)


def test_specificity_where_every_row_is_of_the_class_is_nan():
    assert math.isnan(gh.metrics.specificity([1, 1], [1, 0]))


@pytest.mark.parametrize("name", METRICS)
def test_no_rows_are_refused(name):
    nothing = np.zeros((0, 2)) if name in PER_CLASS else []
    with pytest.raises(DataError, match=r"of no rows\n  expected: at least one row"):
        built(name)([], nothing)


@pytest.mark.parametrize("name", METRICS)
def test_other_numbers_of_rows_are_refused(name):
    answers = np.full((3, 2), 0.5) if name in PER_CLASS else [0, 1, 0]
    with pytest.raises(DataError, match=r"of 2 targets and 3 (labels|values|scores|probabilities)"):
        built(name)([0, 1], answers)


@pytest.mark.parametrize("name", METRICS)
def test_a_prediction_without_what_is_needed_is_refused(name):
    with pytest.raises(DataError, match=f"of a prediction without {METRICS[name].facts['needs']}"):
        built(name)([0, 1], Prediction())


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numbers_that_are_not_finite_are_named_by_their_row(name, bad):
    with pytest.raises(DataError, match=r"the values of row 1 are (nan|inf) \(1 such rows\)"):
        built(name)([1.0, 2.0], [1.0, bad])
    with pytest.raises(DataError, match=r"the targets of row 0 are (nan|inf)"):
        built(name)([bad, 2.0], [1.0, 2.0])


@pytest.mark.parametrize("name", PER_CLASS)
def test_scores_are_looked_at(name):
    kind = METRICS[name].facts["needs"]
    with pytest.raises(DataError, match=rf"the {kind} of row 1 are \[0.5, nan\]"):
        built(name)([0, 1], [[0.5, 0.5], [0.5, math.nan]])
    with pytest.raises(DataError, match=rf"{kind} of shape \(2,\)\n  expected: \(rows, classes\)"):
        built(name)([0, 1], [0.5, 0.2])
    with pytest.raises(DataError, match=rf"the target of row 1 is 2, and there are {kind} for 2 classes"):
        built(name)([0, 2], [[0.5, 0.5], [0.5, 0.5]])


@pytest.mark.parametrize("name", ["log_loss", "brier"])
def test_logits_are_no_probabilities(name):
    with pytest.raises(
        DataError, match=r"the probabilities of row 1 add up to -2.5\n.*\n  fix: apply a softmax"
    ):
        built(name)([0, 1], [[0.5, 0.5], [0.5, -3.0]])


@pytest.mark.parametrize("name", OF_LABELS)
def test_labels_are_class_indices(name):
    with pytest.raises(
        DataError, match=r"labels of shape \(2,\) and type <U3\n.*\n  fix: number the classes"
    ):
        built(name)([0, 1], ["cat", "dog"])
    with pytest.raises(DataError, match=r"targets of shape \(2,\) and type float64"):
        built(name)([0.0, 1.0], [0, 1])
    with pytest.raises(DataError, match="the class of row 1 is -1 among the targets"):
        built(name)([0, -1], [0, 1])
    assert np.array_equal(
        built(name)([False, True, True], [True, True, False]), built(name)([0, 1, 1], [1, 1, 0])
    )


def test_a_confusion_matrix_may_know_of_more_classes_than_occur_and_of_no_fewer():
    assert confusion_matrix([0, 0], [0, 1], classes=3).tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
    with pytest.raises(DataError, match="class 4 among the rows of a confusion matrix of 3 classes"):
        confusion_matrix([0, 4], [0, 1], classes=3)


def test_only_the_usual_metrics_are_measured_unless_more_are_named():
    target, labels = np.array([0, 1, 1]), np.array([0, 1, 0])
    said = Prediction(labels=labels)
    usual = ["accuracy", "balanced_accuracy", "precision", "recall", "f1"]
    assert list(measure(target, said, "classification")) == usual
    more = ["mcc", {"name": "cohen_kappa", "weights": "linear"}]
    assert list(measure(target, said, "classification", more)) == [*usual, "matthews", "cohen_kappa"]


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ("mse", SettingError, "metric 'mse' for classification"),
        ("confusion_matrix", SettingError, "among metrics that give one number"),
        ("f11", UnknownNameError, "did you mean 'f1'"),
        ({"name": "top_k_accuracy", "k": 0}, SettingError, "k = 0"),
        ({"name": "cohen_kappa", "weights": "cubic"}, SettingError, "weights = 'cubic'"),
    ],
)
def test_metrics_that_cannot_be_meant_are_refused(more, error, said):
    shares = np.array([[0.9, 0.1], [0.2, 0.8]])
    prediction = Prediction(labels=np.array([0, 1]), probabilities=shares, scores=shares)
    with pytest.raises(error, match=said):
        measure(np.array([0, 1]), prediction, "classification", [more])

"""Rosenblatt's perceptron: against scikit-learn's, and against our own training by batches of one row."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Perceptron

import glasshouse as gh
from glasshouse.core.errors import ParameterError, SampleError
from glasshouse.data.parts import Part
from glasshouse.estimators import PerceptronClassifier
from glasshouse.estimators.perceptron_passes import BLOCK, Unit
from glasshouse.losses import LOSSES
from glasshouse.models import build_model
from glasshouse.objectives import Supervised
from glasshouse.training import Job, train
from glasshouse.training.batches import InMemoryBatches

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS, SPECIES = load_iris(return_X_y=True)
DATA = {
    "iris": (IRIS, SPECIES),
    "two classes": (IRIS[50:], SPECIES[50:]),
    "digits": load_digits(return_X_y=True),
    "cancer": load_breast_cancer(return_X_y=True),
}
# Penalties and class weights make sums that are exactly 0 in one order of adding and not in another; on these
# data no such tie decides.
SETTINGS = [
    ({}, DATA),
    ({"eta0": 0.5}, DATA),
    ({"fit_intercept": False}, DATA),
    ({"tol": None, "max_iter": 7}, DATA),
    ({"n_iter_no_change": 2, "tol": 0.01}, DATA),
    ({"class_weight": {1: 2.0, 2: 1.0}}, ["two classes"]),
    ({"class_weight": "balanced"}, ["iris", "cancer"]),
    ({"penalty": "l2", "alpha": 0.01}, ["iris", "two classes", "cancer"]),
    ({"penalty": "l1", "alpha": 0.001}, ["iris", "two classes", "cancer"]),
    ({"penalty": "elasticnet", "alpha": 0.001}, ["two classes", "cancer"]),
]
CASES = [(name, parameters) for parameters, names in SETTINGS for name in names]


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_in_the_same_order_weights_are_scikit_learns(name, parameters):
    X, y = DATA[name]
    theirs = Perceptron(shuffle=False, **parameters).fit(X, y)
    ours = PerceptronClassifier(shuffle=False, **parameters).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-9, atol=1e-9)
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("name", ["two classes", "cancer"])
def test_training_by_the_perceptron_criterion_takes_the_same_steps(name):
    X, y = DATA[name]
    # Where all sums are 0 the criterion lets the first class win, and Rosenblatt's rule calls it wrong: the
    # paths are the same once the weights have moved, so a row of the second class comes first.
    order = np.argsort(y != y.max(), kind="stable")[:1]
    order = np.r_[order, np.delete(np.arange(len(y)), order)]
    X, y = X[order], y[order]
    network = build_model("perceptron", (X.shape[1],), 2, seed=0).double()
    part = Part(torch.from_numpy(X), torch.from_numpy(y - y.min()), order)
    job = Job(
        network=network,
        batches=InMemoryBatches(part, batch_size=1, shuffle=False),
        objective=Supervised(LOSSES.build("perceptron_criterion")),
        optimizer="sgd",
        learning_rate=1.0,
        epochs=3,
    )
    train(job)
    ours = PerceptronClassifier(shuffle=False, tol=None, max_iter=3).fit(X, y)
    np.testing.assert_allclose(ours.coef_, network.linear.weight.detach().numpy(), rtol=1e-9)
    np.testing.assert_allclose(ours.intercept_, network.linear.bias.detach().numpy(), rtol=1e-9)


def literal(rows, sides, passes):
    """Rosenblatt's rule, row by row, as the text-book writes it."""
    w, b = np.zeros(rows.shape[1]), 0.0
    for _ in range(passes):
        for x, side in zip(rows, sides, strict=True):
            if side * (w @ x + b) <= 0:
                w, b = w + side * x, b + side
    return w, b


@pytest.mark.parametrize("rows", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_blocks_of_rows_take_the_literal_rules_steps(rows):
    random = np.random.RandomState(rows)
    X = random.randint(-3, 4, (rows, 4)).astype(float)
    sides = np.where(random.rand(rows) < 0.5, 1.0, -1.0)
    unit = Unit(np.zeros(4), 0.0)
    for _ in range(3):
        unit.go_over(X, sides, np.ones(rows))
    w, b = literal(X, sides, 3)
    np.testing.assert_array_equal(unit.weights, w)
    assert unit.bias == b


def test_it_comes_to_rest_on_classes_that_a_line_separates():
    X, y = IRIS[:100], SPECIES[:100]
    network = PerceptronClassifier(max_iter=200).fit(X, y)
    assert network.score(X, y) == 1
    assert network.n_iter_ < 200


def test_it_never_learns_exclusive_or():
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    assert PerceptronClassifier(max_iter=500, tol=None).fit(X, y).score(X, y) < 1


def test_partial_fits_go_on():
    whole = PerceptronClassifier(shuffle=False, tol=None, max_iter=4).fit(IRIS, SPECIES)
    pieces = PerceptronClassifier(shuffle=False)
    for _ in range(4):
        pieces.partial_fit(IRIS, SPECIES, classes=[0, 1, 2])
    np.testing.assert_array_equal(whole.coef_, pieces.coef_)
    assert (pieces.n_iter_, pieces.t_) == (1, whole.t_)


def test_a_warm_start_goes_on_and_a_cold_one_begins_anew():
    cold = PerceptronClassifier(shuffle=False, tol=None, max_iter=2)
    first = cold.fit(IRIS, SPECIES).coef_.copy()
    np.testing.assert_array_equal(cold.fit(IRIS, SPECIES).coef_, first)
    warm = PerceptronClassifier(shuffle=False, tol=None, max_iter=2, warm_start=True).fit(IRIS, SPECIES)
    whole = PerceptronClassifier(shuffle=False, tol=None, max_iter=4).fit(IRIS, SPECIES)
    np.testing.assert_array_equal(warm.fit(IRIS, SPECIES).coef_, whole.coef_)


def test_early_stopping_watches_rows_that_are_held_out(capsys):
    network = PerceptronClassifier(early_stopping=True, verbose=1).fit(*DATA["digits"])
    assert network.score(*DATA["digits"]) > 0.85
    assert "class 9, pass 1, score = " in capsys.readouterr().out


def test_the_module_gives_the_sums():
    network = PerceptronClassifier().fit(IRIS, SPECIES)
    sums = network.network_(torch.from_numpy(IRIS)).detach().numpy()
    np.testing.assert_allclose(sums, network.decision_function(IRIS))
    pair = PerceptronClassifier().fit(IRIS[:100], SPECIES[:100])
    scores = pair.network_(torch.from_numpy(IRIS[:5])).detach().numpy()
    np.testing.assert_allclose(scores[:, 1] - scores[:, 0], pair.decision_function(IRIS[:5]))
    assert set(gh.explain(pair.network_, torch.from_numpy(IRIS[:1])).badges) == {"checked"}


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"penalty": "l3"}, "penalty = 'l3'"),
        ({"eta0": 0}, "eta0 = 0"),
        ({"max_iter": 0}, "max_iter = 0"),
        ({"penalty": "l1", "alpha": -1}, "alpha = -1"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_a_value_error_that_names_it(parameters, text):
    with pytest.raises(ParameterError, match=text):
        PerceptronClassifier(**parameters).fit(IRIS, SPECIES)


def test_wrong_classes_are_value_errors():
    with pytest.raises(SampleError, match="one class, .0."):
        PerceptronClassifier().fit(IRIS[:50], SPECIES[:50])
    begun = PerceptronClassifier().partial_fit(IRIS, SPECIES)
    with pytest.raises(ParameterError, match=r"classes \[0, 1\] after \[0, 1, 2\]"):
        begun.partial_fit(IRIS, SPECIES, classes=[0, 1])
    with pytest.raises(ParameterError, match="class_weight = 'balanced' in partial_fit"):
        PerceptronClassifier(class_weight="balanced").partial_fit(IRIS, SPECIES)


def test_too_few_passes_are_told():
    with pytest.warns(ConvergenceWarning, match="all 1 passes"):
        PerceptronClassifier(max_iter=1).fit(IRIS, SPECIES)

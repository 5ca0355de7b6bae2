"""Network classifier and regressor: against scikit-learn's, number by number, and what they add."""

from __future__ import annotations

import copy
import io
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from torch import nn

import glasshouse as gh
from glasshouse.core.errors import DivergedError, ParameterError, SampleError
from glasshouse.estimators import NetworkClassifier, NetworkRegressor
from glasshouse.estimators import rows as rows_module
from glasshouse.estimators.rows import SparseBatches

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS, SPECIES = load_iris(return_X_y=True)
IRIS = scale(IRIS)
PAIR, SIDES = IRIS[:100], SPECIES[:100]
MANY, LABELS = make_multilabel_classification(n_samples=60, random_state=0)
MANY = scale(MANY)
ROWS, NUMBERS = make_regression(n_samples=100, n_features=5, n_targets=2, random_state=0)
ROWS, NUMBERS = scale(ROWS), scale(NUMBERS)
WEIGHTS = np.random.RandomState(0).rand(150)

PROBLEMS = {
    "three classes": (MLPClassifier, NetworkClassifier, IRIS, SPECIES),
    "two classes": (MLPClassifier, NetworkClassifier, PAIR, SIDES),
    "several labels": (MLPClassifier, NetworkClassifier, MANY, LABELS),
    "two numbers": (MLPRegressor, NetworkRegressor, ROWS, NUMBERS),
    "one number": (MLPRegressor, NetworkRegressor, ROWS, NUMBERS[:, 0]),
}
# Adam's epsilon stands elsewhere in scikit-learn's form: where it is tiny, both take the same steps.
SOLVERS = {
    "adam": {"epsilon": 1e-15},
    "adam, batches in order": {"epsilon": 1e-15, "shuffle": False, "batch_size": 20, "max_iter": 8},
    "nesterov": {"solver": "sgd", "learning_rate_init": 0.05},
    "momentum": {"solver": "sgd", "learning_rate_init": 0.05, "nesterovs_momentum": False},
    "plain": {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0},
    "falling rate": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5},
    "lbfgs": {"solver": "lbfgs", "max_iter": 12},
    "tanh, penalty": {"epsilon": 1e-15, "activation": "tanh", "hidden_layer_sizes": (8, 6), "alpha": 0.1},
    "logistic": {"solver": "sgd", "activation": "logistic"},
}


def furthest(theirs, ours):
    """The largest difference between two networks' weights and biases."""
    pairs = zip(theirs.coefs_ + theirs.intercepts_, ours.coefs_ + ours.intercepts_, strict=True)
    return max(float(np.abs(one - other).max()) for one, other in pairs)


def both(problem, **parameters):
    """The same fit by scikit-learn and by us."""
    theirs, ours, X, y = PROBLEMS[problem]
    parameters = {"hidden_layer_sizes": (10,), "max_iter": 40, "random_state": 3, **parameters}
    return theirs(**parameters).fit(X, y), ours(**parameters).fit(X, y)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_weights_are_scikit_learns(problem, solver):
    theirs, ours = both(problem, **SOLVERS[solver])
    assert furthest(theirs, ours) < 2e-5
    assert theirs.out_activation_ == ours.out_activation_
    assert theirs.n_iter_ == ours.n_iter_


def test_weighted_rows_end_at_scikit_learns_weights():
    settings = {"solver": "sgd", "max_iter": 30, "random_state": 0, "learning_rate_init": 0.1}
    theirs = MLPClassifier(**settings).fit(IRIS, SPECIES, sample_weight=WEIGHTS)
    ours = NetworkClassifier(**settings).fit(IRIS, SPECIES, sample_weight=WEIGHTS)
    assert furthest(theirs, ours) < 1e-9


def test_the_adaptive_rate_is_scikit_learns():
    settings = {"learning_rate": "adaptive", "solver": "sgd", "learning_rate_init": 0.3, "tol": 0.01}
    theirs, ours = both("one number", **settings, alpha=0, max_iter=300)
    assert furthest(theirs, ours) < 1e-9
    assert theirs.n_iter_ == ours.n_iter_ < 300


@pytest.mark.parametrize("patience", [2, 5, 50])
def test_training_ends_when_scikit_learns_does(patience):
    settings = {"tol": 0.01, "max_iter": 1000, "solver": "sgd", "alpha": 0, "n_iter_no_change": patience}
    theirs, ours = both("two classes", **settings)
    assert theirs.n_iter_ == ours.n_iter_ < 1000
    assert theirs.loss_curve_ == pytest.approx(ours.loss_curve_)
    assert theirs.best_loss_ == pytest.approx(ours.best_loss_)


def test_endless_patience_uses_all_epochs():
    ours = NetworkClassifier(tol=1e9, n_iter_no_change=np.inf, max_iter=17, solver="sgd").fit(PAIR, SIDES)
    assert ours.n_iter_ == 17


@pytest.mark.parametrize("problem", PROBLEMS)
def test_predictions_of_the_same_network_are_scikit_learns(problem):
    theirs, ours = both(problem, solver="sgd")
    X = PROBLEMS[problem][2]
    np.testing.assert_array_equal(theirs.predict(X) > 0, ours.predict(X) > 0)
    if isinstance(ours, NetworkClassifier):
        np.testing.assert_array_equal(theirs.predict(X), ours.predict(X))
        np.testing.assert_allclose(theirs.predict_proba(X), ours.predict_proba(X), rtol=1e-6)
        np.testing.assert_allclose(theirs.predict_log_proba(X), ours.predict_log_proba(X), rtol=1e-6)


def test_partial_fits_take_the_steps_of_one_fit():
    settings = {"solver": "adam", "random_state": 0, "batch_size": 16}
    whole = NetworkClassifier(max_iter=12, tol=0, n_iter_no_change=100, **settings).fit(IRIS, SPECIES)
    pieces = NetworkClassifier(**settings)
    for _ in range(12):
        pieces.partial_fit(IRIS, SPECIES, classes=[0, 1, 2])
    assert furthest(whole, pieces) == 0
    assert whole.loss_curve_ == pieces.loss_curve_


def test_a_partial_fit_goes_on_from_a_copy_as_from_the_original():
    first = NetworkRegressor((8,), random_state=0).partial_fit(ROWS, NUMBERS)
    second = pickle.loads(pickle.dumps(first))
    third = copy.deepcopy(first)
    for each in (first, second, third):
        each.partial_fit(ROWS[:40], NUMBERS[:40])
    assert furthest(first, second) == furthest(first, third) == 0


def test_a_partial_fit_after_a_fit_keeps_the_optimizers_memory():
    settings = {"solver": "adam", "random_state": 0, "tol": 0, "n_iter_no_change": 100}
    whole = NetworkClassifier(max_iter=5, **settings).fit(IRIS, SPECIES)
    begun = NetworkClassifier(max_iter=4, **settings).fit(IRIS, SPECIES).partial_fit(IRIS, SPECIES)
    assert furthest(whole, begun) == 0


def test_rows_may_come_with_and_without_weights_in_turn():
    network = NetworkClassifier((4,), random_state=0)
    network.partial_fit(IRIS, SPECIES).partial_fit(IRIS, SPECIES, sample_weight=WEIGHTS)
    assert network.partial_fit(IRIS, SPECIES).t_ == 450


def test_class_weights_multiply_sample_weights():
    settings = {"solver": "sgd", "max_iter": 10, "random_state": 0}
    by_class = {0: 3.0, 1: 0.5, 2: 1.0}
    own = np.array([by_class[each] for each in SPECIES]) * WEIGHTS
    one = NetworkClassifier(class_weight=by_class, **settings).fit(IRIS, SPECIES, sample_weight=WEIGHTS)
    other = NetworkClassifier(**settings).fit(IRIS, SPECIES, sample_weight=own)
    assert furthest(one, other) == 0


def test_a_weight_of_zero_leaves_a_row_out_of_the_validation_score():
    y = SIDES.copy()
    y[::4] = 1 - y[::4]  # wrong labels, which weigh nothing
    weights = np.ones(100)
    weights[::4] = 0
    network = NetworkClassifier(
        (8,), early_stopping=True, validation_fraction=0.5, learning_rate_init=0.05, random_state=0
    )
    assert network.fit(PAIR, y, sample_weight=weights).best_validation_score_ == 1.0


def test_early_stopping_keeps_the_best_epochs_weights():
    settings = {"early_stopping": True, "learning_rate_init": 0.05, "random_state": 1, "tol": 0}
    digits, names = load_digits(return_X_y=True)
    whole = NetworkClassifier((30,), max_iter=60, **settings).fit(digits[:300], names[:300])
    best = int(np.argmax(whole.validation_scores_)) + 1
    assert best < whole.n_iter_
    assert whole.best_validation_score_ == whole.validation_scores_[best - 1]
    short = NetworkClassifier((30,), max_iter=best, **settings).fit(digits[:300], names[:300])
    assert furthest(whole, short) == 0


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_numbers_keep_their_type(kind):
    network = NetworkRegressor((4,), max_iter=2).fit(ROWS.astype(kind), NUMBERS)
    assert network.predict(ROWS.astype(kind)).dtype == kind
    assert {each.dtype for each in network.coefs_ + network.intercepts_} == {np.dtype(kind)}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_name_their_features(frame):
    names = ["a", "b", "c", "d"]
    table = frame(dict(zip(names, IRIS.T, strict=True)))
    network = NetworkClassifier((4,), max_iter=2, random_state=0).fit(table, SPECIES)
    assert network.feature_names_in_.tolist() == names
    array = NetworkClassifier((4,), max_iter=2, random_state=0).fit(IRIS, SPECIES)
    np.testing.assert_array_equal(network.predict_proba(table), array.predict_proba(IRIS))
    with pytest.raises(ValueError, match="feature names should match"):
        network.predict(
            table.rename(columns={"a": "z"}) if frame is pd.DataFrame else table.rename({"a": "z"})
        )


@pytest.mark.parametrize("dense_bytes", [0, 2**30])
@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix])
def test_sparse_rows_give_what_dense_ones_give(form, dense_bytes, monkeypatch):
    monkeypatch.setattr(rows_module, "DENSE", dense_bytes)
    X = np.where(np.abs(IRIS) > 0.5, IRIS, 0.0)
    settings = {"hidden_layer_sizes": (4,), "max_iter": 5, "batch_size": 16, "random_state": 0}
    dense = NetworkClassifier(**settings).fit(X, SPECIES, sample_weight=WEIGHTS)
    thin = NetworkClassifier(**settings).fit(form(X), SPECIES, sample_weight=WEIGHTS)
    assert furthest(dense, thin) < 1e-12
    np.testing.assert_allclose(thin.predict_proba(form(X)), dense.predict_proba(X))


def test_sparse_batches_are_filled_one_by_one():
    batches = SparseBatches(sparse.random(40, 8, 0.2, "csr"), torch.arange(40), None, 16, seed=0)
    assert [batch.inputs.shape[0] for step in batches.epoch(0) for batch in step] == [16, 16, 8]
    assert sorted(int(t) for step in batches.epoch(3) for batch in step for t in batch.targets) == list(
        range(40)
    )


def test_many_rows_are_answered_in_bounded_pieces(monkeypatch):
    network = NetworkClassifier((4,), max_iter=2, random_state=0).fit(IRIS, SPECIES)
    whole = network.predict_proba(IRIS)
    monkeypatch.setattr(rows_module, "ASKED", 40)
    np.testing.assert_allclose(network.predict_proba(IRIS), whole, rtol=1e-12)


@pytest.mark.parametrize("labels", [["a", "b", "c"], [True, False], [10, 20, 30], [-1.0, 1.0]])
def test_labels_come_back_as_they_were(labels):
    X, y = (PAIR, SIDES) if len(labels) == 2 else (IRIS, SPECIES)
    y = np.array(labels)[y]
    network = NetworkClassifier((8,), learning_rate_init=0.1, max_iter=50, random_state=0).fit(X, y)
    assert network.predict(X).dtype == y.dtype
    assert network.score(X, y) > 0.9
    assert network.classes_.tolist() == sorted(labels)


@pytest.mark.parametrize("loss", ["cross_entropy", "focal", "kl_divergence"])
def test_two_classes_may_have_two_outputs(loss):
    network = NetworkClassifier((8,), loss=loss, learning_rate_init=0.1, max_iter=40, random_state=0)
    network.fit(PAIR, SIDES)
    assert network.n_outputs_ == 2
    assert network.out_activation_ == "softmax"
    np.testing.assert_array_equal(network.decision_function(PAIR) > 0, network.predict(PAIR) == 1)
    assert network.score(PAIR, SIDES) == 1


def test_a_loss_of_scores_has_no_probabilities():
    network = NetworkClassifier((8,), loss="hinge", learning_rate_init=0.1, max_iter=40, random_state=0)
    network.fit(IRIS, SPECIES)
    assert network.score(IRIS, SPECIES) > 0.9
    assert not hasattr(network, "predict_proba")
    assert network.out_activation_ == "identity"


@pytest.mark.parametrize(
    "parameters",
    [
        {"activation": {"name": "leaky_relu", "negative_slope": 0.2}},
        {"activation": {"name": "maxout", "pieces": 3}, "initializer": "he_normal"},
        {"normalization": "batch", "dropout": 0.2},
        {"solver": {"name": "rmsprop", "decay": 0.9}, "learning_rate": "cosine"},
        {"solver": "adamw", "learning_rate": {"name": "step_decay", "every": 10}},
        {"hidden_layer_sizes": ()},
        {"network": {"name": "stack", "layers": [{"name": "linear", "out_features": 8}, "tanh"]}},
        {
            "network": lambda inputs, outputs: nn.Sequential(
                nn.Linear(inputs, 8), nn.ReLU(), nn.Linear(8, outputs)
            )
        },
        {"engine": "autograd"},
        {"engine": "fused"},
    ],
    ids=lambda parameters: " ".join(parameters),  # no addresses, which differ between processes
)
def test_everything_of_glasshouse_may_stand_in_a_parameter(parameters):
    settings = {"learning_rate_init": 0.02, "batch_size": 16, "max_iter": 30, "random_state": 0, "tol": 0}
    network = clone(NetworkClassifier(**{**settings, **parameters})).fit(IRIS, SPECIES)
    assert network.score(IRIS, SPECIES) > 0.9
    assert network.loss_curve_[-1] < network.loss_curve_[0]


def test_the_same_random_state_gives_the_same_network_and_none_another():
    made = [
        NetworkClassifier((4,), max_iter=3, random_state=seed).fit(IRIS, SPECIES) for seed in (1, 1, None)
    ]
    assert furthest(made[0], made[1]) == 0
    assert furthest(made[0], made[2]) > 0


def test_global_random_states_stay_as_they_were():
    before, own = torch.get_rng_state(), np.random.get_state()[1].tolist()
    NetworkClassifier((4,), dropout=0.5, max_iter=3, random_state=0).fit(IRIS, SPECIES)
    assert bool((torch.get_rng_state() == before).all())
    assert np.random.get_state()[1].tolist() == own


def test_the_network_is_explained():
    network = NetworkClassifier((3,), "tanh", max_iter=3, random_state=0).fit(IRIS, SPECIES)
    row = torch.from_numpy(IRIS[:1])
    explanation = gh.explain(network.network_, row, torch.from_numpy(SPECIES[:1]))
    assert set(explanation.badges) == {"checked"}


def test_what_is_trained_is_a_plain_module_in_evaluation_mode():
    network = NetworkClassifier((3,), dropout=0.5, max_iter=3).fit(IRIS, SPECIES)
    assert isinstance(network.network_, nn.Sequential)
    assert not any(module.training for module in network.network_.modules())
    np.testing.assert_array_equal(network.predict_proba(IRIS), network.predict_proba(IRIS))


def test_searches_and_cross_validation_take_it():
    pipeline = make_pipeline(StandardScaler(), NetworkClassifier((8,), learning_rate_init=0.05, max_iter=40))
    assert cross_val_score(pipeline, IRIS, SPECIES, cv=3).mean() > 0.9
    grid = {"networkclassifier__alpha": [1e-4, 1e-1]}
    assert GridSearchCV(pipeline, grid, cv=2).fit(IRIS, SPECIES).best_score_ > 0.9


def test_verbose_tells_of_every_epoch(capsys):
    NetworkClassifier((3,), max_iter=2, verbose=True, random_state=0).fit(IRIS, SPECIES)
    told = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in told[:2]] == ["Iteration 1", "Iteration 2"]
    assert told[-1] == "All 2 epochs done."


def test_too_few_epochs_are_told():
    with pytest.warns(ConvergenceWarning, match="all 2 epochs .max_iter. are done"):
        NetworkClassifier((3,), max_iter=2).fit(IRIS, SPECIES)


def test_a_batch_larger_than_the_data_is_cut_and_told():
    with pytest.warns(UserWarning, match="batch_size = 500 is more than the 150 rows"):
        NetworkClassifier((3,), batch_size=500, max_iter=2).fit(IRIS, SPECIES)


WRONG = [
    ({"hidden_layer_sizes": (8, 0)}, r"hidden_layer_sizes\[1\] = 0\n  expected: a whole number from 1"),
    ({"hidden_layer_sizes": "8"}, "hidden_layer_sizes = '8'"),
    ({"activation": "rellu"}, "did you mean 'relu'"),
    ({"solver": "adma"}, "no optimizer named 'adma'"),
    ({"alpha": -1}, "alpha = -1"),
    ({"batch_size": 0}, "batch_size = 0"),
    ({"learning_rate": "fast"}, "no schedule named 'fast'"),
    ({"learning_rate_init": 0}, "learning_rate_init = 0"),
    ({"max_iter": 1.5}, "max_iter = 1.5"),
    ({"shuffle": "yes"}, "shuffle = 'yes'"),
    ({"loss": "mse"}, "loss = 'mse' in a classifier"),
    ({"engine": "fast"}, "engine = 'fast'"),
    ({"dropout": 1}, "dropout = 1"),
    ({"n_iter_no_change": 0}, "n_iter_no_change = 0"),
    ({"loss": "binary_cross_entropy"}, "loss = 'binary_cross_entropy' for multiclass targets"),
]


@pytest.mark.parametrize(("parameters", "text"), WRONG, ids=[str(each[0]) for each in WRONG])
def test_a_wrong_parameter_is_a_value_error_that_names_it(parameters, text):
    with pytest.raises(ValueError, match=text) as caught:
        NetworkClassifier(**parameters).fit(IRIS, SPECIES)
    assert isinstance(caught.value, ParameterError)
    assert caught.value.fix


def test_wrong_rows_are_value_errors_that_say_what_to_do():
    network = NetworkClassifier((3,), max_iter=2).partial_fit(IRIS, SPECIES, classes=[0, 1, 2])
    with pytest.raises(SampleError, match=r"labels \[7\] in y\n  expected: labels among \[0, 1, 2\]"):
        network.partial_fit(IRIS, np.full(150, 7))
    with pytest.raises(ParameterError, match=r"classes = \[0, 1\] after \[0, 1, 2\]"):
        network.partial_fit(IRIS, SPECIES, classes=[0, 1])
    with pytest.raises(ValueError, match="all 0|at least one non-zero"):
        network.fit(IRIS, SPECIES, sample_weight=np.zeros(150))
    with pytest.raises(SampleError, match="set early_stopping to False, or add rows"):
        NetworkClassifier(early_stopping=True).fit([[1], [2], [3], [4]], [0, 0, 0, 1])
    with pytest.raises(SampleError, match="The validation set is too small: 1 of 2 rows"):
        NetworkRegressor(early_stopping=True).fit([[1], [2]], [0.0, 1.0])
    with pytest.raises(SampleError, match="y with 1 columns after 2"):
        NetworkRegressor((3,), max_iter=2).partial_fit(ROWS, NUMBERS).partial_fit(ROWS, NUMBERS[:, 0])
    with pytest.raises(ParameterError, match=r"warm_start with classes \[0 1\] after \[0 1 2\]"):
        NetworkClassifier((3,), max_iter=2, warm_start=True).fit(IRIS, SPECIES).fit(PAIR, SIDES)
    with pytest.raises(ParameterError, match="loss = 'hinge' in a regressor"):
        NetworkRegressor(loss="hinge").fit(ROWS, NUMBERS)


def test_partial_fit_needs_steps_by_batches():
    assert not hasattr(NetworkClassifier(solver="lbfgs"), "partial_fit")


def test_a_diverged_fit_says_so_as_a_value_error():
    with pytest.raises(DivergedError, match="the loss became") as caught:
        NetworkRegressor(solver="sgd", learning_rate_init=1e6).fit(ROWS * 1e6, NUMBERS)
    assert isinstance(caught.value, ValueError)


def test_a_diverged_fit_with_early_stopping_keeps_its_best_epoch():
    network = NetworkRegressor(
        100, "identity", solver="sgd", learning_rate_init=1, early_stopping=True, random_state=0, max_iter=20
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.fit(*load_iris(return_X_y=True))
    assert np.isnan(network.validation_scores_[-1])
    assert np.isfinite(network.predict(IRIS)).all()


def test_ctrl_c_ends_a_fit_and_keeps_what_is_learnt(monkeypatch):
    import signal

    from glasshouse.estimators import course

    class Press(course.Told):
        def epoch_ended(self, row, timing):
            if row["epoch"] == 3:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(NetworkClassifier, "_observers", lambda self: (Press(),))
    with pytest.warns(ConvergenceWarning, match="training was stopped by SIGINT"):
        network = NetworkClassifier((3,), max_iter=50, random_state=0).fit(IRIS, SPECIES)
    assert 3 <= network.n_iter_ < 50
    assert network.predict(IRIS).shape == (150,)


def test_a_saved_estimator_holds_no_code():
    network = NetworkClassifier((3,), max_iter=2).fit(IRIS, SPECIES)
    again = pickle.load(io.BytesIO(pickle.dumps(network)))
    np.testing.assert_array_equal(again.predict_proba(IRIS), network.predict_proba(IRIS))

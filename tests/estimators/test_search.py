"""The grid search that trains networks together: the same answers as scikit-learn's, wherever they stand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.svm import SVC

from glasshouse.estimators import GlasshouseSearchCV, NetworkClassifier, NetworkRegressor
from glasshouse.estimators import together as together_module
from glasshouse.estimators.together import Gathering, digest, gathering

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite"),
]

IRIS, SPECIES = load_iris(return_X_y=True)
IRIS = scale(IRIS)
NETWORK = NetworkClassifier((6,), max_iter=12, batch_size=16, learning_rate_init=0.02, random_state=0)
GRID = {"alpha": [1e-4, 1e-1], "learning_rate_init": [1e-3, 3e-2], "activation": ["relu", "tanh"]}


def agree(ours, theirs):
    """The same scores, the same best candidate, and the same refitted network."""
    for key, values in theirs.cv_results_.items():
        if key.startswith(("split", "mean_test", "mean_train", "std_t", "rank")):
            np.testing.assert_allclose(ours.cv_results_[key], values, rtol=1e-6, atol=1e-7, err_msg=key)
    assert sorted(ours.cv_results_) == sorted(theirs.cv_results_)
    assert ours.best_params_ == theirs.best_params_
    assert ours.best_score_ == pytest.approx(theirs.best_score_)


def searched(estimator, grid, X=IRIS, y=SPECIES, fit=None, **settings):
    """The same search by both."""
    fit = fit or {}
    ours = GlasshouseSearchCV(estimator, grid, **settings).fit(X, y, **fit)
    theirs = GridSearchCV(estimator, grid, **settings).fit(X, y, **fit)
    agree(ours, theirs)
    return ours, theirs


def test_every_network_is_trained_together_and_scored_as_alone():
    ours, theirs = searched(NETWORK, GRID, cv=3, scoring="neg_log_loss", return_train_score=True)
    assert ours.trained_together_ == 8 * 3
    np.testing.assert_array_equal(ours.predict_proba(IRIS), theirs.predict_proba(IRIS))


def test_networks_at_the_end_of_a_pipeline_are_trained_together():
    pipeline = make_pipeline(StandardScaler(), PCA(3), NETWORK)
    grid = {"pca__n_components": [2, 3], "networkclassifier__alpha": [1e-4, 1e-1]}
    assert searched(pipeline, grid, cv=3)[0].trained_together_ == 12


def test_networks_inside_another_estimator_are_met():
    ours, _ = searched(
        BaggingClassifier(NETWORK, n_estimators=2, random_state=0), {"max_samples": [0.5, 0.9]}, cv=2
    )
    assert ours.trained_together_ == 4


def test_networks_that_the_grid_offers_are_met():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    ours, _ = searched(pipeline, {"logisticregression": [LogisticRegression(), NETWORK]}, cv=2)
    assert ours.trained_together_ == 2


def test_regressors_weights_and_groups_go_along():
    groups = np.arange(150) % 5
    network = NetworkRegressor((6,), max_iter=10, random_state=0)
    fit = {"sample_weight": np.random.RandomState(0).rand(150), "groups": groups}
    ours, _ = searched(network, {"alpha": [0.0, 1.0]}, IRIS[:, :3], IRIS[:, 3], fit, cv=GroupKFold(5))
    assert ours.trained_together_ == 10


@pytest.mark.parametrize("cv", [KFold(3, shuffle=True, random_state=0), ShuffleSplit(2, random_state=1)])
def test_shuffled_folds_are_drawn_once(cv):
    assert searched(NETWORK, {"alpha": [0.0, 1.0]}, cv=cv)[0].trained_together_ == 2 * cv.get_n_splits()


def test_folds_without_a_random_state_are_the_same_in_both_passes():
    search = GlasshouseSearchCV(NETWORK, {"alpha": [0.0]}, cv=KFold(3, shuffle=True), scoring="neg_log_loss")
    assert search.fit(IRIS, SPECIES).trained_together_ == 3


def test_folds_from_a_generator_are_used_up_once():
    folds = list(KFold(3).split(IRIS))
    ours = GlasshouseSearchCV(NETWORK, {"alpha": [0.0]}, cv=iter(folds)).fit(IRIS, SPECIES)
    assert ours.trained_together_ == 3


def test_networks_without_a_random_state_are_found_again():
    network = NetworkClassifier((6,), max_iter=5)
    np.random.seed(0)
    search = GlasshouseSearchCV(network, {"alpha": [1e-4, 1e-1]}, cv=2).fit(IRIS, SPECIES)
    assert search.trained_together_ == 4


def test_networks_with_a_generator_are_scikit_learns():
    network = NetworkClassifier((6,), max_iter=8, random_state=np.random.RandomState(3))
    searched(network, {"alpha": [1e-4, 1e-1]}, cv=2, scoring="neg_log_loss")


def test_no_fit_is_trained_twice(monkeypatch):
    from glasshouse.estimators.course import Course

    alone = []
    monkeypatch.setattr(Course, "run", lambda self, own=Course.run: alone.append(1) or own(self))
    GlasshouseSearchCV(NETWORK, GRID, cv=3, refit=False).fit(IRIS, SPECIES)
    assert alone == []


def test_candidates_that_cannot_be_trained_get_the_error_score():
    grid = {"activation": ["relu", "rellu"]}
    with pytest.warns(FitFailedWarning, match="3 fits failed out of a total of 6"):
        ours = GlasshouseSearchCV(NETWORK, grid, cv=3, error_score=-1).fit(IRIS, SPECIES)
    assert ours.cv_results_["mean_test_score"][1] == -1
    assert ours.trained_together_ == 3


def test_a_network_that_diverges_leaves_the_others_their_scores():
    network = NetworkRegressor((6,), solver="sgd", max_iter=8, random_state=0)
    grid = {"learning_rate_init": [1e-3, 1e30]}
    with pytest.warns(FitFailedWarning, match="2 fits failed out of a total of 4"):
        ours = GlasshouseSearchCV(network, grid, cv=2).fit(IRIS[:, :3], IRIS[:, 3])
    assert np.isfinite(ours.cv_results_["mean_test_score"]).tolist() == [True, False]


def test_early_stopping_and_rates_of_their_own_are_trained_one_by_one():
    network = NetworkClassifier((6,), max_iter=12, random_state=0, early_stopping=True)
    assert searched(network, {"alpha": [0.0, 1.0]}, cv=2)[1].best_estimator_.validation_scores_ is not None
    falling = NetworkClassifier((6,), max_iter=8, random_state=0, solver="sgd", learning_rate="invscaling")
    searched(falling, {"alpha": [0.0, 1.0]}, cv=2, scoring="neg_log_loss")


def test_other_estimators_are_searched_as_ever():
    ours, _ = searched(SVC(), {"C": [0.1, 1.0]}, cv=3)
    assert not hasattr(ours, "trained_together_")


@pytest.mark.slow
def test_processes_train_one_by_one():
    ours, _ = searched(NETWORK, {"alpha": [1e-4, 1e-1]}, cv=2, n_jobs=2)
    assert not hasattr(ours, "trained_together_")


def test_attributes_of_a_network_trained_together_are_those_of_one_alone():
    kept = []

    def keep(estimator, X, y):
        kept.append(estimator)
        return estimator.score(X, y)

    GlasshouseSearchCV(NETWORK, {"alpha": [1e-4]}, cv=2, refit=False, scoring=keep).fit(IRIS, SPECIES)
    together = list(kept)
    GridSearchCV(NETWORK, {"alpha": [1e-4]}, cv=2, refit=False, scoring=keep).fit(IRIS, SPECIES)
    for one, other in zip(together, kept[2:], strict=True):
        np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=1e-6)
        assert (one.n_iter_, one.t_, one.n_layers_) == (other.n_iter_, other.t_, other.n_layers_)
        for ours, theirs in zip(one.coefs_, other.coefs_, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
        one.partial_fit(IRIS, SPECIES)


def test_convergence_is_watched_for_every_network_by_itself():
    network = NetworkClassifier((6,), max_iter=60, learning_rate_init=0.05, n_iter_no_change=3, tol=0.01)
    kept = []

    def keep(estimator, X, y):
        kept.append(estimator.n_iter_)
        return 0.0

    grid = {"alpha": [1e-4, 10.0], "random_state": [0, 1]}
    GlasshouseSearchCV(network, grid, cv=2, refit=False, scoring=keep).fit(IRIS, SPECIES)
    GridSearchCV(network, grid, cv=2, refit=False, scoring=keep).fit(IRIS, SPECIES)
    assert kept[:8] == kept[8:]
    assert len(set(kept)) > 1


def test_many_networks_are_trained_in_several_goes(monkeypatch):
    monkeypatch.setattr(together_module, "MOST_JOBS", 5)
    assert searched(NETWORK, GRID, cv=2)[0].trained_together_ == 16


def test_the_share_of_training_together_counts_as_fit_time():
    search = GlasshouseSearchCV(NETWORK, {"alpha": [1e-4, 1e-1]}, cv=2).fit(IRIS, SPECIES)
    assert (search.cv_results_["mean_fit_time"] > 0).all()


def test_a_gathering_ends_with_its_block():
    found = Gathering(salt=0)
    with pytest.raises(KeyError), found.collecting():
        raise KeyError
    assert gathering() is None


def test_digests_tell_numbers_types_and_shapes_apart():
    import torch

    rows = torch.arange(6.0)
    others = [rows + 1, rows.double(), rows.reshape(2, 3), rows.tolist()]
    assert len({digest(each) for each in [rows, *others]}) == 5
    assert digest(rows) == digest(rows.clone())

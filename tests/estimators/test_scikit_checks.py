"""scikit-learn's conformance checks on every estimator: all pass, none is expected to fail."""

from __future__ import annotations

import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from glasshouse.estimators import (
    AutoencoderTransformer,
    GlasshouseSearchCV,
    NetworkClassifier,
    NetworkRegressor,
    PerceptronClassifier,
)

QUICK = {"hidden_layer_sizes": (30,), "learning_rate_init": 0.01, "max_iter": 100, "random_state": 0}
ALPHAS = {"alpha": [1e-4, 1e-2]}

ESTIMATORS = [
    NetworkClassifier(),
    NetworkClassifier(solver="lbfgs", max_iter=50),
    NetworkClassifier(loss="cross_entropy", normalization="layer", learning_rate_init=0.01, max_iter=100),
    NetworkRegressor(),
    AutoencoderTransformer(),
    PerceptronClassifier(),
    GlasshouseSearchCV(NetworkClassifier(**QUICK), ALPHAS, cv=2, error_score="raise"),
    GlasshouseSearchCV(NetworkRegressor(**QUICK), ALPHAS, cv=2, error_score="raise"),
    GlasshouseSearchCV(
        make_pipeline(StandardScaler(), NetworkClassifier(**QUICK)),
        {f"networkclassifier__{name}": values for name, values in ALPHAS.items()},
        cv=2,
        error_score="raise",
    ),
]


@pytest.mark.slow
@parametrize_with_checks(ESTIMATORS)
def test_an_estimator_keeps_scikit_learns_contract(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        check(estimator)

"""scikit-learn's tests of its multi-layer perceptrons, run against ours."""

from __future__ import annotations

import inspect

import pytest

from glasshouse.estimators import NetworkClassifier, NetworkRegressor
from tests.estimators.theirs import adapted

theirs = pytest.importorskip("sklearn.neural_network.tests.test_mlp", reason="scikit-learn without its tests")

LEFT_OUT = {
    "test_fit": "sets the weights and the optimizer's state through private attributes",
    "test_gradient": "calls _loss_grad_lbfgs; the gradients of every layer are checked in tests/training",
    "test_learning_rate_warmstart": "reads the rate of the private _optimizer; see test_invscaling below",
    "test_adaptive_learning_rate": "reads the rate of the private _optimizer; see test_adaptive below",
    "test_n_iter_no_change": "reads the private _no_improvement_count; see test_patience below",
    "test_n_iter_no_change_inf": "reads the private _no_improvement_count; see test_patience below",
    "test_mlp_vs_poisson_glm_equivalent": "there is no Poisson loss",
}
"""Tests that are not run, and why; what they show of the public interface is shown in our own."""

OURS = {"MLPClassifier": NetworkClassifier, "MLPRegressor": NetworkRegressor}
NAMES = [
    name for name, value in vars(theirs).items() if name.startswith("test_") and inspect.isfunction(value)
]
for name in NAMES:
    if name not in LEFT_OUT:
        globals()[name] = adapted(getattr(theirs, name), OURS)

"""scikit-learn's tests of its multi-layer perceptrons, run against ours."""

from __future__ import annotations

import inspect

import pytest

from glasshouse.estimators import NetworkClassifier, NetworkRegressor
from tests.estimators.theirs import adapted

theirs = pytest.importorskip("sklearn.neural_network.tests.test_mlp", reason="scikit-learn without its tests")

LEFT_OUT: dict[str, str] = {}

OURS = {"MLPClassifier": NetworkClassifier, "MLPRegressor": NetworkRegressor}
NAMES = [name for name, value in vars(theirs).items() if name.startswith("test_") and inspect.isfunction(value)]
for name in NAMES:
    if name not in LEFT_OUT:
        globals()[name] = adapted(getattr(theirs, name), OURS)

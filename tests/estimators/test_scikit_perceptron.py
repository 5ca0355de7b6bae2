"""scikit-learn's tests of its perceptron, run against ours."""

from __future__ import annotations

import inspect

import pytest

from glasshouse.estimators import PerceptronClassifier
from tests.estimators.theirs import adapted

theirs = pytest.importorskip(
    "sklearn.linear_model.tests.test_perceptron", reason="scikit-learn without its tests"
)

for name, value in list(vars(theirs).items()):
    if name.startswith("test_") and inspect.isfunction(value):
        globals()[name] = adapted(value, {"Perceptron": PerceptronClassifier})

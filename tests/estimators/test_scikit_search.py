"""scikit-learn's tests of its grid search, run against ours."""

from __future__ import annotations

import inspect

import pytest

from glasshouse.estimators import GlasshouseSearchCV
from tests.estimators.theirs import adapted

theirs = pytest.importorskip(
    "sklearn.model_selection.tests.test_search", reason="scikit-learn without its tests"
)

LEFT_OUT: dict[str, str] = {}
"""Tests that are not run, and why."""

OURS = {"GridSearchCV": GlasshouseSearchCV}
for name, value in list(vars(theirs).items()):
    if name.startswith("test_") and inspect.isfunction(value) and name not in LEFT_OUT:
        globals()[name] = adapted(value, OURS)

"""Small experiments that run in a second."""

from __future__ import annotations

from typing import Any

import pytest

from glasshouse.experiment import Experiment

FAST: dict[str, Any] = {
    "training": {"epochs": 3},
    "output": {"report": False, "bundle": False},
}


@pytest.fixture
def experiment():
    """Builds a fast experiment on built-in data; keyword arguments change its sections."""

    def make(data="iris", **sections):
        values = {**{key: dict(value) for key, value in FAST.items()}, "data": data}
        for key, value in sections.items():
            values[key] = {**values.get(key, {}), **value} if isinstance(value, dict) else value
        return Experiment(**values)

    return make

"""What every test may use: the real data where it is, threads pinned, and nothing written outside."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes depends on what else the machine does; no test is about that.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """The path of a real data file under GLASSHOUSE_DATA, or a skip that says what is missing."""

    def find(relative: str) -> Path:
        root = os.environ.get("GLASSHOUSE_DATA")
        if not root:
            pytest.skip("GLASSHOUSE_DATA is not set: real data tests are skipped")
        path = Path(root) / relative
        if not path.exists():
            pytest.skip(f"{path} is not there: real data tests on it are skipped")
        return path

    return find

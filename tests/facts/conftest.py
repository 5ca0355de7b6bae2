"""Where the collected facts are, if they are there: a folder that ``GLASSHOUSE_FACTS`` names."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

# The errata are a part of the handbook; their modules stand beside its other extensions.
sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "_ext"))


@pytest.fixture
def facts():
    """Read a file of facts, or skip with the reason: ``GLASSHOUSE_FACTS``, or beside ``GLASSHOUSE_DATA``."""

    def read(name):
        named, data = os.environ.get("GLASSHOUSE_FACTS"), os.environ.get("GLASSHOUSE_DATA")
        if not named and not data:
            pytest.skip(
                "neither GLASSHOUSE_FACTS nor GLASSHOUSE_DATA is set: no collected facts to compare with"
            )
        path = (Path(named) if named else Path(data).parent / "facts") / name
        if not path.exists():
            pytest.skip(f"{path} is not there: no collected facts to compare with")
        return json.loads(path.read_text(encoding="utf-8"))

    return read

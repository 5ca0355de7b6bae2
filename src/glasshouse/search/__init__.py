"""Search over settings: a space, a strategy, networks trained together, a folder that survives a kill."""

from __future__ import annotations

from glasshouse.search.dimension import Choice, Range
from glasshouse.search.settings import SweepSettings
from glasshouse.search.space import Space, read_space
from glasshouse.search.sweep import Sweep
from glasshouse.search.trial import Trial

__all__ = ["Choice", "Range", "Space", "Sweep", "SweepSettings", "Trial", "read_space"]

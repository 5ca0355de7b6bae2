"""Probes: cheap statistics of every layer while it trains."""

from __future__ import annotations

from glasshouse.probes.probes import Probes, interval
from glasshouse.probes.settings import WatchSettings

__all__ = ["Probes", "WatchSettings", "interval"]

"""Objectives: how a batch becomes a loss, and what the network's outputs mean."""

from __future__ import annotations

from glasshouse.objectives.settings import ObjectiveSettings
from glasshouse.objectives.supervised import Supervised, build_objective

__all__ = ["ObjectiveSettings", "Supervised", "build_objective"]

"""Experiments: what decides a run, how it is read and decided, and the folder that a run leaves behind."""

from __future__ import annotations

from glasshouse.experiment.decide import decide
from glasshouse.experiment.experiment import Experiment
from glasshouse.experiment.run import Run

__all__ = ["Experiment", "Run", "decide"]

"""Training: the loop, its checkpoints, and what it writes down."""

from __future__ import annotations

from glasshouse.training.job import Job, Outcome
from glasshouse.training.loop import train
from glasshouse.training.range_test import range_test

__all__ = ["Job", "Outcome", "range_test", "train"]

"""Populations: many small networks of one shape, trained at once by batched matrix products."""

from __future__ import annotations

from glasshouse.training.population.cohort import Cohort, train_together
from glasshouse.training.population.seating import reason_alone

__all__ = ["Cohort", "reason_alone", "train_together"]

"""Populations: many small networks of one shape, trained at once by batched matrix products."""

from __future__ import annotations

from glasshouse.training.population.cohort import Cohort, reason_alone, train_together

__all__ = ["Cohort", "reason_alone", "train_together"]

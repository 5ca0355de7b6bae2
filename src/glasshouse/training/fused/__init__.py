"""The fused loop: many steps of a small network in one compiled call. Optional: it needs Numba."""

from __future__ import annotations

from glasshouse.training.fused.engine import FusedLoop, read_bounds
from glasshouse.training.fused.plan import FusedPlan, read_fused_plan

__all__ = ["FusedLoop", "FusedPlan", "read_bounds", "read_fused_plan"]

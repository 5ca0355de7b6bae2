"""The dense engine: forward and backward written out into buffers that are made once, without autograd."""

from __future__ import annotations

from glasshouse.training.dense.engine import DenseEngine
from glasshouse.training.dense.plan import Plan, read_plan

__all__ = ["DenseEngine", "Plan", "read_plan"]

"""Explaining a network: any module's forward and backward pass, number by number."""

from __future__ import annotations

from glasshouse.explain.explanation import Explanation
from glasshouse.explain.run import explain

__all__ = ["Explanation", "explain"]

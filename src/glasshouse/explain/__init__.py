"""Explaining a network: any module's forward and backward pass, number by number."""

from __future__ import annotations

import sys

from glasshouse.explain.explanation import Explanation
from glasshouse.explain.face import Explain
from glasshouse.explain.run import explain
from glasshouse.explain.shapes import ShapeRow, Shapes, shapes

__all__ = ["Explain", "Explanation", "ShapeRow", "Shapes", "explain", "shapes"]

# `gh.explain(model, x)` and `gh.explain.Explanation` are the same name: the folder itself can be called.
sys.modules[__name__].__class__ = Explain

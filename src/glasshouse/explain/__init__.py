"""Explain: the numbers behind a network, one by one."""

from __future__ import annotations

from glasshouse.explain.shapes import ShapeRow, Shapes, shapes

__all__ = ["ShapeRow", "Shapes", "shapes"]

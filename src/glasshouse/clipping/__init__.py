"""Clipping: what keeps a gradient from growing too large. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue

CLIPPING = Catalogue("clipping", [])

__all__ = ["CLIPPING"]

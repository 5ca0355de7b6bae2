"""Clipping: what keeps a gradient from growing too large. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.clipping import adaptive_clipping, clip_by_norm, clip_by_value
from glasshouse.clipping.adaptive_clipping import AdaptiveClipping
from glasshouse.clipping.clip_by_norm import ClipByNorm
from glasshouse.clipping.clip_by_value import ClipByValue
from glasshouse.clipping.contract import Clipping
from glasshouse.core.concept import Catalogue

CLIPPING = Catalogue("clipping", [clip_by_norm.CONCEPT, clip_by_value.CONCEPT, adaptive_clipping.CONCEPT])

__all__ = ["CLIPPING", "AdaptiveClipping", "ClipByNorm", "ClipByValue", "Clipping"]

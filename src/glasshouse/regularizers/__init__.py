"""Regularizers: what keeps a network from learning the noise. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue

REGULARIZERS = Catalogue("regularizer", [])

__all__ = ["REGULARIZERS"]

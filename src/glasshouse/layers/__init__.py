"""Layers: the parts of which networks are made. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.layers import linear
from glasshouse.layers.linear import linear as Linear

LAYERS = Catalogue(
    "layer",
    [
        linear.CONCEPT,
    ],
)

__all__ = ["LAYERS", "Linear"]

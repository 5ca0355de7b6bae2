"""Initializers: the numbers that weights start from. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.initializers import (
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    normal,
    orthogonal,
    uniform,
    zeros,
)
from glasshouse.initializers.contract import Initializer

INITIALIZERS = Catalogue(
    "initializer",
    [
        glorot_uniform.CONCEPT,
        glorot_normal.CONCEPT,
        he_uniform.CONCEPT,
        he_normal.CONCEPT,
        lecun_normal.CONCEPT,
        lecun_uniform.CONCEPT,
        orthogonal.CONCEPT,
        zeros.CONCEPT,
        normal.CONCEPT,
        uniform.CONCEPT,
    ],
)

__all__ = ["INITIALIZERS", "Initializer"]

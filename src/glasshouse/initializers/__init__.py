"""Initializers: the numbers that weights start from. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.initializers import (
    constant,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    log_odds,
    normal,
    orthogonal,
    truncated_normal,
    uniform,
    zeros,
)
from glasshouse.initializers.constant import constant as Constant
from glasshouse.initializers.contract import Initializer
from glasshouse.initializers.glorot_normal import glorot_normal as GlorotNormal
from glasshouse.initializers.glorot_uniform import glorot_uniform as GlorotUniform
from glasshouse.initializers.he_normal import he_normal as HeNormal
from glasshouse.initializers.he_uniform import he_uniform as HeUniform
from glasshouse.initializers.lecun_normal import lecun_normal as LeCunNormal
from glasshouse.initializers.lecun_uniform import lecun_uniform as LeCunUniform
from glasshouse.initializers.log_odds import log_odds as LogOdds
from glasshouse.initializers.normal import normal as Normal
from glasshouse.initializers.orthogonal import orthogonal as Orthogonal
from glasshouse.initializers.truncated_normal import truncated_normal as TruncatedNormal
from glasshouse.initializers.uniform import uniform as Uniform
from glasshouse.initializers.zeros import zeros as Zeros

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
        constant.CONCEPT,
        normal.CONCEPT,
        truncated_normal.CONCEPT,
        uniform.CONCEPT,
        log_odds.CONCEPT,
    ],
)

__all__ = [
    "INITIALIZERS",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LeCunNormal",
    "LeCunUniform",
    "LogOdds",
    "Normal",
    "Orthogonal",
    "TruncatedNormal",
    "Uniform",
    "Zeros",
]

"""Optimizers: how a gradient becomes a step. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.optimizers import (
    adadelta,
    adagrad,
    adam,
    adamw,
    momentum,
    nadam,
    nesterov,
    rmsprop,
    sgd,
)

OPTIMIZERS = Catalogue(
    "optimizer",
    [
        sgd.CONCEPT,
        momentum.CONCEPT,
        nesterov.CONCEPT,
        adagrad.CONCEPT,
        rmsprop.CONCEPT,
        adadelta.CONCEPT,
        adam.CONCEPT,
        adamw.CONCEPT,
        nadam.CONCEPT,
    ],
)

__all__ = ["OPTIMIZERS"]

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
from glasshouse.optimizers.adadelta import adadelta as Adadelta
from glasshouse.optimizers.adagrad import adagrad as Adagrad
from glasshouse.optimizers.adam import adam as Adam
from glasshouse.optimizers.adamw import adamw as AdamW
from glasshouse.optimizers.momentum import momentum as Momentum
from glasshouse.optimizers.nadam import nadam as Nadam
from glasshouse.optimizers.nesterov import nesterov as Nesterov
from glasshouse.optimizers.rmsprop import rmsprop as RMSprop
from glasshouse.optimizers.sgd import sgd as GradientDescent
from glasshouse.optimizers.sgd import sgd as SGD

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

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "GradientDescent",
    "Momentum",
    "Nadam",
    "Nesterov",
    "RMSprop",
]

"""Losses: what training makes small. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.losses import cross_entropy, huber, mae, mse, perceptron_criterion
from glasshouse.losses.contract import Loss
from glasshouse.losses.cross_entropy import CrossEntropy
from glasshouse.losses.huber import Huber
from glasshouse.losses.mae import MeanAbsoluteError
from glasshouse.losses.mse import MeanSquaredError
from glasshouse.losses.perceptron_criterion import PerceptronCriterion

LOSSES = Catalogue(
    "loss",
    [
        cross_entropy.CONCEPT,
        perceptron_criterion.CONCEPT,
        mse.CONCEPT,
        mae.CONCEPT,
        huber.CONCEPT,
    ],
)

__all__ = [
    "LOSSES",
    "CrossEntropy",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "PerceptronCriterion",
]

"""Losses: what training makes small. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.losses import (
    binary_cross_entropy,
    contrastive,
    cross_entropy,
    focal,
    hinge,
    huber,
    kl_divergence,
    mae,
    mape,
    mse,
    perceptron_criterion,
    quadratic,
    temporal_difference,
    triplet,
)
from glasshouse.losses.binary_cross_entropy import BinaryCrossEntropy
from glasshouse.losses.contract import Loss
from glasshouse.losses.contrastive import Contrastive
from glasshouse.losses.cross_entropy import CrossEntropy
from glasshouse.losses.focal import Focal
from glasshouse.losses.hinge import Hinge
from glasshouse.losses.huber import Huber
from glasshouse.losses.kl_divergence import KLDivergence
from glasshouse.losses.mae import MeanAbsoluteError
from glasshouse.losses.mape import MeanAbsolutePercentageError
from glasshouse.losses.mse import MeanSquaredError
from glasshouse.losses.perceptron_criterion import PerceptronCriterion
from glasshouse.losses.quadratic import Quadratic
from glasshouse.losses.temporal_difference import TemporalDifference
from glasshouse.losses.triplet import Triplet

LOSSES = Catalogue(
    "loss",
    [
        cross_entropy.CONCEPT,
        binary_cross_entropy.CONCEPT,
        focal.CONCEPT,
        kl_divergence.CONCEPT,
        hinge.CONCEPT,
        perceptron_criterion.CONCEPT,
        mse.CONCEPT,
        quadratic.CONCEPT,
        mae.CONCEPT,
        mape.CONCEPT,
        huber.CONCEPT,
        temporal_difference.CONCEPT,
        contrastive.CONCEPT,
        triplet.CONCEPT,
    ],
)

__all__ = [
    "LOSSES",
    "BinaryCrossEntropy",
    "Contrastive",
    "CrossEntropy",
    "Focal",
    "Hinge",
    "Huber",
    "KLDivergence",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "PerceptronCriterion",
    "Quadratic",
    "TemporalDifference",
    "Triplet",
]

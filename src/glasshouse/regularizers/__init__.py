"""Regularizers: what keeps a network from learning the noise. One file each; this table lists them all.

Dropout and batch normalization regularize too; they are layers (``glasshouse.layers``). Data augmentation
is in ``glasshouse.data``.
"""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.regularizers import (
    early_stopping,
    elastic_net,
    input_noise,
    l1,
    l2,
    label_smoothing,
    max_norm,
    weight_decay,
    weight_noise,
)
from glasshouse.regularizers.contract import Constraint, Noise, Penalty
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.regularizers.elastic_net import ElasticNet
from glasshouse.regularizers.input_noise import InputNoise
from glasshouse.regularizers.l1 import L1
from glasshouse.regularizers.l2 import L2
from glasshouse.regularizers.label_smoothing import LabelSmoothing
from glasshouse.regularizers.max_norm import MaxNorm
from glasshouse.regularizers.weight_decay import WeightDecay
from glasshouse.regularizers.weight_noise import WeightNoise

REGULARIZERS = Catalogue(
    "regularizer",
    [
        l1.CONCEPT,
        l2.CONCEPT,
        elastic_net.CONCEPT,
        max_norm.CONCEPT,
        input_noise.CONCEPT,
        weight_noise.CONCEPT,
        weight_decay.CONCEPT,
        label_smoothing.CONCEPT,
        early_stopping.CONCEPT,
    ],
)

__all__ = [
    "L1",
    "L2",
    "REGULARIZERS",
    "Constraint",
    "EarlyStopping",
    "ElasticNet",
    "InputNoise",
    "LabelSmoothing",
    "MaxNorm",
    "Noise",
    "Penalty",
    "WeightDecay",
    "WeightNoise",
]

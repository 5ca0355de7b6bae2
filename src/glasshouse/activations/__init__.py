"""Activations: what a unit does with its weighted sum. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.activations import (
    binary_step,
    bipolar_sigmoid,
    bipolar_step,
    elu,
    gelu,
    hard_sigmoid,
    hard_swish,
    hard_tanh,
    identity,
    leaky_relu,
    maxout,
    mish,
    prelu,
    ramp,
    relu,
    relu6,
    scaled_tanh,
    selu,
    sigmoid,
    softmax,
    softplus,
    softsign,
    swish,
    tanh,
)
from glasshouse.activations.binary_step import BinaryStep
from glasshouse.activations.bipolar_sigmoid import BipolarSigmoid
from glasshouse.activations.bipolar_step import BipolarStep
from glasshouse.activations.elu import elu as ELU
from glasshouse.activations.gelu import gelu as GELU
from glasshouse.activations.hard_sigmoid import HardSigmoid
from glasshouse.activations.hard_swish import hard_swish as HardSwish
from glasshouse.activations.hard_tanh import hard_tanh as HardTanh
from glasshouse.activations.identity import identity as Identity
from glasshouse.activations.leaky_relu import leaky_relu as LeakyReLU
from glasshouse.activations.maxout import Maxout
from glasshouse.activations.mish import mish as Mish
from glasshouse.activations.prelu import prelu as PReLU
from glasshouse.activations.ramp import ramp as Ramp
from glasshouse.activations.relu import relu as ReLU
from glasshouse.activations.relu6 import relu6 as ReLU6
from glasshouse.activations.scaled_tanh import ScaledTanh
from glasshouse.activations.selu import selu as SELU
from glasshouse.activations.sigmoid import Sigmoid
from glasshouse.activations.softmax import Softmax
from glasshouse.activations.softplus import softplus as Softplus
from glasshouse.activations.softsign import softsign as Softsign
from glasshouse.activations.swish import Swish
from glasshouse.activations.tanh import tanh as Tanh
from glasshouse.core.concept import Catalogue

ACTIVATIONS = Catalogue(
    "activation",
    [
        identity.CONCEPT,
        binary_step.CONCEPT,
        bipolar_step.CONCEPT,
        ramp.CONCEPT,
        sigmoid.CONCEPT,
        bipolar_sigmoid.CONCEPT,
        hard_sigmoid.CONCEPT,
        tanh.CONCEPT,
        hard_tanh.CONCEPT,
        scaled_tanh.CONCEPT,
        softsign.CONCEPT,
        relu.CONCEPT,
        leaky_relu.CONCEPT,
        prelu.CONCEPT,
        relu6.CONCEPT,
        elu.CONCEPT,
        selu.CONCEPT,
        gelu.CONCEPT,
        swish.CONCEPT,
        hard_swish.CONCEPT,
        mish.CONCEPT,
        softplus.CONCEPT,
        maxout.CONCEPT,
        softmax.CONCEPT,
    ],
)

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "SELU",
    "BinaryStep",
    "BipolarSigmoid",
    "BipolarStep",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "Identity",
    "LeakyReLU",
    "Maxout",
    "Mish",
    "PReLU",
    "Ramp",
    "ReLU",
    "ReLU6",
    "ScaledTanh",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Swish",
    "Tanh",
]

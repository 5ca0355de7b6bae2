"""Activations: what a unit does with its weighted sum. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.activations import (
    elu,
    gelu,
    identity,
    leaky_relu,
    prelu,
    relu,
    scaled_tanh,
    selu,
    sigmoid,
    softplus,
    swish,
    tanh,
)
from glasshouse.core.concept import Catalogue

ACTIVATIONS = Catalogue(
    "activation",
    [
        identity.CONCEPT,
        relu.CONCEPT,
        leaky_relu.CONCEPT,
        prelu.CONCEPT,
        elu.CONCEPT,
        selu.CONCEPT,
        gelu.CONCEPT,
        swish.CONCEPT,
        sigmoid.CONCEPT,
        tanh.CONCEPT,
        softplus.CONCEPT,
        scaled_tanh.CONCEPT,
    ],
)

__all__ = ["ACTIVATIONS"]

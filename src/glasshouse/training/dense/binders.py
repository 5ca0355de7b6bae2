"""Which layers the dense engine knows, and by what it trains each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.activations.hard_sigmoid import HardSigmoid
from glasshouse.activations.sigmoid import Sigmoid
from glasshouse.activations.softmax import Softmax
from glasshouse.activations.swish import Swish
from glasshouse.layers import LAYERS
from glasshouse.models.rescale import Rescale
from glasshouse.training.dense import activations
from glasshouse.training.dense.by_rule import by_rule
from glasshouse.training.dense.dropout import dropout
from glasshouse.training.dense.linear import linear
from glasshouse.training.dense.normalization import batch_norm, layer_norm
from glasshouse.training.dense.rescale import rescale
from glasshouse.training.dense.reshaping import flatten
from glasshouse.training.dense.site import Bound, Site

Binder = Callable[[Any, Site], Bound]

KERNELS: dict[type, Binder] = {
    nn.Linear: linear,
    nn.Flatten: flatten,
    nn.Identity: activations.nothing,
    nn.Dropout: dropout,
    Rescale: rescale,
    nn.BatchNorm1d: batch_norm,
    nn.LayerNorm: layer_norm,
    nn.ReLU: activations.relu,
    nn.LeakyReLU: activations.leaky_relu,
    nn.Tanh: activations.tanh,
    nn.Sigmoid: activations.sigmoid,
    nn.SiLU: activations.silu,
    nn.GELU: activations.gelu,
    nn.ELU: activations.elu,
    nn.SELU: activations.selu,
    nn.Softplus: activations.softplus,
    nn.Hardtanh: activations.hardtanh,
    nn.ReLU6: activations.hardtanh,
    nn.Hardswish: activations.hardswish,
    nn.Mish: activations.mish,
}
"""Layers with kernels. Only these very classes: a subclass may compute something else."""

RULED = {type(concept.build()): concept for concept in ACTIVATIONS.values()}
RULED[nn.RMSNorm] = LAYERS["rms_norm"]
"""Layers that are trained by their concept's rule where they have no kernel."""


def binder_of(module: nn.Module) -> Binder | None:
    """What binds a layer to buffers; ``None`` for a kind that is not known.

    Example:
        >>> binder_of(nn.ReLU()).__name__, binder_of(nn.LSTM(2, 2))
        ('relu', None)
    """
    kind = type(module)
    if kind in KERNELS:
        return KERNELS[kind]
    if isinstance(module, Sigmoid) and kind is Sigmoid and module.steepness == 1:
        return activations.sigmoid
    if isinstance(module, Swish) and kind is Swish and repr(module.beta) == "1.0":  # not a learnt one
        return activations.silu
    if isinstance(module, nn.Softmax) and kind in (nn.Softmax, Softmax) and isinstance(module.dim, int):
        return activations.softmax if getattr(module, "temperature", 1) == 1 else by_rule(RULED[Softmax])
    if kind is HardSigmoid:
        return activations.hard_sigmoid
    concept = RULED.get(kind)
    return None if concept is None else by_rule(concept)


def goes_by_rule(binder: Binder) -> bool:
    """Whether a layer has no kernel here."""
    return binder not in KERNELS.values() and binder.__module__ == by_rule.__module__

"""Networks as training begins with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.concept import Spec, read_spec
from glasshouse.core.random_state import seed_torch
from glasshouse.core.seeds import derive
from glasshouse.models import build_model

LARGEST_SEED = int(np.iinfo(np.int32).max)
Network = Spec | Callable[[int, int], nn.Module]
"""A model by name or table, or a function from the numbers of inputs and outputs to a module."""


def built(network: Network, features: int, outputs: int, seed: int) -> nn.Module:
    """A network by name, table or function, with first weights that depend on the seed alone.

    Args:
        network: What to build.
        features: Numbers per row.
        outputs: Numbers that it gives per row.
        seed: Decides the weights.

    Raises:
        UnknownNameError: There is no such model or activation.
        SettingError: It refuses a setting.

    Example:
        >>> built(nn.Linear, 2, 1, seed=0)
        Linear(in_features=2, out_features=1, bias=True)
    """
    if callable(network):
        with torch.random.fork_rng(devices=[]):
            seed_torch(derive(seed, "weights"))
            return network(features, outputs)
    return build_model(network, (features,), outputs, seed)


def first_network(
    network: Network | None,
    layers: Mapping[str, Any],
    sizes: tuple[int, int],
    kind: torch.dtype,
    random: np.random.RandomState,
) -> nn.Module:
    """The network with which a fit begins.

    Without a network of the caller's own and with the initializer "auto", its weights are those that
    scikit-learn would draw.

    Args:
        network: The caller's; ``None`` for a perceptron of these layers.
        layers: Its table, with the initializer.
        sizes: Numbers per row, and numbers that the network gives per row.
        kind: Of its numbers.
        random: As ``check_random_state`` gives it for ``random_state``.
    """
    if network is not None or layers["initializer"] != "auto":
        return built(network or dict(layers), *sizes, seed=int(random.randint(LARGEST_SEED))).to(kind)
    # Weights that are drawn afterwards need not be drawn twice.
    found = built({**layers, "initializer": "zeros"}, *sizes, seed=0).to(kind)
    linears = [each for each in found.modules() if isinstance(each, nn.Linear)]
    begin_like_scikit(linears, random, layers["activation"])
    return found


def begin_like_scikit(layers: Sequence[nn.Linear], random: np.random.RandomState, activation: Spec) -> None:
    r"""The first weights and biases of scikit-learn's perceptrons, from the same draws of the same generator.

    .. math:: w, b \sim U(-r, r),\quad r = \sqrt{\frac{6}{n_\text{in} + n_\text{out}}}

    with 2 in the place of 6 for the logistic sigmoid.

    Args:
        layers: From the input on, changed in place.
        random: As ``check_random_state`` gives it for ``random_state``.
        activation: Between the layers.

    Source:
        Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
    """
    logistic = ACTIVATIONS.find(read_spec(activation, "activation")[0]).name == "sigmoid"
    for layer in layers:
        inputs, outputs = layer.in_features, layer.out_features
        bound = np.sqrt((2.0 if logistic else 6.0) / (inputs + outputs))
        weight = random.uniform(-bound, bound, (inputs, outputs))
        bias = random.uniform(-bound, bound, outputs)
        layer.weight.data = torch.from_numpy(weight.T.copy()).to(layer.weight.dtype)
        layer.bias.data = torch.from_numpy(bias).to(layer.bias.dtype)

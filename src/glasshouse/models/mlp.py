"""Multi-layer perceptron: a feed-forward network of any depth."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import number, one_of, whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.models.initialize import initialize, sums_per_unit

NORMALIZATIONS = ("none", "batch", "layer")


def mlp(
    inputs: int | Sequence[int],
    outputs: int,
    hidden: Sequence[int] = (128, 64),
    activation: Spec = "relu",
    dropout: float = 0.0,
    normalization: Literal["none", "batch", "layer"] = "none",
    initializer: Spec = "auto",
    bias_initializer: Spec = "zeros",
) -> nn.Sequential:
    r"""A feed-forward network: linear layers with an activation between them.

    .. math:: h_0 = x,\quad h_l = f(W_l h_{l-1} + b_l),\quad y = W_{L+1} h_L + b_{L+1}

    Args:
        inputs: Number of input features, or the shape of one sample, which is then flattened first.
        outputs: Number of outputs: classes (their logits) or predicted numbers.
        hidden: Units of each hidden layer, from the input on. Empty: a linear model.
        activation: Name of an activation, or a table with its settings.
        dropout: Chance that a hidden unit is silent in a training step, from 0 to below 1.
        normalization: ``"none"``, ``"batch"`` or ``"layer"``, between the linear layer and its activation.
        initializer: Name of an initializer; ``"auto"`` takes the one that suits the activation.
        bias_initializer: Name of an initializer for the biases; ``"log_odds"`` with the shares of the classes
            is for the last layer only.

    Shapes: (N, *inputs) to (N, outputs).

    Raises:
        SettingError: A size is not a whole number from 1, or a setting lies outside its range.
        UnknownNameError: There is no such activation or initializer.

    Source:
        Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors.

    Example:
        >>> mlp(4, 3, hidden=[8])
        Sequential(
          (linear1): Linear(in_features=4, out_features=8, bias=True)
          (activation1): ReLU()
          (output): Linear(in_features=8, out_features=3, bias=True)
        )
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    width = whole_number("inputs", math.prod(shape), at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    one_of("normalization", normalization, NORMALIZATIONS)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if len(shape) > 1:
        layers["flatten"] = nn.Flatten()
    for depth, units in enumerate(whole_numbers("hidden", hidden, at_least=1), start=1):
        sums = units * sums_per_unit(activation)
        layers[f"linear{depth}"] = nn.Linear(width, sums)
        if normalization == "batch":
            layers[f"norm{depth}"] = nn.BatchNorm1d(sums)
        elif normalization == "layer":
            layers[f"norm{depth}"] = nn.LayerNorm(sums)
        layers[f"activation{depth}"] = ACTIVATIONS.build(activation)
        if dropout > 0:
            layers[f"dropout{depth}"] = nn.Dropout(dropout)
        width = units
    layers["output"] = nn.Linear(width, whole_number("outputs", outputs, at_least=1))
    network = nn.Sequential(layers)
    initialize(network, initializer, activation, bias_initializer)
    return network


CONCEPT = Concept(
    name="mlp",
    kind="model",
    summary="Feed-forward network of any depth: linear layers with an activation between them.",
    build=mlp,
    aliases=("multilayer_perceptron", "feed_forward", "dense"),
    equation=r"h_l = f(W_l h_{l-1} + b_l),\; y = W_{L+1} h_L + b_{L+1}",
    when="Tables; the baseline for everything else.",
    pitfalls=("It does not know that neighbouring pixels belong together.",),
    source="Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors.",
    facts={"takes": "vector", "year": 1986, "defaults": {"model.dropout": 0.1}},
)

"""Setting the first weights of a network by a named initializer."""

from __future__ import annotations

from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Spec, read_spec
from glasshouse.initializers import INITIALIZERS


def sums_per_unit(activation: Spec) -> int:
    """How many weighted sums the activation makes one unit of: 1, or the pieces of maxout.

    Args:
        activation: Its name, or a table with its settings.

    Raises:
        UnknownNameError: There is no such activation.
        SettingError: The number of pieces is not a whole number from 1.

    Example:
        >>> sums_per_unit("relu"), sums_per_unit({"name": "maxout", "pieces": 3})
        (1, 3)
    """
    name, settings = read_spec(activation, "activation")
    concept = ACTIVATIONS.find(name)
    merges = concept.facts.get("merges")
    if merges is None:
        return 1
    return whole_number(merges, settings.get(merges, concept.settings()[merges].default), at_least=1)


def initialize(
    network: nn.Module, initializer: Spec, activation: Spec = "relu", bias_initializer: Spec = "zeros"
) -> None:
    """Fill the weights and the biases of all linear and convolutional layers.

    With ``"auto"`` every layer gets what suits the activation (He for ReLU and its relatives, Glorot for tanh
    and sigmoid), except the last one, which has no activation behind it and gets Glorot.

    Args:
        network: The network, changed in place. Random numbers come from PyTorch's global generator.
        initializer: ``"auto"``, the name of an initializer, or a table with its settings.
        activation: The activation between the layers, which ``"auto"`` goes by.
        bias_initializer: The name of an initializer for the biases, or a table with its settings. One that is
            for the last layer only (``log_odds``) leaves zeros in the others.

    Raises:
        UnknownNameError: There is no such initializer.
        SettingError: It refuses a setting.
        ModelError: The initializer of the biases is for weights only, or does not fit the last layer.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        >>> initialize(network, "auto", bias_initializer={"name": "log_odds", "shares": [3, 1]})
        >>> network[0].bias.abs().max().item(), network[2].bias.softmax(0).detach()
        (0.0, tensor([0.7500, 0.2500]))
    """
    name, _ = read_spec(bias_initializer, "initializer")
    last_only = INITIALIZERS.find(name).facts.get("layers") == "last"
    layers = [each for each in network.modules() if isinstance(each, (nn.Linear, nn.Conv1d, nn.Conv2d))]
    for layer in layers:
        chosen = initializer
        if initializer == "auto":
            name, _ = read_spec(activation, "activation")
            suited = ACTIVATIONS.find(name).facts["initializer"]
            chosen = "glorot_uniform" if layer is layers[-1] else suited
        INITIALIZERS.build(chosen)(layer.weight)
        if layer.bias is not None:
            elsewhere = last_only and layer is not layers[-1]
            INITIALIZERS.build("zeros" if elsewhere else bias_initializer)(layer.bias)

"""The head of a network: the layers that give its outputs, and that another task needs anew."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.errors import ModelError


def head_layers(network: nn.Module) -> list[str]:
    """The names of the layers that give outputs: those called ``output``, or else the last linear layer.

    Args:
        network: Any module. Side heads, as GoogLeNet has them, have an output each.

    Raises:
        ModelError: It has no linear layer.

    Example:
        >>> from glasshouse.models import mlp
        >>> head_layers(mlp(4, 3)), head_layers(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))
        (['output'], ['2'])
    """
    named = dict(network.named_modules())
    outputs = [name for name in named if name.rpartition(".")[2] == "output"]
    if outputs:
        return outputs
    linear = [name for name, module in named.items() if isinstance(module, nn.Linear)]
    if not linear:
        raise ModelError(
            f"{type(network).__name__} has no linear layer that could be its head",
            expected="a layer called 'output', or a linear layer",
            fix="call the layer that gives the outputs 'output'",
        )
    return linear[-1:]


def in_head(name: str, layers: Sequence[str]) -> bool:
    """Whether a tensor of that name belongs to one of the layers.

    Args:
        name: Dotted name of a parameter or buffer.
        layers: As :func:`head_layers` gives them.
    """
    return any(not layer or name == layer or name.startswith(f"{layer}.") for layer in layers)


def replace_head(network: nn.Module, classes: int) -> nn.Module:
    """Give a network fresh output layers for another number of classes; everything else stays.

    Args:
        network: Any module with a linear output; it is changed in place.
        classes: Number of outputs, from 1.

    Returns:
        The same network.

    Raises:
        ModelError: The layer that gives the outputs is not linear.
        SettingError: ``classes`` is no whole number from 1.

    Example:
        >>> from glasshouse.models import mlp
        >>> replace_head(mlp(4, 3), 5).output
        Linear(in_features=64, out_features=5, bias=True)
    """
    whole_number("classes", classes, at_least=1)
    for name in head_layers(network):
        old = network.get_submodule(name)
        if not isinstance(old, nn.Linear):
            raise ModelError(
                f"the output layer {name!r} is a {type(old).__name__}",
                expected="a linear layer",
                fix="build the network with the number of classes that you need",
            )
        weight = old.weight
        new = nn.Linear(old.in_features, classes, old.bias is not None, weight.device, weight.dtype)
        parent, _, own = name.rpartition(".")
        setattr(network.get_submodule(parent), own, new)
    return network

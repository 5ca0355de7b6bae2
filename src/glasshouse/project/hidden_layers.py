"""The hidden layers of a dense network one by one, as layer-wise training sees them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from glasshouse.core.errors import SettingError
from glasshouse.models import DeepBeliefNetwork, RestrictedBoltzmannMachine
from glasshouse.models.outputs import mapped

NORMS = (nn.BatchNorm1d, nn.LayerNorm)


@dataclass(frozen=True)
class HiddenLayer:
    """One hidden layer.

    Args:
        name: Of its linear layer in the network.
        linear: Its weights and biases.
        behind: Norm, activation and dropout, up to the next linear layer.
        machine: The machine that the layer is of, in a deep belief network; else ``None``.
    """

    name: str
    linear: nn.Linear
    behind: tuple[nn.Module, ...]
    machine: RestrictedBoltzmannMachine | None = None

    @property
    def block(self) -> nn.Sequential:
        """All of it, with the very modules of the network."""
        return nn.Sequential(self.linear, *self.behind)

    @property
    def activation(self) -> nn.Module:
        """What follows the linear layer, but for norms and dropout."""
        plain = [each for each in self.behind if not isinstance(each, (*NORMS, nn.Dropout))]
        return plain[0] if len(plain) == 1 else nn.Sequential(*plain)

    @torch.no_grad()
    def through(self, rows: torch.Tensor) -> torch.Tensor:
        """What the layer gives for rows (N, D), in evaluation mode, on the CPU: (N, H)."""
        if self.machine is not None:
            return mapped(self.machine, self.machine.encode, rows).cpu()
        block = self.block
        return mapped(block, block, rows).cpu()


def hidden_layers(network: nn.Module, method: str) -> list[HiddenLayer]:
    """The hidden layers of a network, from the input on; of a deep belief network those below the top.

    Args:
        network: Linear layers in a line, with what stands between them, or a deep belief network.
        method: How they are to be trained: ``"rbm"``, ``"denoising"`` or ``"supervised"``.

    Raises:
        SettingError: The network is another one, has no hidden layer, or has units that the method does not
            train.

    Example:
        >>> from glasshouse.models import mlp
        >>> layers = hidden_layers(mlp((1, 2, 2), 3, hidden=[8, 5], activation="sigmoid"), "rbm")
        >>> [each.name for each in layers], layers[0].activation
        (['linear1', 'linear2'], Sigmoid())
    """
    if isinstance(network, DeepBeliefNetwork):
        return _machines(network, method)
    layers = _in_a_line(network)
    if not layers:
        raise SettingError(
            f"pretraining.method = {method!r} with a {type(network).__name__} that is no dense network with "
            "hidden layers",
            expected="linear layers in a line, at least one of them hidden",
            fix="set model.name = 'mlp' with model.hidden, or leave pretraining.method out",
        )
    for layer in layers:
        _refuse(layer, method)
    return layers


def _machines(network: DeepBeliefNetwork, method: str) -> list[HiddenLayer]:
    """The machines that are trained before the top one, which the training of the network is for."""
    if method != "rbm":
        raise SettingError(
            f"pretraining.method = {method!r} with a deep belief network",
            expected="'rbm': it is made of such machines",
            fix="leave pretraining.method out",
        )
    return [
        HiddenLayer(f"machine {number}", machine.recognition, (), machine)
        for number, machine in enumerate(network.stack()[:-1], start=1)
    ]


def _in_a_line(network: nn.Module) -> list[HiddenLayer]:
    """The layers before the last linear one; none where the network is not made of such."""
    if not isinstance(network, nn.Sequential):
        return []
    found: list[tuple[str, nn.Linear, list[nn.Module]]] = []
    for name, module in network.named_children():
        if isinstance(module, nn.Linear):
            found.append((name, module, []))
        elif isinstance(module, nn.Flatten) and not found:
            continue
        elif not found or (any(True for _ in module.parameters()) and not isinstance(module, NORMS)):
            return []  # a convolution, say, or something before the first layer
        else:
            found[-1][2].append(module)
    return [HiddenLayer(name, linear, tuple(behind)) for name, linear, behind in found[:-1]]


def _refuse(layer: HiddenLayer, method: str) -> None:
    """Refuse units that a method does not train."""
    if method == "supervised":
        return
    if any(isinstance(each, NORMS) for each in layer.behind):
        raise SettingError(
            f"pretraining.method = {method!r} with a norm behind {layer.name!r}",
            expected="layers without norms, which the machine or the autoencoder of a layer does not have",
            fix="set model.normalization = 'none', or pretraining.method = 'supervised'",
        )
    activation = layer.activation
    plain = isinstance(activation, nn.Sigmoid) and getattr(activation, "steepness", 1.0) == 1.0
    if method == "rbm" and not plain:
        raise SettingError(
            f"pretraining.method = 'rbm' with {type(activation).__name__} behind {layer.name!r}",
            expected="sigmoid hidden units: those of a restricted Boltzmann machine are 1 with the "
            "probability sigmoid(c + W v)",
            fix="set model.activation = 'sigmoid', or pretraining.method = 'denoising'",
        )
    units = activation(torch.zeros(1, layer.linear.out_features)).shape[1]
    if units != layer.linear.out_features:
        raise SettingError(
            f"pretraining.method = {method!r} with {type(activation).__name__} behind {layer.name!r}",
            expected="an activation that makes one unit of each weighted sum",
            fix="set model.activation to another one, or pretraining.method = 'supervised'",
        )

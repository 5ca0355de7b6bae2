"""The output of one layer, without running what comes after it."""

from __future__ import annotations

from typing import Any, NoReturn

import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.core.names import unknown_name

MAIN_LAYER = "inception_4c"
"""The layer that DeepDream's authors took, in GoogLeNet."""


class _Stopped(Exception):  # noqa: N818 - it is no error, and nobody sees it
    """Raised inside a forward pass to end it; carries what a layer gave."""

    def __init__(self, output: torch.Tensor) -> None:
        super().__init__("a forward pass that went far enough")
        self.output = output


def layer_output(network: nn.Module, layer: str, inputs: torch.Tensor) -> torch.Tensor:
    """What a layer gives for inputs, with its history for gradients.

    The pass ends there, so that pictures may have another size than the network's dense layers were made for.
    A layer that runs several times counts the first time. The hook is gone afterwards, also after an error.

    Args:
        network: Any module; its mode counts.
        layer: The layer's name, as in ``network.named_modules()``.
        inputs: A batch.

    Raises:
        UnknownNameError: There is no such layer; the nearest names are suggested.
        ModelError: The inputs never come to the layer, or it does not give one tensor.

    Example:
        >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3))
        >>> layer_output(network, "0", torch.zeros(1, 1, 9, 9)).shape  # the dense layer would refuse these
        torch.Size([1, 2, 7, 7])
    """
    handle = named_layer(network, layer).register_forward_hook(_stop)
    try:
        network(inputs)
    except _Stopped as stopped:
        return stopped.output
    except RuntimeError as error:
        raise ModelError(
            f"a batch of shape {tuple(inputs.shape)} does not come to layer {layer!r}: {error}",
            expected="pictures that are large enough for the layers before it",
            fix="take a larger picture, fewer octaves, or an earlier layer",
        ) from error
    finally:
        handle.remove()
    raise ModelError(
        f"layer {layer!r} did not run",
        expected="a layer that the inputs pass through in evaluation mode",
        fix="choose another layer",
    )


def _stop(_module: nn.Module, _inputs: Any, output: Any) -> NoReturn:
    if not isinstance(output, torch.Tensor):
        raise ModelError(
            f"a layer that gives a {type(output).__name__}",
            expected="a layer that gives one tensor",
            fix="choose a layer inside it",
        )
    raise _Stopped(output)


def named_layer(network: nn.Module, layer: str) -> nn.Module:
    """The layer of that name.

    Raises:
        UnknownNameError: There is none.
    """
    layers: dict[str, nn.Module] = {name: module for name, module in network.named_modules() if name}
    if layer not in layers:
        raise unknown_name(layer, layers, "layer")
    return layers[layer]


def telling_layer(network: nn.Module) -> str:
    """The layer that is dreamt of where none is named: GoogLeNet's 4c, else a convolution two thirds up.

    Raises:
        ModelError: There is no convolution.

    Example:
        >>> telling_layer(nn.Sequential(*[nn.Conv2d(1, 1, 1) for _ in range(6)]))
        '3'
    """
    names: list[str] = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]
    if MAIN_LAYER in dict(network.named_modules()):
        return MAIN_LAYER
    if not names:
        raise ModelError(
            f"a {type(network).__name__} without convolutions",
            expected="a network that looks at pictures through convolutions",
            fix="train a cnn, lenet5, googlenet ...",
        )
    return names[(len(names) - 1) * 2 // 3]

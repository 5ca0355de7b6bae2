"""The weights of a network in a safetensors file, and a network with the weights of such a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from glasshouse.core.errors import BundleError, UsageError
from glasshouse.core.files import write_atomic
from glasshouse.models.ensemble import build_network
from glasshouse.ship.schema import Schema, damaged


def write_weights(path: Path, network: nn.Module) -> None:
    """Write all parameters and buffers, on the CPU, each in memory of its own.

    Raises:
        BundleError: The network's state holds something that is no plain tensor.
        StorageError: The file cannot be written.
    """
    tensors = {}
    for name, value in network.state_dict().items():
        if not isinstance(value, torch.Tensor) or value.layout != torch.strided:
            raise BundleError(
                f"the network's state holds a {type(value).__name__} under {name!r}",
                expected="plain tensors: parameters and buffers",
                fix="keep other state out of state_dict(), or register it as a buffer",
            )
        # Copied, because tied parameters share memory, which the format does not allow.
        tensors[name] = value.detach().to("cpu", copy=True).contiguous()
    write_atomic(path, lambda temporary: save_file(tensors, temporary, metadata={"format": "pt"}))


def rebuild(schema: Schema, weights: Path, module: nn.Module | None = None) -> nn.Module:
    """The network of a bundle, in evaluation mode.

    Args:
        schema: Names the model.
        weights: ``weights.safetensors``.
        module: A user's own module, which takes the weights; needed where the schema names no model.

    Raises:
        BundleError: The weights are damaged or do not fit, or the module is needed and was not given.
    """
    tensors = read_weights(weights)
    network = _from_spec(schema) if module is None else module
    _refuse_misfit(network.state_dict(), tensors, weights, own=module is not None)
    network.load_state_dict(tensors)
    return network.eval()


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file, on the CPU. Nothing in it can run code.

    Raises:
        BundleError: It is no safetensors file.
    """
    try:
        tensors: dict[str, torch.Tensor] = load_file(path)
    except (SafetensorError, ValueError, OSError) as error:
        raise damaged(path, f"it is no safetensors file ({error})") from error
    return tensors


def _from_spec(schema: Schema) -> nn.Module:
    if "name" not in schema.model:
        name = schema.model["class"]
        raise BundleError(
            f"the network of this bundle is a {name}, whose code is not in the bundle",
            expected=f"an untrained {name} to take the weights",
            fix=f"load(path, module={name}(...)), or load(path, backend='onnx') if the bundle has ONNX",
        )
    try:
        network = build_network(schema.model, schema.input_shape, schema.units, schema.seed)
    except UsageError as error:
        raise BundleError(
            f"the model of this bundle cannot be built: {error.received}",
            expected=error.expected,
            fix="update Glasshouse; the bundle was written by "
            f"Glasshouse {schema.versions.get('glasshouse') or 'of unknown version'}",
        ) from error
    if any(isinstance(each, nn.Conv2d) for each in network.modules()):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _refuse_misfit(
    wanted: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor], path: Path, *, own: bool
) -> None:
    """Tell in one message all that does not fit between a network and a file of weights."""
    wrong = [f"{name} is missing" for name in wanted if name not in found]
    wrong += [f"{name} is unknown to the network" for name in found if name not in wanted]
    wrong += [
        f"{name} has the shape {tuple(found[name].shape)}, not {tuple(wanted[name].shape)}"
        for name in wanted
        if name in found and found[name].shape != wanted[name].shape
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise BundleError(
            f"the weights in {path} do not fit the network: {'; '.join(wrong[:3])}{more}",
            expected="the network that was trained",
            fix="give a module of the same layers and sizes"
            if own
            else "copy the bundle again, or make it again from its run",
        )

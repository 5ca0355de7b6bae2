"""The ledger of a network: what every layer takes, gives, weighs and costs."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from glasshouse.core.errors import ModelError


@dataclass(frozen=True)
class Layer:
    """One layer as it ran on one sample.

    Args:
        name: Its dotted name in the network.
        kind: Its class, such as ``"Conv2d"``.
        settings: What PyTorch prints between the brackets.
        input_shape, output_shape: Without the batch axis; of recurrent layers all steps, without their last
            state; empty where it is no single tensor.
        parameters: Trainable numbers of its own.
        frozen: Numbers of its own that are not trained.
        macs: Multiply-accumulates for one sample: of linear, convolutional and recurrent layers.
    """

    name: str
    kind: str
    settings: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    parameters: int
    frozen: int
    macs: int

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for the run folder."""
        return asdict(self)


def ledger(network: nn.Module, sample: torch.Tensor) -> list[Layer]:
    """Run one batch through the network and note every layer in the order in which it ran.

    Layers are the modules without modules inside, and those with parameters of their own. A layer that runs
    twice is listed twice, with its parameters counted the first time. Mode, gradients and random state of the
    network are left as they were.

    Args:
        network: Any module.
        sample: A batch of one or a few samples, shape (N, *input_shape).

    Raises:
        ModelError: The network does not take the sample; PyTorch's own words are given.

    Example:
        >>> [(each.kind, each.output_shape, each.parameters) for each in
        ...  ledger(nn.Sequential(nn.Linear(4, 2), nn.ReLU()), torch.zeros(1, 4))]
        [('Linear', (2,), 10), ('ReLU', (2,), 0)]
    """
    rows: list[Layer] = []
    counted: set[int] = set()
    names = {module: name for name, module in network.named_modules()}

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        own = [each for each in module.parameters(recurse=False) if id(each) not in counted]
        counted.update(id(each) for each in own)
        rows.append(
            Layer(
                name=names[module] or type(module).__name__,
                kind=type(module).__name__,
                settings=module.extra_repr(),
                input_shape=_steps(module, inputs[0])
                if isinstance(module, nn.RNNBase)
                else _shape(inputs[0] if inputs else None),
                output_shape=_steps(module, output[0]) if isinstance(module, nn.RNNBase) else _shape(output),
                parameters=sum(each.numel() for each in own if each.requires_grad),
                frozen=sum(each.numel() for each in own if not each.requires_grad),
                macs=_recurrent_macs(module, inputs[0])
                if isinstance(module, nn.RNNBase)
                else _macs(module, inputs[0] if inputs else None, output),
            )
        )

    leaves = [each for each in network.modules() if not any(each.children()) or list(each.parameters(False))]
    modes = {each: each.training for each in network.modules()}
    handles = [leaf.register_forward_hook(note) for leaf in leaves]
    try:
        network.eval()
        with torch.no_grad(), torch.random.fork_rng():
            # Networks whose forward does not pass through all of their layers say how to see them all.
            getattr(network, "tour", network)(sample)
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise ModelError(
            f"the network does not take a batch of shape {tuple(sample.shape)}: {error}",
            expected="a module that maps a batch of samples to a batch of outputs",
            fix="check the first layer against the shape of the data",
        ) from error
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
    return rows


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(value.shape[1:]) if isinstance(value, torch.Tensor) else ()


def _steps(module: nn.RNNBase, value: Any) -> tuple[int, ...]:
    """Steps and the numbers of each; of packed sequences those of the longest."""
    if isinstance(value, PackedSequence):
        return len(value.batch_sizes), int(value.data.shape[-1])
    return _shape(value) if module.batch_first else (int(value.shape[0]), int(value.shape[-1]))


def _recurrent_macs(module: nn.RNNBase, x: Any) -> int:
    """Every matrix once per step, of one sequence, padding left out."""
    matrices = sum(each.numel() for each in module.parameters() if each.dim() == 2)
    if isinstance(x, PackedSequence):
        return matrices * len(x.batch_sizes)
    return matrices * int(x.shape[1 if module.batch_first and x.dim() == 3 else 0])


def _macs(module: nn.Module, x: Any, output: Any) -> int:
    """Multiply-accumulates for one sample; biases, norms, activations and pooling are not counted."""
    if not isinstance(output, torch.Tensor):
        return 0
    own_count = getattr(module, "multiply_accumulates", None)
    if callable(own_count):  # a layer that knows its own cost
        return int(own_count(output))
    if isinstance(module, nn.Linear):
        return module.in_features * math.prod(output.shape[1:])
    if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        return module.weight[0].numel() * math.prod(output.shape[1:])
    if isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d)) and isinstance(x, torch.Tensor):
        return module.weight[0].numel() * math.prod(x.shape[1:])
    return 0

"""Asking a network about rows without training it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn

ELEMENTS = 2_000_000
"""Input numbers per batch when nothing is trained: large enough to be fast, small enough for any memory."""


def outputs_of(
    network: nn.Module, inputs: torch.Tensor, autocast: AbstractContextManager[None] | None = None
) -> torch.Tensor:
    """The network's outputs for all rows, in evaluation mode, on the network's device, float32
    or float64.

    The network's mode is as before afterwards, and no random number is drawn by Glasshouse.

    Args:
        network: Any module that maps a batch to a batch.
        inputs: Shape (N, *input_shape), on any device.
        autocast: A context for mixed precision.
    """
    return mapped(network, network, inputs, autocast)


def mapped(
    network: nn.Module,
    function: Callable[[torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
    autocast: AbstractContextManager[None] | None = None,
) -> torch.Tensor:
    """What a function that asks the network gives for all rows, batch by batch, in evaluation mode,
    float32 or float64.

    Args:
        network: Whose mode and device count.
        function: From a batch to a batch: ``network.encode``, say.
        inputs: Shape (N, ...), on any device.
        autocast: A context for mixed precision.
    """
    with evaluating(network), torch.no_grad(), autocast or nullcontext():
        return torch.cat([at_least_float32(function(batch)) for batch in batches_of(network, inputs)])


def at_least_float32(outputs: torch.Tensor) -> torch.Tensor:
    """Half precision as float32; float64 stays what it is.

    Args:
        outputs: Of any type.

    Example:
        >>> at_least_float32(torch.zeros(1, dtype=torch.bfloat16)).dtype
        torch.float32
    """
    return outputs if outputs.dtype == torch.float64 else outputs.float()


def batches_of(network: nn.Module, inputs: torch.Tensor) -> Iterator[torch.Tensor]:
    """Rows in batches of bounded size, on the network's device."""
    device = next((each.device for each in network.parameters()), torch.device("cpu"))
    rows = max(1, min(8192, ELEMENTS // max(1, math.prod(inputs.shape[1:]))))
    return (batch.to(device) for batch in torch.split(inputs, rows))


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode inside the block; every module has its own mode back afterwards.

    Example:
        >>> network = nn.Sequential(nn.Dropout(0.5)).train()
        >>> with evaluating(network):
        ...     network[0].training
        False
        >>> network[0].training
        True
    """
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode

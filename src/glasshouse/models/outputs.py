"""Asking a network about rows without training it."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

ELEMENTS = 2_000_000
"""Input numbers per batch when nothing is trained: large enough to be fast, small enough for any memory."""


def outputs_of(
    network: nn.Module, inputs: torch.Tensor, autocast: AbstractContextManager[None] | None = None
) -> torch.Tensor:
    """The network's outputs for all rows, in evaluation mode, on the network's device, float32.

    The network's mode is as before afterwards, and no random number is drawn by Glasshouse.

    Args:
        network: Any module that maps a batch to a batch.
        inputs: Shape (N, *input_shape), on any device.
        autocast: A context for mixed precision.
    """
    device = next((each.device for each in network.parameters()), torch.device("cpu"))
    rows = max(1, min(8192, ELEMENTS // max(1, math.prod(inputs.shape[1:]))))
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        with torch.no_grad(), autocast or nullcontext():
            parts = [network(batch.to(device)).float() for batch in torch.split(inputs, rows)]
    finally:
        for module, mode in modes.items():
            module.training = mode
    return torch.cat(parts)

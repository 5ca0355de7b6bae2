"""Asking a network about rows without training it."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.losses.contract import Meaning

if TYPE_CHECKING:  # its metrics need scikit-learn, which bundles that only predict can do without
    from glasshouse.objectives.supervised import Supervised

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


def metric_name(meaning: Meaning | None) -> str | None:
    """The metric that stands beside the loss in every epoch: accuracy for classes, r2 for numbers."""
    return None if meaning is None else "r2" if meaning == "values" else "accuracy"


def quick_metric(meaning: Meaning | None, outputs: torch.Tensor, targets: torch.Tensor) -> float | None:
    """That metric, in a few tensor operations: scikit-learn's answer at a fraction of the time.

    Args:
        meaning: What the outputs are.
        outputs: (N, K).
        targets: Class indices (N,), or numbers of the outputs' shape.
    """
    if meaning == "logit":
        return int(((outputs.reshape(-1) > 0) == (targets.reshape(-1) > 0.5)).sum()) / len(targets)
    if meaning in ("logits", "scores"):
        return int((outputs.argmax(dim=1) == targets).sum()) / len(targets)
    if meaning == "values":
        residual = (outputs.double() - targets.double()).square().sum()
        spread = (targets.double() - targets.double().mean(dim=0)).square().sum()
        return float(1 - residual / spread) if float(spread) > 0 else None
    return None


def mean_loss(part: Part, outputs: torch.Tensor, objective: Supervised) -> float:
    """The loss over all rows of a part at once."""
    with torch.no_grad():
        return float(objective.loss(outputs, part.targets.to(outputs.device)))

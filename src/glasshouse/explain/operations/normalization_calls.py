"""Readers of normalization functions: the rules are those of ``glasshouse.layers``."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from glasshouse.explain.operations.layer_calls import by_card
from glasshouse.explain.reading import Call, Reader, Reading
from glasshouse.layers import LAYERS


def batch_norm(
    call: Call,
    input: torch.Tensor,
    running_mean: torch.Tensor | None,
    running_var: torch.Tensor | None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Reading | None:
    """Batch normalization; the statistics of the batch in training, the running ones else."""
    module = nn.BatchNorm1d(1, eps, momentum, affine=False).train(training)
    return by_card(
        LAYERS,
        "batch_norm",
        module,
        x=input,
        weight=weight,
        bias=bias,
        running_mean=running_mean,
        running_var=running_var,
    )


def torch_batch_norm(
    call: Call,
    input: torch.Tensor,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Reading | None:
    """``torch.batch_norm``, which has its arguments in another order."""
    return batch_norm(call, input, running_mean, running_var, weight, bias, training, momentum, eps)


def layer_norm(
    call: Call,
    input: torch.Tensor,
    normalized_shape: Any,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Reading | None:
    """Layer normalization."""
    module = nn.LayerNorm(normalized_shape, eps, elementwise_affine=False)
    return by_card(LAYERS, "layer_norm", module, x=input, weight=weight, bias=bias)


def group_norm(
    call: Call,
    input: torch.Tensor,
    num_groups: int,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Reading | None:
    """Group normalization."""
    module = nn.GroupNorm(num_groups, input.shape[1], eps, affine=False)
    return by_card(LAYERS, "group_norm", module, x=input, weight=weight, bias=bias)


def instance_norm(
    call: Call,
    input: torch.Tensor,
    running_mean: torch.Tensor | None = None,
    running_var: torch.Tensor | None = None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Reading | None:
    """Instance normalization is group normalization with a group for every channel."""
    if not use_input_stats or input.dim() < 3:
        return None
    return group_norm(call, input, input.shape[1], weight, bias, eps)


def rms_norm(
    call: Call,
    input: torch.Tensor,
    normalized_shape: Any,
    weight: torch.Tensor | None = None,
    eps: float | None = None,
) -> Reading | None:
    """Root-mean-square normalization; without an epsilon that of the type in which it ran."""
    epsilon = torch.finfo(call.dtype).eps if eps is None else eps
    module = nn.RMSNorm(normalized_shape, epsilon, elementwise_affine=False)
    return by_card(LAYERS, "rms_norm", module, x=input, weight=weight)


NORMALIZATION_CALLS: dict[str, Reader] = {
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "rms_norm": rms_norm,
}
"""The reader of each normalization function, by its name."""

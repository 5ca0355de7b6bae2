"""Batch and layer normalization by PyTorch's kernels, with the statistics of training."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from glasshouse.core.errors import TrainingError
from glasshouse.training.dense.kernels import kernel
from glasshouse.training.dense.site import Bound, Site, UnsupportedError, flat_rows


def batch_norm(module: nn.BatchNorm1d, site: Site) -> Bound:
    """Channel by channel over the batch; the running statistics move as in ``torch.nn.BatchNorm1d``."""
    rows, width = flat_rows(site)
    if width != module.num_features:
        raise UnsupportedError(site.name, f"it takes {module.num_features} features and receives {width}")
    if rows == 1:
        raise TrainingError(
            f"{site.name} received a batch of one row",
            expected="two rows or more: one has no variance to divide by",
            fix="set training.batch_size to 2 or more, or use layer normalization",
        )
    weight, bias = _parameters(module)
    mean, variance, counted = module.running_mean, module.running_var, module.num_batches_tracked
    y, own_mean, own_deviation = site.empty(), site.empty(width), site.empty(width)
    into = _gradients(module, site)
    normalize, back = torch.native_batch_norm, kernel("native_batch_norm_backward", "default")
    wanted = [site.wanted, into[0] is not None, into[1] is not None]
    epsilon, kept = module.eps, y

    def forward(x: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        kept, share = x, module.momentum
        if counted is not None:
            counted.add_(1)
            share = 1 / float(counted) if share is None else share
        normalize(
            x, weight, bias, mean, variance, True, share or 0.0, epsilon, out=(y, own_mean, own_deviation)
        )
        return y

    def backward(dy: torch.Tensor) -> torch.Tensor:
        dx, *others = back(dy, kept, weight, mean, variance, own_mean, own_deviation, True, epsilon, wanted)
        _write(into, others)
        return dx if site.wanted else dy

    return Bound(forward, backward, site.shape)


def layer_norm(module: nn.LayerNorm, site: Site) -> Bound:
    """Row by row over the features."""
    sizes = tuple(module.normalized_shape)
    if site.shape[-len(sizes) :] != sizes:
        raise UnsupportedError(site.name, f"it takes {sizes} and receives {site.shape[1:]}")
    weight, bias = _parameters(module)
    into = _gradients(module, site)
    normalize, back = torch.native_layer_norm, kernel("native_layer_norm_backward", "default")
    wanted = [site.wanted, into[0] is not None, into[1] is not None]
    epsilon = module.eps
    kept = mean = deviation = site.empty(0)

    def forward(x: torch.Tensor) -> torch.Tensor:
        nonlocal kept, mean, deviation
        kept = x
        y, mean, deviation = normalize(x, sizes, weight, bias, epsilon)
        return y

    def backward(dy: torch.Tensor) -> torch.Tensor:
        dx, *others = back(dy, kept, sizes, mean, deviation, weight, bias, wanted)
        _write(into, others)
        return dx if site.wanted else dy

    return Bound(forward, backward, site.shape)


def _parameters(module: Any) -> list[torch.Tensor | None]:
    return [None if each is None else each.detach() for each in (module.weight, module.bias)]


def _gradients(module: Any, site: Site) -> list[torch.Tensor | None]:
    return [None if each is None else site.gradient(each) for each in (module.weight, module.bias)]


def _write(into: list[torch.Tensor | None], gradients: list[torch.Tensor]) -> None:
    for place, gradient in zip(into, gradients, strict=True):
        if place is not None:
            place.copy_(gradient)

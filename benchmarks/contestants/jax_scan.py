"""JAX with the network, the first weights and the order of rows of everybody."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import torch
from measuring.cases import LEARNING_RATE, Score, Task, scored
from measuring.clock import EpochEnds
from torch import nn

from contestants.jax_run import run


def train(task: Task, ends: EpochEnds) -> Score:
    """Train, and say how good the network is at the end."""
    network = task.network()
    inputs = task.inputs.movedim(1, -1).contiguous() if task.inputs.dim() == 4 else task.inputs
    orders = [torch.randperm(len(inputs)) for _ in range(task.epochs)]
    batches = torch.stack(orders).reshape(task.epochs, task.case.steps, -1).numpy()
    weights = [
        (jnp.asarray(each.weight.detach().numpy()), jnp.asarray(each.bias.detach().numpy()))
        for each in weighted(network)
    ]
    weights = run(
        described(network), weights, inputs.numpy(), task.targets.numpy(), batches, LEARNING_RATE, ends.note
    )
    with torch.no_grad():
        for layer, (w, b) in zip(weighted(network), weights, strict=True):
            layer.weight.copy_(torch.from_numpy(jax.device_get(w).copy()))
            layer.bias.copy_(torch.from_numpy(jax.device_get(b).copy()))
    return scored(network, task)


def weighted(network: nn.Module) -> list[Any]:
    """Its layers that have weights."""
    return [each for each in network if isinstance(each, (nn.Linear, nn.Conv2d))]


def described(network: nn.Module) -> list[tuple[Any, ...]]:
    """What the layers of a network do, in words."""
    found: list[tuple[Any, ...]] = []
    for each in network:
        if isinstance(each, nn.Conv2d):
            found.append(("conv", each.padding[0]))
        elif isinstance(each, nn.MaxPool2d):
            found.append(("pool", each.kernel_size))
        else:
            found.append((type(each).__name__.lower(),))
    return found

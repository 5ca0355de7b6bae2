"""A loop by somebody who knows PyTorch well: tensors in memory, one gather per batch, fused Adam."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from measuring.cases import LEARNING_RATE, Score, Task, scored
from measuring.clock import EpochEnds
from torch import nn


def train(task: Task, ends: EpochEnds) -> Score:
    """Train, and say how good the network is at the end."""
    network = task.network()
    fit(network, task.inputs, task, ends)
    return scored(network, task)


def fit(network: nn.Module, rows: torch.Tensor, task: Task, ends: EpochEnds) -> None:
    """Train on rows in whatever memory format they are."""
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)
    for _ in range(task.epochs):
        losses = []
        for batch in torch.randperm(len(rows)).split(task.case.batch_size):
            inputs, targets = rows[batch], task.targets[batch]
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        torch.stack(losses).mean().item()
        ends.note()

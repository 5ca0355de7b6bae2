"""The training loop of PyTorch's tutorials: a DataLoader, and the loss of every step as a Python number."""

from __future__ import annotations

import torch
from measuring.cases import LEARNING_RATE, Score, Task, scored
from measuring.clock import EpochEnds
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def train(task: Task, ends: EpochEnds) -> Score:
    """Train, and say how good the network is at the end."""
    network = task.network()
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    rows = TensorDataset(task.inputs, task.targets)
    loader = DataLoader(rows, batch_size=task.case.batch_size, shuffle=True)
    for _ in range(task.epochs):
        total = 0.0
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = loss_function(network(inputs), targets)
            loss.backward()
            optimizer.step()
            total += loss.item()
        ends.note()
    return scored(network, task)

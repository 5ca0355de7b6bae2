"""The loop by hand, with pictures and network in the channels_last memory format."""

from __future__ import annotations

import torch
from measuring.cases import Task, loss_of
from measuring.clock import EpochEnds

from contestants.in_memory_loop import fit


def train(task: Task, ends: EpochEnds) -> float:
    """Train, and return the loss at the end."""
    network = task.network().to(memory_format=torch.channels_last)
    fit(network, task.inputs.contiguous(memory_format=torch.channels_last), task, ends)
    return loss_of(network, task)

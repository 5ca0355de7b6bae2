"""Glasshouse without probes: losses, metrics and checkpoints only."""

from __future__ import annotations

from measuring.cases import Task
from measuring.clock import EpochEnds

from contestants.glasshouse_train import train_watched


def train(task: Task, ends: EpochEnds) -> float:
    """Train, and return the loss at the end."""
    return train_watched(task, ends, {"probes": False})

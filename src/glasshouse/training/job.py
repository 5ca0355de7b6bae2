"""What a training run is told, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from glasshouse.core.concept import Spec
from glasshouse.data.parts import Part
from glasshouse.objectives.supervised import Supervised
from glasshouse.training.batches import Batches
from glasshouse.training.early_stopping import EarlyStopping
from glasshouse.training.precision import Precision
from glasshouse.training.settings import CheckpointSettings


@dataclass(frozen=True)
class Job:
    """What is to be trained, on what, and how: everything decided, nothing left at "auto".

    Args:
        network: The network, on the device.
        batches: The training part.
        validation: The part that watches, or ``None``.
        objective: How a batch becomes a loss.
        optimizer, schedule: Names or tables with settings.
        learning_rate: Base rate, above 0.
        weight_decay: Of kernels and matrices, at least 0.
        epochs: Most passes over the training part, from 1.
        stopping: When to stop early and which epoch was best.
        precision: Number format of the forward pass.
        clip_norm, clip_value: Bounds of the gradient, or ``None``.
        threads: CPU threads.
        probe_every: Steps between two looks of the probes; 0 for none.
        checkpoint: When the state is written.
        seed: Seed of the experiment.
        device: Where the network is.
    """

    network: nn.Module
    batches: Batches
    validation: Part | None
    objective: Supervised
    optimizer: Spec
    schedule: Spec
    learning_rate: float
    weight_decay: float
    epochs: int
    stopping: EarlyStopping
    precision: Precision
    clip_norm: float | None
    clip_value: float | None
    threads: int
    probe_every: int
    checkpoint: CheckpointSettings
    seed: int
    device: torch.device


@dataclass(frozen=True)
class Outcome:
    """What came of training.

    Args:
        best_epoch: The epoch (from 1) whose weights the network has now.
        ended: Why training ended, in words.
        epochs, steps: Passes and optimizer steps done.
        seconds: Time spent in this process.
    """

    best_epoch: int
    ended: str
    epochs: int
    steps: int
    seconds: float

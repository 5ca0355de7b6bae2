"""What a training run is told, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import nn

from glasshouse.core.concept import Spec
from glasshouse.data.parts import Part
from glasshouse.objectives.contract import Objective
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.schedules import Schedule
from glasshouse.training.batches import Batches
from glasshouse.training.precision import Precision
from glasshouse.training.settings import CheckpointSettings

CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be trained, on what, and how: everything decided, nothing left at "auto".

    Args:
        network: The network, on the device.
        batches: The training part.
        objective: How a batch becomes a loss.
        optimizer: Name, or table with settings.
        learning_rate: Base rate, above 0.
        epochs: Most passes over the training part, from 1.
        validation: The part that watches, or ``None``.
        schedule: Name, table with settings, or a schedule.
        weight_decay: Of kernels and matrices, at least 0.
        layer_rates: Times the learning rate, by the name of a layer.
        stopping: When to stop early and which epoch was best.
        precision: Number format of the forward pass.
        clip_norm, clip_value, clip_adaptive: Bounds of the gradient, or ``None``.
        regularizers: Names, or tables with settings.
        threads: CPU threads, from 1.
        train_metric: Whether the metric is measured on the training part too, beside the loss.
        probe_every: Steps between two looks of the probes; 0 for none.
        checkpoint: When the state is written.
        seed: Seed of the experiment.
        device: Where the network is.
        engine: What computes gradients: ``"fused"``, ``"dense"``, ``"autograd"``, or ``"auto"`` for what is
            fastest.
    """

    network: nn.Module
    batches: Batches
    objective: Objective
    optimizer: Spec
    learning_rate: float
    epochs: int
    validation: Part | None = None
    schedule: Spec | Schedule = "constant"
    weight_decay: float = 0.0
    layer_rates: Mapping[str, float] = field(default_factory=dict)
    stopping: EarlyStopping = field(default_factory=EarlyStopping)
    precision: Precision = field(default_factory=lambda: Precision("float32", CPU))
    clip_norm: float | None = None
    clip_value: float | None = None
    clip_adaptive: float | None = None
    regularizers: Sequence[Spec] = ()
    threads: int = 1
    train_metric: bool = True
    probe_every: int = 0
    checkpoint: CheckpointSettings = field(default_factory=CheckpointSettings)
    seed: int = 0
    device: torch.device = CPU
    engine: Literal["auto", "fused", "dense", "autograd"] = "auto"


@dataclass(frozen=True)
class Outcome:
    """What came of training.

    Args:
        best_epoch: The epoch (from 1) whose weights the network has now.
        ended: Why training ended, in words.
        epochs, steps: Passes and optimizer steps done.
        seconds: Time spent in this process.
        engine, engine_why: What computed the gradients, and why it was chosen.
    """

    best_epoch: int
    ended: str
    epochs: int
    steps: int
    seconds: float
    engine: str = "autograd"
    engine_why: str = ""

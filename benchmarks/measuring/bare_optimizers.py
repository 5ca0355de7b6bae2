"""The job's optimizers on the network's own parameters."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.objectives.contract import Phase
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.training.flat import grouped
from glasshouse.training.job import Job


def optimizer_for(network: nn.Module, job: Job, phase: Phase | None) -> torch.optim.Optimizer:
    """The optimizer of a job, or of one of its phases, fused where the trainer's is."""
    within = ("",) if phase is None else phase.moves
    groups = [
        {"params": group.members, "weight_decay": job.weight_decay if group.decayed else 0.0}
        for group in grouped(network, job.weight_decay, within=within)
    ]
    spec, rate = job.optimizer, job.learning_rate
    if phase is not None:
        spec = spec if phase.optimizer is None else phase.optimizer
        rate = rate if phase.learning_rate is None else phase.learning_rate
    fixed = {"learning_rate": rate, "weight_decay": job.weight_decay}
    optimizer: torch.optim.Optimizer = OPTIMIZERS.build(spec, groups, fixed=fixed)
    return optimizer

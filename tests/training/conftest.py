"""A small job, with everything on that makes exact resume hard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.losses import CrossEntropy
from glasshouse.objectives import Supervised
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.job import Job
from glasshouse.training.precision import Precision
from glasshouse.training.settings import CheckpointSettings

CPU = torch.device("cpu")


def points(rows: int = 101, seed: int = 0) -> Part:
    """Two classes in the plane that a circle separates."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(rows, 2, generator=generator)
    return Part(inputs, (inputs.square().sum(1) > 1.4).long(), np.arange(rows))


def network(seed: int = 0, dropout: float = 0.2) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(
            2, 16, bias=False
        ),  # batch norm removes any bias, and Adam would blow up its rounding errors
        nn.BatchNorm1d(16),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(16, 2),
    )


def make_job(**changes: Any) -> Job:
    part = changes.pop("part", points())
    batch_size = changes.pop("batch_size", 10)
    accumulate = changes.pop("accumulate", 1)
    augment = changes.pop("augment", None)
    job = Job(
        network=changes.pop("network", None) or network(),
        batches=InMemoryBatches(part, batch_size, accumulate=accumulate, seed=3, augment=augment),
        validation=points(40, seed=1),
        objective=Supervised(CrossEntropy()),
        optimizer="adamw",
        schedule="cosine",
        learning_rate=0.02,
        weight_decay=0.01,
        epochs=4,
        stopping=EarlyStopping(patience=50),
        precision=Precision("float32", CPU),
        clip_norm=None,
        clip_value=None,
        threads=1,
        probe_every=0,
        checkpoint=CheckpointSettings(seconds=1e9),
        seed=3,
        device=CPU,
    )
    return replace(job, **changes)


@pytest.fixture
def job() -> Callable[..., Job]:
    """Builds a job; keyword arguments change it."""
    return make_job

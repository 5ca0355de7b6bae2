"""``python -m glasshouse.training.fused``: compile the loop, so that an engine of ``"auto"`` may use it."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.losses import LOSSES
from glasshouse.objectives import Supervised
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.job import Job
from glasshouse.training.loop import train


def small_job(dtype: torch.dtype) -> Job:
    """A run of a few steps, with numbers of a type."""
    inputs = torch.arange(32, dtype=dtype).reshape(16, 2) / 32
    part = Part(inputs, torch.arange(16) % 2, np.arange(16))
    job = Job(
        network=nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2)).to(dtype),
        batches=InMemoryBatches(part, batch_size=4),
        optimizer="adam",
        objective=Supervised(LOSSES.build("cross_entropy")),
        learning_rate=0.01,
        epochs=2,
    )
    return replace(job, engine="fused")


def main() -> None:
    """Compile for float32, and for whatever else is named on the command line."""
    for name in sys.argv[1:] or ["float32"]:
        began = time.perf_counter()
        train(small_job(getattr(torch, name)))
        print(f"{name}: ready after {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()

"""Whether compiled code pays for many networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.fused.loading import available, is_compiled
from glasshouse.training.fused.worth import COMPILING, LOADING, NOT_INSTALLED
from glasshouse.training.job import Job

SAVED = 12e-6
"""Seconds that a step of one small network is faster than in a population, at the least."""


def reason_against(jobs: Sequence[Job], of: int | None = None) -> str | None:
    """Why networks had better not be trained by compiled code; ``None`` where they had.

    As for one run, nothing here hangs on what the process did before.

    Args:
        jobs: What is to be trained.
        of: How many networks are to be trained in all; ``None``: these.
    """
    if not available():
        return NOT_INSTALLED
    steps: int = sum(
        job.batches.steps * job.epochs for job in jobs if isinstance(job.batches, InMemoryBatches)
    )
    if of is not None and jobs:
        steps = round(steps / len(jobs) * of)
    if steps * SAVED < LOADING:
        return f"{steps} steps in all: from {round(LOADING / SAVED)} on it repays its loading"
    types = {next((each.dtype for each in job.network.parameters()), None) for job in jobs}
    known = [each for each in types if each in (torch.float32, torch.float64)]
    missing = [each for each in known if each is not None and not is_compiled(each)]
    if missing and steps * SAVED < COMPILING * len(missing):
        return (
            f"{steps} steps in all: from {round(COMPILING * len(missing) / SAVED)} on it repays its "
            "compiling, which `python -m glasshouse.training.fused` does once and for all"
        )
    return None

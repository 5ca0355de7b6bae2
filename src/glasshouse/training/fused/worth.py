"""Whether the fused loop pays for a run."""

from __future__ import annotations

from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.fused.loading import available, is_compiled
from glasshouse.training.fused.plan import FusedPlan
from glasshouse.training.fused.threads import usable
from glasshouse.training.job import Job

MOST_PARAMETERS = 400_000
"""Above, a step is all arithmetic and memory, and the products of a BLAS are as fast. Compared by
``python benchmarks/dense_step.py``, whose networks have 2, 12, 235 and 1,300 thousand."""
MOST_ON_THREADS = 1_500_000
"""The same on several threads: there the largest of those networks gains 7 % (``--threads 2``)."""
MOST_SLOW = 4096
"""Numbers per step that go through the C library one by one (erf, logarithm); 10 ns each way."""
SAVED = 50e-6
"""Seconds that a step is faster than by the dense engine, at the least of those sizes."""
LOADING = 0.6
"""Seconds of importing Numba and of reading the compiled loop."""
COMPILING = 15.0
"""Seconds of compiling it, once per machine and type of numbers."""
NOT_INSTALLED = "Numba is not installed: pip install 'glasshouse[fast]'"


def reason_against(job: Job, plan: FusedPlan) -> str | None:
    """Why a run had better not use the fused loop; ``None`` where it had.

    Nothing here hangs on what the process did before, so that an experiment which is repeated goes the same
    way. It does hang on whether the loop is compiled on this machine.

    Args:
        job: What is to be trained.
        plan: The loop's plan of it.
    """
    if not available():
        return NOT_INSTALLED
    against = reason_against_size(job, plan)
    if against is not None:
        return against
    steps = job.batches.steps * job.epochs
    if steps * SAVED < LOADING:
        return f"{steps} steps: from {round(LOADING / SAVED)} on it repays its loading"
    if not is_compiled(plan.dtype) and steps * SAVED < COMPILING:
        return (
            f"{steps} steps: from {round(COMPILING / SAVED)} on it repays its compiling, which "
            "`python -m glasshouse.training.fused` does once and for all"
        )
    return None


def reason_against_size(job: Job, plan: FusedPlan, most: int = MOST_PARAMETERS) -> str | None:
    """Why the steps of a network are none for the loop, however many there are; ``None`` where they are.

    Args:
        job: What is to be trained.
        plan: The loop's plan of it.
        most: Parameters from which on it gains nothing.
    """
    assert isinstance(job.batches, InMemoryBatches)
    if job.threads > 1:
        most = max(most, MOST_ON_THREADS)
    if plan.parameters > most:
        return f"{plan.parameters} parameters: from {most} on it gains nothing"
    slow = plan.slow * max(size for step in job.batches.sizes for size in step)
    if slow > MOST_SLOW:
        return f"{slow} numbers per step through GELU or softplus, which it computes one by one"
    if job.threads > 1 and usable(job.threads) == 1:
        return f"training.threads = {job.threads}: here it runs on one"
    return None

"""Whether the fused loop pays for a run. The numbers are measured: ``python benchmarks/fused_worth.py``."""

from __future__ import annotations

from glasshouse.training.fused.loading import available
from glasshouse.training.fused.plan import FusedPlan
from glasshouse.training.job import Job


def reason_against(job: Job, plan: FusedPlan) -> str | None:
    """Why a run had better not use the fused loop; ``None`` where it had.

    Args:
        job: What is to be trained.
        plan: The loop's plan of it.
    """
    if not available():
        return "Numba is not installed: pip install 'glasshouse[fast]'"
    return None

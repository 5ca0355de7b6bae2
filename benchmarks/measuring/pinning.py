"""The same number of threads, on the same cores, for everybody."""

from __future__ import annotations

import os

import torch
from threadpoolctl import threadpool_limits


def pin(threads: int) -> None:
    """Keep this process to so many threads, on as many cores, always the same ones.

    NumPy's matrix products have threads of their own, as many as there were cores when NumPy was imported. On
    fewer cores these would wait for each other, which makes scikit-learn ten times as slow, so they are told
    too. JAX looks at the cores when it first computes: pin before that.

    Args:
        threads: From 1.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    torch.set_num_threads(threads)
    threadpool_limits(threads)

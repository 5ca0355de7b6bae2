"""The compiled loop on several threads, which take every step together."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.devices import cores
from glasshouse.training.fused import codes


def alone() -> tuple[int, int, NDArray[np.int64]]:
    """What the loop is told of its team where one thread does everything."""
    return 0, 1, np.zeros(codes.GATE, dtype=np.int64)


def usable(wanted: int) -> int:
    """How many threads the loop can have: no more than there are cores, and one where waiting threads can't
    let others have theirs.
    """
    return max(1, min(wanted, cores())) if hasattr(os, "sched_yield") else 1


class Team:
    """Threads that call the loop together, each with its number; Python's lock is not held inside it.

    Args:
        run: The loop.
        threads: How many, this one included.
    """

    def __init__(self, run: Callable[..., Any], threads: int) -> None:
        self._run, self._threads = run, threads
        self._others = ThreadPoolExecutor(threads - 1, "glasshouse-fused") if threads > 1 else None

    def run(self, *arguments: Any) -> None:
        """Some steps; all threads are given the same."""
        if self._others is None:
            self._run(*arguments, alone())
            return
        gate = np.zeros(codes.GATE, dtype=np.int64)
        calls = [
            self._others.submit(self._run, *arguments, (own, self._threads, gate))
            for own in range(1, self._threads)
        ]
        try:
            self._run(*arguments, (0, self._threads, gate))
        except BaseException:
            gate[codes.GATE_GIVEN_UP] = 1  # else the others would wait for ever
            raise
        for call in calls:
            call.result()

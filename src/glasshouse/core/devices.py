"""Where tensors live, and how many threads work on them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from glasshouse.core.errors import SettingError

LARGE_STEP = 50_000_000
"""Multiply-accumulates of a training step from which a second thread pays (see docs/benchmarks.md)."""


def choose_device(wanted: str = "auto") -> torch.device:
    """The device that a setting names; ``"auto"`` is the first GPU, or the CPU.

    Raises:
        SettingError: There is no such device on this machine.

    Example:
        >>> choose_device("cpu")
        device(type='cpu')
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).split("\n")[0]
        unknown = "device string" in reason  # the rest of PyTorch's sentence lists devices that few have
        raise SettingError(
            f"training.device = {wanted!r}: " + ("there is no such kind of device" if unknown else reason),
            expected="auto, cpu, or a device that this machine has",
            fix="leave it at auto; `glasshouse env` lists what is here",
        ) from error
    return device


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_for(step_macs: int) -> int:
    """How many CPU threads suit a training step: one for little work, as many as PyTorch has for much.

    Splitting little work costs more than it saves, and a great deal more when another program is busy too.
    PyTorch has one thread per core, or as many as ``OMP_NUM_THREADS`` or ``torch.set_num_threads`` said.

    Args:
        step_macs: Multiply-accumulates of forward and backward pass over one batch.
    """
    return torch.get_num_threads() if step_macs >= LARGE_STEP else 1


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Use ``count`` CPU threads inside the block, and what was set before after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""The global random states of Python, NumPy and PyTorch: kept apart, saved and brought back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import torch


def capture() -> dict[str, Any]:
    """All global random states, as tensors and plain values.

    Networks draw from PyTorch's; data sets written by users may draw from any of them.
    """
    name, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    version, internal, python_gauss = random.getstate()
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": {
            "name": str(name),
            "keys": torch.from_numpy(np.asarray(keys).astype(np.int64)),
            "position": int(position),
            "has_gauss": int(has_gauss),
            "gauss": float(gauss),
        },
        "python": {
            "version": version,
            "internal": torch.tensor(internal, dtype=torch.int64),
            "gauss": python_gauss,
        },
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore(state: dict[str, Any]) -> None:
    """Bring back what :func:`capture` gave."""
    torch.set_rng_state(state["torch"])
    numpy = state["numpy"]
    np.random.set_state(
        (
            numpy["name"],
            numpy["keys"].numpy().astype(np.uint32),
            numpy["position"],
            numpy["has_gauss"],
            numpy["gauss"],
        )
    )
    python = state["python"]
    random.setstate((python["version"], tuple(python["internal"].tolist()), python["gauss"]))
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


@cache
def _accelerated() -> bool:
    """Whether PyTorch draws random numbers anywhere but on the CPU."""
    return torch.accelerator.is_available()


def seed_torch(seed: int) -> None:
    """Seed PyTorch's generators, as ``torch.manual_seed`` does.

    Where there is no accelerator, that function still takes a note for each kind, with the stack of its
    caller: over a millisecond, longer than the training of a small network's epoch.

    Args:
        seed: From 0 to below 2^64.

    Example:
        >>> seed_torch(1)
        >>> first = torch.rand(1)
        >>> _ = torch.manual_seed(1)
        >>> bool(first == torch.rand(1))
        True
    """
    if _accelerated():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


@contextmanager
def isolated(seed: int) -> Iterator[None]:
    """Seed all global random states inside the block, and bring the caller's back after it.

    Example:
        >>> before = torch.get_rng_state()
        >>> with isolated(1):
        ...     _ = torch.rand(3)
        >>> bool((torch.get_rng_state() == before).all())
        True
    """
    before = capture()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    seed_torch(seed)
    try:
        yield
    finally:
        restore(before)

"""Numbers in float64, and whether two of them are equal but for rounding."""

from __future__ import annotations

from typing import Any

import torch


def tensor(numbers: Any, learnt: bool = False) -> torch.Tensor:
    """Numbers as a float64 tensor; with ``learnt``, one that collects a gradient."""
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=learnt)


def random(*shape: int, seed: int = 0, learnt: bool = False) -> torch.Tensor:
    """Normal numbers, always the same for a seed."""
    stream = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=stream, dtype=torch.float64).requires_grad_(learnt)


def close(one: Any, other: Any, within: float = 1e-10) -> bool:
    """Whether two numbers or tensors differ nowhere by more than ``within``."""
    first, second = torch.as_tensor(one, dtype=torch.float64), torch.as_tensor(other, dtype=torch.float64)
    return bool((first - second).abs().max() <= within)

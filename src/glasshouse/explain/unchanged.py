"""Explaining changes nothing: weights, gradients, statistics, settings, hooks and chance are put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


@contextmanager
def unchanged(*modules: nn.Module) -> Iterator[None]:
    """While this lasts modules may run; afterwards they and the random state are as they were.

    Attributes of modules (flags, counters, remembered states), parameters, buffers and gradients are put
    back, also after an exception. What a module appends to its own lists stays.

    Args:
        modules: The modules that may run.

    Example:
        >>> norm = nn.BatchNorm1d(2)
        >>> with unchanged(norm):
        ...     _ = norm(torch.randn(5, 2))
        >>> int(norm.num_batches_tracked), norm.running_mean.tolist()
        (0, [0.0, 0.0])
    """
    parts = [part for module in modules for part in module.modules()]
    attributes = [(part, dict(part.__dict__), _tables(part)) for part in parts]
    tensors = [_Kept(each) for each in _tensors(parts)]
    chance = torch.get_rng_state()
    on_devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    try:
        yield
    finally:
        for part, own, tables in attributes:
            part.__dict__.clear()
            part.__dict__.update(own)
            for name, table in tables.items():
                part.__dict__[name].clear()
                part.__dict__[name].update(table)
        for each in tensors:
            each.put_back()
        torch.set_rng_state(chance)
        if on_devices:
            torch.cuda.set_rng_state_all(on_devices)


class _Kept:
    """A tensor as it was, with its gradient."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor, self.copy, self.version = tensor, tensor.detach().clone(), tensor._version
        self.gradient = tensor.grad
        self.gradient_copy = None if tensor.grad is None else tensor.grad.detach().clone()
        self.asks = tensor.requires_grad

    def put_back(self) -> None:
        """Write only what differs, and past autograd's count of changes.

        A backward pass that the user has pending holds these tensors, as they are again now.
        """
        with torch.no_grad():
            if not _same(self.tensor.detach(), self.copy):
                self.tensor.data.copy_(self.copy)
            if self.tensor._version != self.version:
                torch._C._autograd._unsafe_set_version_counter((self.tensor,), (self.version,))
            gradient, copy = self.gradient, self.gradient_copy
            if gradient is not None and copy is not None and not _same(gradient, copy):
                gradient.copy_(copy)
        if self.tensor.grad is not self.gradient:
            self.tensor.grad = self.gradient
        if self.tensor.is_leaf and self.tensor.requires_grad != self.asks:
            self.tensor.requires_grad_(self.asks)


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Bit by bit, not-a-number included."""
    if one.shape != other.shape:
        return False
    return bool(((one == other) | ((one != one) & (other != other))).all())


def _tables(part: nn.Module) -> dict[str, dict[Any, Any]]:
    """Parameters, buffers, parts and hooks of a module: tables whose entries may be exchanged."""
    return {name: dict(value) for name, value in part.__dict__.items() if isinstance(value, dict)}


def _tensors(parts: list[nn.Module]) -> list[torch.Tensor]:
    found: dict[int, torch.Tensor] = {}
    for part in parts:
        for tensor in (*part._parameters.values(), *part._buffers.values()):
            if tensor is not None:
                found[id(tensor)] = tensor
    return list(found.values())

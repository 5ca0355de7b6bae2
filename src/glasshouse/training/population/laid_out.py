"""Rows of several networks in one stretch of memory, which is their own where all see the same rows."""

from __future__ import annotations

from collections.abc import Sequence

import torch

Rows = tuple[torch.Tensor, torch.Tensor]
"""Inputs (N, ...) and targets (N, ...)."""


def laid_out(parts: Sequence[Rows]) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    """Rows of several parts, those that are the same in memory laid out once.

    Args:
        parts: Of every network, its rows.

    Returns:
        Inputs with rows of numbers, targets, and where the rows of each network begin.

    Example:
        >>> x, t = torch.zeros(3, 2), torch.zeros(3)
        >>> laid_out([(x, t), (x.clone(), t), (x, t)])[2]
        [0, 3, 0]
    """
    places: dict[tuple[int, int], int] = {}
    inputs, targets, begins, count = [], [], [], 0
    for x, t in parts:
        key = x.data_ptr(), t.data_ptr()
        if key not in places:
            places[key] = count
            inputs.append(x.reshape(len(x), -1))
            targets.append(t)
            count += len(x)
        begins.append(places[key])
    if len(inputs) == 1:
        return inputs[0], parts[0][1], begins
    return torch.cat(inputs), torch.cat(targets), begins

"""The affine map inside of recurrent cells and attention, and the rows on which it acts."""

from __future__ import annotations

import torch


def affine(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """``x W' + b``, without ``b`` where there is none.

    Args:
        x: Numbers that go in, on the last axis.
        weight: One row for each number that comes out.
        bias: One number for each of them, or none.

    Example:
        >>> affine(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]), None).tolist()
        [[11.0]]
    """
    y = x @ weight.mT
    return y if bias is None else y + bias


def rows(x: torch.Tensor) -> torch.Tensor:
    """All axes before the last in one: every sample a row.

    Args:
        x: Any shape with at least one axis.

    Example:
        >>> rows(torch.zeros(4, 5, 3)).shape
        torch.Size([20, 3])
    """
    return x.reshape(-1, x.shape[-1])

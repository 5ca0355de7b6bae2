"""What people hand to a piece: lists, arrays or tensors, looked at before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from glasshouse.core.errors import UsageError


def numbers(name: str, value: Any, axes: Sequence[int] | int | None = None) -> torch.Tensor:
    """A tensor in float64.

    Args:
        name: What it is called, for messages.
        value: Numbers, nested lists, an array or a tensor.
        axes: How many axes it must have, or may have.

    Raises:
        UsageError: It is no table of finite real numbers, is empty, or has other axes.

    Example:
        >>> numbers("x", [[1, 2]], axes=2).dtype
        torch.float64
    """
    if getattr(value, "dtype", None) is not None and "complex" in str(value.dtype):
        raise UsageError(
            f"{name} is complex", expected="real numbers", fix="take the real part, or the absolute value"
        )
    try:
        # Not by way of float32, which would round numbers that are written in decimals.
        tensor = torch.as_tensor(value, dtype=torch.float64).detach().cpu().clone()
    except (TypeError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"{name} = {str(value)[:60]}",
            expected="numbers: a list, nested lists of equal length, an array or a tensor",
            fix="check for words, gaps and rows of different lengths",
        ) from error
    allowed = (axes,) if isinstance(axes, int) else axes
    if allowed is not None and tensor.dim() not in allowed:
        wanted = " or ".join(map(str, allowed))
        raise UsageError(
            f"{name} has {tensor.dim()} axes",
            expected=f"{wanted} {'axis' if wanted == '1' else 'axes'}",
            fix="a matrix is a list of rows: [[1, 2], [3, 4]]",
        )
    if tensor.numel() == 0:
        raise UsageError(f"{name} is empty", expected="at least one number", fix="put numbers into it")
    if not bool(torch.isfinite(tensor).all()):
        raise UsageError(
            f"{name} holds not-a-number or infinity", expected="finite numbers", fix="replace them"
        )
    return tensor


def alike(name: str, tensor: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """The tensor, if it has that shape.

    Raises:
        UsageError: It has another.
    """
    if tuple(tensor.shape) != tuple(shape):
        raise UsageError(
            f"{name} has the shape {tuple(tensor.shape)}",
            expected=f"the shape {tuple(shape)}",
            fix=f"give {name} as many numbers",
        )
    return tensor

"""The windows under a sliding kernel as columns of a matrix, and the way back: unfold and fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from glasshouse.core.rule import places


def unfold(
    x: torch.Tensor, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> torch.Tensor:
    """The numbers under every place of the kernel at every position, as a view.

    Args:
        x: (N, C, sizes), padded.
        kernel: The kernel's size along each axis.
        stride: The stride along each axis.
        dilation: The dilation along each axis.

    Returns:
        (N, C, kernel sizes, positions).

    Example:
        >>> unfold(torch.arange(5.0).reshape(1, 1, 5), (3,), (2,), (1,))[0, 0].tolist()
        [[0.0, 2.0], [1.0, 3.0], [2.0, 4.0]]
    """
    axes = len(kernel)
    for axis, (k, s, d) in enumerate(zip(kernel, stride, dilation, strict=True), start=2):
        x = x.unfold(axis, d * (k - 1) + 1, s)[..., ::d]
    # Each step put its window last: (N, C, positions, kernel).
    return x.permute(0, 1, *range(2 + axes, 2 + 2 * axes), *range(2, 2 + axes))


def fold(
    columns: torch.Tensor, sizes: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> torch.Tensor:
    """Add the numbers of all windows up where they overlap: the adjoint of :func:`unfold`.

    Args:
        columns: (N, C, kernel sizes, positions).
        sizes: Sizes of what the windows slid over.
        stride: The stride along each axis.
        dilation: The dilation along each axis.

    Returns:
        (N, C, sizes).

    Example:
        >>> fold(torch.ones(1, 1, 3, 2), (5,), (2,), (1,)).flatten().tolist()
        [1.0, 1.0, 2.0, 1.0, 1.0]
    """
    axes = len(sizes)
    kernel, positions = columns.shape[2 : 2 + axes], columns.shape[2 + axes :]
    result = columns.new_zeros(*columns.shape[:2], *sizes)
    for j in places(kernel):
        starts = [step * each for step, each in zip(dilation, j, strict=True)]
        where: list[Any] = [
            slice(start, start + s * (count - 1) + 1, s)
            for start, s, count in zip(starts, stride, positions, strict=True)
        ]
        of_j: tuple[Any, ...] = (slice(None), slice(None), *j)
        result[(..., *where)] += columns[of_j]
    return result

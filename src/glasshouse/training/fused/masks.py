"""The masks of dropout, drawn beforehand as the layers themselves would have drawn them."""

from __future__ import annotations

from collections.abc import Sequence

import torch

Places = Sequence[tuple[float, int]]
"""For every dropout layer its chance to drop, and its width."""


def room(places: Places, rows: int) -> int:
    """Numbers of the masks of one step.

    Args:
        places: The dropout layers.
        rows: Of the largest batch.

    Example:
        >>> room([(0.5, 4), (0.1, 3)], rows=2)
        14
    """
    return rows * sum(width for _, width in places)


def draw(
    masks: torch.Tensor, sizes: Sequence[int], places: Places, generator: torch.Generator | None = None
) -> None:
    """Draw the masks of some steps: 0, or one over the chance to be kept.

    Args:
        masks: Receives them, (steps, room for one step).
        sizes: Rows of every step; its masks begin where those of the largest batch would.
        places: The dropout layers.
        generator: Whose numbers are taken; ``None`` for PyTorch's own.

    Example:
        >>> masks = torch.empty(1, 8)
        >>> draw(masks, [4], [(0.5, 2)], torch.Generator().manual_seed(0))
        >>> sorted(set(masks.flatten().tolist()))
        [0.0, 2.0]
    """
    total = sum(width for _, width in places)
    largest = masks.shape[1] // total
    for step, rows in enumerate(sizes):
        at = 0
        for p, width in places:
            mask = masks[step, at : at + rows * width].view(rows, width)
            if p < 1:
                mask.bernoulli_(1 - p, generator=generator).div_(1 - p)
            else:
                mask.zero_()
            at += largest * width

"""Where batch, steps and heads stand in the tensors of multi-head attention, and its two masks in one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

Place = tuple[int, ...]


@dataclass(frozen=True)
class HeadLayout:
    """From the layout outside, (T, N, E), (N, T, E) or (T, E), to (N, T, E) inside and back.

    Args:
        heads: How many.
        batch_first: Whether the batch comes first outside.
        alone: Whether there is no batch outside.
    """

    heads: int
    batch_first: bool
    alone: bool

    def inward(self, x: torch.Tensor) -> torch.Tensor:
        """To (N, T, E)."""
        if self.alone:
            return x.unsqueeze(0)
        return x if self.batch_first else x.transpose(0, 1)

    def outward(self, x: torch.Tensor) -> torch.Tensor:
        """Back from (N, T, E)."""
        if self.alone:
            return x.squeeze(0)
        return x if self.batch_first else x.transpose(0, 1)

    def place_inside(self, place: Place) -> Place:
        """(n, t, e) of a place outside."""
        if self.alone:
            return (0, *place)
        return place if self.batch_first else (place[1], place[0], place[2])

    def place_outside(self, place: Place) -> Place:
        """The place outside of (n, t, e).

        Example:
            >>> HeadLayout(heads=2, batch_first=False, alone=False).place_outside((1, 5, 0))
            (5, 1, 0)
        """
        if self.alone:
            return place[1:]
        return place if self.batch_first else (place[1], place[0], place[2])

    def apart(self, x: torch.Tensor) -> torch.Tensor:
        """(N, T, E) to (N, H, T, E / H)."""
        return torch.unflatten(x, -1, (self.heads, x.shape[-1] // self.heads)).transpose(1, 2)

    def together(self, x: torch.Tensor) -> torch.Tensor:
        """(N, H, T, E / H) to (N, T, E)."""
        return x.transpose(1, 2).flatten(-2)


def added_mask(
    key_padding_mask: torch.Tensor | None, attn_mask: torch.Tensor | None, heads: int, like: torch.Tensor
) -> torch.Tensor | None:
    """PyTorch's two masks as one that is added to the scores.

    Args:
        key_padding_mask: (N, S) or (S); true where a key is left out, or numbers that are added.
        attn_mask: (T, S) or (N H, T, S), likewise.
        heads: How many there are.
        like: A tensor of the type of the scores.

    Returns:
        (N or 1, H or 1, T or 1, S), -inf where a key is left out; ``None`` without masks.

    Example:
        >>> added_mask(torch.tensor([[False, True]]), None, 2, torch.zeros(1)).tolist()
        [[[[0.0, -inf]]]]
    """
    masks = []
    if key_padding_mask is not None:
        masks.append(key_padding_mask.reshape(-1, 1, 1, key_padding_mask.shape[-1]))
    if attn_mask is not None:
        masks.append(attn_mask.reshape(-1, 1 if attn_mask.dim() == 2 else heads, *attn_mask.shape[-2:]))
    added: torch.Tensor | None = None
    for mask in masks:
        if mask.dtype == torch.bool:
            mask = torch.zeros_like(mask, dtype=like.dtype).masked_fill(mask, -math.inf)
        added = mask if added is None else added + mask
    return added

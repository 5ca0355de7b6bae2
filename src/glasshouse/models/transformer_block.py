"""Transformer block: attention and a small network for each step, both around a shortcut."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.layers import LayerNorm


class HeadedAttention(nn.Module):
    r"""Multi-head attention as four linear layers and the scaled dot product between them.

    .. math:: w_h = \operatorname{softmax}\!\left(\frac{q_h k_h^\top}{\sqrt{E / H}}\right),\quad
        y = W^o [w_1 v_1; \dots; w_H v_H] + b^o

    The numbers are those of :class:`torch.nn.MultiheadAttention`, whose one matrix holds the three here one
    above the other; apart, each can be seen, explained and exported.

    Args:
        width: Numbers per step, E.
        heads: Heads, H; they divide the width.

    Shapes: x (N, T, E), memory (N, S, E); mask, true where a step may look, (T, S), (N, 1, S) or (N, T, S).

    Example:
        >>> HeadedAttention(8, 2)(torch.zeros(3, 5, 8), torch.zeros(3, 4, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(
        self, x: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """What the steps of ``x`` find in those of ``memory``."""
        told = F.scaled_dot_product_attention(
            self._split(self.query(x)),
            self._split(self.key(memory)),
            self._split(self.value(memory)),
            attn_mask=_for_heads(mask),
        )
        found: torch.Tensor = self.out(told.transpose(1, 2).flatten(2))
        return found

    def weights(
        self, x: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """How much each step looks at each other one, (N, H, T, S); every row adds up to 1."""
        query, key = self._split(self.query(x)), self._split(self.key(memory))
        scores = query @ key.mT / math.sqrt(query.shape[-1])
        wide = _for_heads(mask)
        if wide is not None:
            scores = scores.masked_fill(~wide, float("-inf"))
        return torch.softmax(scores, dim=-1)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        heads = torch.unflatten(x, 2, (self.heads, x.shape[2] // self.heads))
        return heads.transpose(1, 2)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"heads={self.heads}"


class TransformerBlock(nn.Module):
    r"""Self-attention, in a decoder attention on the encoder's states too, and two linear layers per step.

    .. math:: a = x + \operatorname{attention}(\operatorname{norm}(x)),\quad
        y = a + W_2 \operatorname{gelu}(W_1 \operatorname{norm}(a) + b_1) + b_2

    The norms stand in front of what they serve (pre-norm), with which deep stacks train without a warm-up.

    Args:
        width: Numbers per step, E.
        heads: Heads of each attention; they divide the width.
        hidden: Units of the network for each step.
        dropout: Chance that a number is silent in a training step.
        crossed: Whether it looks at an encoder's states as well.

    Shapes: x (N, T, E) to (N, T, E); memory (N, S, E).

    Source:
        Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762; pre-norm: Xiong et al. 2020, On
        layer normalization in the transformer architecture.

    Example:
        >>> TransformerBlock(8, 2, 16)(torch.zeros(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(
        self, width: int, heads: int, hidden: int, dropout: float = 0.0, crossed: bool = False
    ) -> None:
        super().__init__()
        self.norm1 = LayerNorm(width)
        self.attention = HeadedAttention(width, heads)
        self.norm2 = LayerNorm(width) if crossed else None
        self.across = HeadedAttention(width, heads) if crossed else None
        self.norm3 = LayerNorm(width)
        self.linear1 = nn.Linear(width, hidden)
        self.activation = nn.GELU()
        self.linear2 = nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None = None,
        memory: torch.Tensor | None = None,
        memory_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Steps to steps.

        Args:
            x: (N, T, E).
            mask: True where a step may look: (T, T), (N, 1, T) or (N, T, T).
            memory: The encoder's states (N, S, E).
            memory_mask: True where those may be looked at, (N, 1, S).
        """
        seen = self.norm1(x)
        x = x + self.dropout(self.attention(seen, seen, mask))
        if self.across is not None and self.norm2 is not None and memory is not None:
            x = x + self.dropout(self.across(self.norm2(x), memory, memory_mask))
        told = self.linear2(self.activation(self.linear1(self.norm3(x))))
        out: torch.Tensor = x + self.dropout(told)
        return out


def no_look_ahead(steps: int, device: torch.device | None = None) -> torch.Tensor:
    """The causal mask: True where a step may look, at itself and at earlier ones, (T, T).

    Example:
        >>> no_look_ahead(3).int().tolist()
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(steps, steps, dtype=torch.bool, device=device).tril()


def _for_heads(mask: torch.Tensor | None) -> torch.Tensor | None:
    """A mask with an axis for the heads."""
    return mask.unsqueeze(1) if mask is not None and mask.dim() == 3 else mask

"""Readers of recurrent cells and of attention: the rules are those of ``glasshouse.layers``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.explain.operations.layer_calls import by_card
from glasshouse.explain.reading import Call, Reader, Reading
from glasshouse.layers import LAYERS


def cell(name: str, states: tuple[str, ...], build: Callable[[], nn.Module]) -> Reader:
    """The reader of a recurrent cell.

    Args:
        name: The concept's name.
        states: The rule's names of the states.
        build: Makes a module with the settings of the call.
    """

    def reader(
        call: Call,
        input: torch.Tensor,
        hx: Any,
        w_ih: torch.Tensor,
        w_hh: torch.Tensor,
        b_ih: torch.Tensor | None = None,
        b_hh: torch.Tensor | None = None,
    ) -> Reading | None:
        before = hx if isinstance(hx, (tuple, list)) else (hx,)
        given = dict(zip(states, before, strict=True))
        return by_card(
            LAYERS,
            name,
            build(),
            x=input,
            **given,
            weight_ih=w_ih,
            weight_hh=w_hh,
            bias_ih=b_ih,
            bias_hh=b_hh,
        )

    return reader


class _Settings:
    """The settings of attention, as a module would have them."""

    def __init__(self, causal: bool, scale: float | None) -> None:
        self.causal, self.scale = causal, scale


def attention(
    call: Call,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Reading | None:
    """Scaled dot-product attention without dropout."""
    if dropout_p or enable_gqa or query.shape[:-2] != key.shape[:-2]:
        return None
    module = _Settings(is_causal, scale)
    return by_card(LAYERS, "scaled_dot_product_attention", module, q=query, k=key, v=value, mask=attn_mask)


RECURRENT_CALLS: dict[str, Reader] = {
    "lstm_cell": cell("lstm_cell", ("h", "c"), lambda: nn.LSTMCell(1, 1)),
    "gru_cell": cell("gru_cell", ("h",), lambda: nn.GRUCell(1, 1)),
    "rnn_tanh_cell": cell("rnn_cell", ("h",), lambda: nn.RNNCell(1, 1)),
    "rnn_relu_cell": cell("rnn_cell", ("h",), lambda: nn.RNNCell(1, 1, nonlinearity="relu")),
    "scaled_dot_product_attention": attention,
}
"""The reader of each recurrent cell and of attention, by the function's name."""

"""Packing: sequences of different lengths in one batch, without a step over their padding.

These are functions and no layers: they stand around a recurrent layer or an attention.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

PAD = 0
"""The number of the padding in sequences of token numbers."""


def lengths_of(tokens: torch.Tensor) -> torch.Tensor:
    """How many steps each sequence has: up to its last token that is no padding, and at least one.

    Args:
        tokens: Token numbers (N, T), padded with 0 behind.

    Returns:
        int64, shape (N,).

    Example:
        >>> lengths_of(torch.tensor([[4, 2, 0], [3, 0, 0], [5, 6, 7], [0, 0, 0]]))
        tensor([2, 1, 3, 1])
    """
    steps = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
    return torch.where(tokens == PAD, 0, steps).amax(dim=1).clamp(min=1)


def mask_of(lengths: torch.Tensor, steps: int) -> torch.Tensor:
    """True where a step belongs to its sequence, shape (N, T).

    Example:
        >>> mask_of(torch.tensor([2, 1]), 3)
        tensor([[ True,  True, False],
                [ True, False, False]])
    """
    return torch.arange(steps, device=lengths.device) < lengths.unsqueeze(1)


def cut_to_longest(tokens: torch.Tensor) -> torch.Tensor:
    """A batch (N, T) without the steps that are padding in all its sequences.

    Example:
        >>> cut_to_longest(torch.tensor([[4, 0, 0], [3, 2, 0]]))
        tensor([[4, 0],
                [3, 2]])
    """
    return tokens[:, : int(lengths_of(tokens).max())] if len(tokens) else tokens


def run_recurrent(layer: nn.RNNBase, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """The states of a recurrent layer at every step of sequences of different lengths.

    The sequences are packed, so that the way back begins at a sequence's own last step and no step is
    computed for padding. While a network is exported, which packing cannot be, each direction of each layer
    runs over all steps, the way back over each sequence turned round within its length: the same numbers.

    Args:
        layer: Of PyTorch, with ``batch_first``.
        x: Inputs (N, T, I).
        lengths: Steps of each sequence (N,), each at least 1.

    Returns:
        States (N, T, D H), zero behind a sequence's end (but while exporting).

    Example:
        >>> layer = nn.GRU(1, 2, batch_first=True, bidirectional=True)
        >>> x, lengths = torch.randn(2, 3, 1), torch.tensor([3, 2])
        >>> alone, _ = layer(x[1:, :2])
        >>> torch.allclose(run_recurrent(layer, x, lengths)[1:, :2], alone, atol=1e-6)
        True
    """
    if torch.compiler.is_exporting():
        return run_unpacked(layer, x, lengths)
    if int(lengths.min()) == x.shape[1]:  # nothing to leave out
        whole: torch.Tensor = layer(x)[0]
        return whole
    packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
    states: torch.Tensor = pad_packed_sequence(layer(packed)[0], batch_first=True, total_length=x.shape[1])[0]
    return states


def run_unpacked(layer: nn.RNNBase, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """The same states without packing, layer by layer and direction by direction; dropout is left out.

    Args:
        layer: Of PyTorch, with ``batch_first``.
        x: Inputs (N, T, I).
        lengths: Steps of each sequence (N,).

    Returns:
        States (N, T, D H); behind a sequence's end they mean nothing.
    """
    steps = torch.arange(x.shape[1], device=x.device)
    turned = lengths.unsqueeze(1) - 1 - steps
    turned = torch.where(turned >= 0, turned, steps).unsqueeze(2)
    for depth in range(layer.num_layers):
        ways = [_one_way(layer, x, f"_l{depth}")]
        if layer.bidirectional:
            back = _one_way(layer, _reordered(x, turned), f"_l{depth}_reverse")
            ways.append(_reordered(back, turned))
        x = torch.cat(ways, dim=2)
    return x


def _one_way(layer: nn.RNNBase, x: torch.Tensor, ending: str) -> torch.Tensor:
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    weights = [getattr(layer, kind + ending) for kind in kinds if hasattr(layer, kind + ending)]
    zero = x.new_zeros(1, x.shape[0], layer.hidden_size)
    state: Any = (zero, zero) if layer.mode == "LSTM" else zero
    run: Any = {
        "LSTM": torch.lstm,
        "GRU": torch.gru,
        "RNN_TANH": torch.rnn_tanh,
        "RNN_RELU": torch.rnn_relu,
    }[layer.mode]
    states: torch.Tensor = run(x, state, weights, layer.bias, 1, 0.0, False, False, True)[0]
    return states


def _reordered(x: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    return x.gather(1, steps.expand(-1, -1, x.shape[2]))


def pooled(states: torch.Tensor, lengths: torch.Tensor, how: str, both: bool = False) -> torch.Tensor:
    """One vector for each sequence out of the states at its steps, padding left out.

    Args:
        states: (N, T, K).
        lengths: (N,).
        how: ``"last"``, ``"mean"`` or ``"max"``.
        both: Whether the second half of the K numbers comes from a way back, whose last state stands at the
            first step.

    Returns:
        (N, K).

    Example:
        >>> states = torch.tensor([[[1.0], [3.0], [9.0]]])
        >>> [pooled(states, torch.tensor([2]), how).item() for how in ("last", "mean", "max")]
        [3.0, 2.0, 3.0]
    """
    if how == "last":
        place = (lengths - 1).reshape(-1, 1, 1).expand(-1, 1, states.shape[2])
        last = states.gather(1, place).squeeze(1)
        if not both:
            return last
        half = states.shape[2] // 2
        return torch.cat([last[:, :half], states[:, 0, half:]], dim=1)
    inside = mask_of(lengths, states.shape[1]).unsqueeze(2)
    if how == "max":
        return states.masked_fill(~inside, float("-inf")).amax(dim=1)
    return torch.where(inside, states, 0.0).sum(dim=1) / lengths.unsqueeze(1).to(states.dtype)

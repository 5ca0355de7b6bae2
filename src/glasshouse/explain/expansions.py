"""Operations that are recorded as the smaller ones of which they consist.

A fused kernel over time (LSTM, GRU, RNN) is unrolled into its cells, with the same weights; so are a few
other operations that PyTorch computes in one go. The tape compares the result with that of the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import FunctionType
from typing import Any

import torch
import torch.nn.functional as F

from glasshouse.explain.loss_expansions import LOSS_EXPANSIONS, Smaller
from glasshouse.explain.operation_names import operation_name
from glasshouse.explain.operations import READERS


@cache
def opened(function: Any) -> Any:
    """PyTorch's own Python code of an operation, prepared to be looked into; ``None`` where there is none.

    Such a function asks first whether somebody wants to see the call. The copy does not ask, so the
    operations inside of it are seen instead.

    Args:
        function: What a torch function mode was called with.
    """
    if not isinstance(function, FunctionType) or operation_name(function) in READERS:
        return None
    asks = [name for name in function.__code__.co_names if name.startswith("has_torch_function")]
    if not asks:
        return None
    names = {**function.__globals__, **dict.fromkeys(asks, _nobody)}
    copy = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _nobody(*_: Any) -> bool:
    return False


def addmm(
    input: torch.Tensor, mat1: torch.Tensor, mat2: torch.Tensor, *, beta: float = 1, alpha: float = 1
) -> Smaller:
    """``beta b + alpha (x z)``: ``addmm``, ``addmv`` and ``baddbmm``."""

    def smaller() -> torch.Tensor:
        product: torch.Tensor = mat1 @ mat2
        product = product if alpha == 1 else alpha * product
        return product + (input if beta == 1 else beta * input)

    return smaller


def bilinear(
    input1: torch.Tensor, input2: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> Smaller | None:
    """The products first, the bias then."""
    if bias is None:
        return None
    return lambda: F.bilinear(input1, input2, weight) + bias


def rms_norm(
    input: torch.Tensor,
    normalized_shape: Sequence[int],
    weight: torch.Tensor | None = None,
    eps: float | None = None,
) -> Smaller | None:
    """The same with the epsilon named that PyTorch takes for numbers of that type."""
    if eps is not None:
        return None
    epsilon = torch.finfo(input.dtype).eps
    return lambda: F.rms_norm(input, list(normalized_shape), weight, epsilon)


def glu(input: torch.Tensor, dim: int = -1) -> Smaller:
    """One half, gated by the sigmoid of the other."""

    def smaller() -> torch.Tensor:
        one, gate = input.chunk(2, dim)
        return one * torch.sigmoid(gate)

    return smaller


def cosine_similarity(x1: torch.Tensor, x2: torch.Tensor, dim: int = 1, eps: float = 1e-8) -> Smaller:
    """The product of two vectors of length 1."""

    def smaller() -> torch.Tensor:
        one: torch.Tensor = x1 / x1.norm(dim=dim, keepdim=True).clamp(min=eps)
        other: torch.Tensor = x2 / x2.norm(dim=dim, keepdim=True).clamp(min=eps)
        product: torch.Tensor = (one * other).sum(dim)
        return product

    return smaller


def pairwise_distance(
    x1: torch.Tensor, x2: torch.Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Smaller | None:
    """The length of the difference."""
    if p not in (1, 2):
        return None
    return lambda: (x1 - x2 + eps).norm(p=p, dim=-1, keepdim=keepdim)


def attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Smaller | None:
    """Scores, mask, softmax, dropout and the weighted sum, where the rule of the whole does not serve."""
    if enable_gqa or (dropout_p == 0 and not (attn_mask is not None and attn_mask.requires_grad)):
        return None

    def smaller() -> torch.Tensor:
        scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
        if is_causal:
            ahead = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(ahead, float("-inf"))
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            scores = scores.masked_fill(~attn_mask, float("-inf"))
        elif attn_mask is not None:
            scores = scores + attn_mask
        weights = scores.softmax(-1)
        return (F.dropout(weights, dropout_p) if dropout_p else weights) @ value

    return smaller


def over_time(cell: Callable[..., Any], parts: int) -> Callable[..., Smaller | None]:
    """The expansion of a recurrent kernel into its cells.

    Args:
        cell: PyTorch's cell.
        parts: How many states it has.
    """

    def expansion(
        input: torch.Tensor,
        hx: Any,
        params: Sequence[torch.Tensor],
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool = False,
    ) -> Smaller | None:
        states = tuple(hx) if parts > 1 else (hx,)
        each = 4 if has_biases else 2
        directions = 2 if bidirectional else 1
        packed = not isinstance(params, (list, tuple))
        if packed or len(params) != each * num_layers * directions:
            return None  # packed sequences, and projections of the state

        def smaller() -> Any:
            sequence = input.transpose(0, 1) if batch_first else input
            last: list[list[torch.Tensor]] = [[] for _ in states]
            for layer in range(num_layers):
                outputs = []
                for direction in range(directions):
                    which = layer * directions + direction
                    weights = params[which * each : (which + 1) * each]
                    state = tuple(one[which] for one in states)
                    shown, state = _unrolled(cell, sequence, state, weights, backward=bool(direction))
                    outputs.append(shown)
                    for kept, one in zip(last, state, strict=True):
                        kept.append(one)
                sequence = outputs[0] if directions == 1 else torch.cat(outputs, -1)
                if dropout and train and layer < num_layers - 1:
                    sequence = F.dropout(sequence, dropout)
            result = sequence.transpose(0, 1) if batch_first else sequence
            return (result, *(torch.stack(kept) for kept in last))

        return smaller

    return expansion


def _unrolled(
    cell: Callable[..., Any],
    sequence: torch.Tensor,
    state: tuple[torch.Tensor, ...],
    weights: Sequence[torch.Tensor],
    backward: bool,
) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """One layer in one direction, time by time: what it shows at every time, and its last state."""
    times = range(len(sequence))
    shown: list[torch.Tensor] = []
    for time in reversed(times) if backward else times:
        made = cell(sequence[time], state if len(state) > 1 else state[0], *weights)
        state = made if isinstance(made, tuple) else (made,)
        shown.append(state[0])
    return torch.stack(shown[::-1] if backward else shown), state


EXPANSIONS: dict[str, Callable[..., Smaller | None]] = {
    "addmm": addmm,
    "addmv": addmm,
    "baddbmm": addmm,
    "bilinear": bilinear,
    "glu": glu,
    "rms_norm": rms_norm,
    "cosine_similarity": cosine_similarity,
    "pairwise_distance": pairwise_distance,
    "scaled_dot_product_attention": attention,
    "lstm": over_time(torch.lstm_cell, 2),
    "gru": over_time(torch.gru_cell, 1),
    "rnn_tanh": over_time(torch.rnn_tanh_cell, 1),
    "rnn_relu": over_time(torch.rnn_relu_cell, 1),
    **LOSS_EXPANSIONS,
}
"""By the operation's name: from the arguments of a call to what computes the same in smaller operations;
``None`` where the call has settings that are not covered."""

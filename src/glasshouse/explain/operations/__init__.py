"""The table of operations: from the name of a function of PyTorch to what reads its rule."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.explain.operations.activation_calls import ACTIVATION_CALLS
from glasshouse.explain.operations.layer_calls import LAYER_CALLS
from glasshouse.explain.operations.linear_map import linear_map
from glasshouse.explain.operations.loss_calls import LOSS_CALLS
from glasshouse.explain.operations.moves import by_indices, embedding, moves
from glasshouse.explain.operations.normalization_calls import NORMALIZATION_CALLS
from glasshouse.explain.operations.plain import PLAIN
from glasshouse.explain.operations.pooling_calls import POOLING_CALLS
from glasshouse.explain.operations.products import SUMMING, reducing
from glasshouse.explain.operations.recurrent_calls import RECURRENT_CALLS
from glasshouse.explain.reading import Call, Reader, Reading

MOVES = (
    *("view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "ravel", "permute", "transpose"),
    *("T", "mT", "H", "mH", "adjoint", "movedim", "squeeze", "unsqueeze", "expand", "expand_as"),
    *("broadcast_to", "getitem", "setitem", "index_select", "select", "narrow", "gather", "take"),
    *("take_along_dim", "masked_select", "cat", "stack", "hstack", "vstack", "dstack", "chunk", "split"),
    *("split_with_sizes", "tensor_split", "unbind", "hsplit", "vsplit", "repeat", "tile", "flip", "fliplr"),
    *("repeat_interleave", "flipud", "roll", "rot90", "unfold", "as_strided", "diagonal", "diag", "tril"),
    *("triu", "pad", "where", "masked_fill", "masked_scatter", "index_fill", "index_copy", "index_put"),
    *("scatter", "slice_scatter", "select_scatter", "clone", "detach", "pixel_shuffle", "pixel_unshuffle"),
    *("channel_shuffle", "view_again", "write_through", "diag_embed", "block_diag", "atleast_1d"),
    *("atleast_2d", "atleast_3d", "column_stack", "zero", "fill", "copy", "broadcast_tensors", "meshgrid"),
    *("unsafe_chunk", "unsafe_split", "native_channel_shuffle", "alias"),
    *("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d"),
)
"""Operations whose results hold numbers of their inputs as they are."""

WEIGHED = (
    *("cumsum", "scatter_add", "index_add", "trace", "diff", "col2im", "im2col", "upsample_linear1d"),
    *("upsample_bilinear2d", "upsample_bicubic2d", "upsample_trilinear3d"),
)
"""Operations whose results are sums of their inputs' numbers with weights that are known beforehand."""


def _one_or_two(call: Call, *arguments: Any, **keywords: Any) -> Reading | None:
    """``max`` and ``min``: of all numbers, along an axis, or of two tensors."""
    kind = call.operation
    if len(call.outputs) == 2:
        return by_indices(call, *arguments, **keywords)
    if len(arguments) + len(keywords) == 1:
        return reducing(kind, rf"y = \{kind}_i x_i")(call, *arguments, **keywords)  # type: ignore[arg-type]
    return PLAIN[f"{kind}imum"](call, *arguments, **keywords)


def _cast(call: Call, input: torch.Tensor, *arguments: Any, **keywords: Any) -> Reading | None:
    """A change of type or place; the numbers stay."""
    if not call.outputs[0].is_floating_point() or not input.is_floating_point():
        return None
    return PLAIN["positive"](call, input)


READERS: dict[str, Reader] = {
    **PLAIN,
    **SUMMING,
    **dict.fromkeys(MOVES, moves),
    **dict.fromkeys(WEIGHED, linear_map),
    **dict.fromkeys(("sort", "topk", "kthvalue", "median", "mode", "cummax", "cummin"), by_indices),
    "max": _one_or_two,
    "min": _one_or_two,
    "to": _cast,
    "embedding": embedding,
    **LAYER_CALLS,
    **POOLING_CALLS,
    **NORMALIZATION_CALLS,
    **ACTIVATION_CALLS,
    **RECURRENT_CALLS,
    **LOSS_CALLS,
}
"""What reads the rule of an operation, by the operation's name."""

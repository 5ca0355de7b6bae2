"""Multi-head attention: several attentions side by side, each on its own projections."""

from __future__ import annotations

from torch import nn

from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.worked import worked_forward
from glasshouse.layers.multihead_attention_rule import MultiheadAttentionRule


def multihead_attention(
    embed_dim: int,
    num_heads: int,
    dropout: float = 0.0,
    bias: bool = True,
    batch_first: bool = False,
    kdim: int | None = None,
    vdim: int | None = None,
) -> nn.MultiheadAttention:
    r"""Attention in several heads.

    .. math::
        q_h, k_h, v_h = W^q_h Q + b^q_h,\; W^k_h K + b^k_h,\; W^v_h V + b^v_h, \quad
        w_h = \mathrm{softmax}\!\left(\frac{q_h k_h^\top}{\sqrt{E / H}} + \mathrm{mask}\right), \quad
        y = W^o [w_1 v_1; \dots; w_H v_H] + b^o

    Shapes: query (T, N, E), key (S, N, kdim), value (S, N, vdim), with ``batch_first`` the batch N before T
        and
    S, without a batch (T, E), (S, kdim), (S, vdim); y like query; weights (N, T, S), the mean over the heads.
    In self-attention query, key and value are the same tensor.

    The module's masks are true (or -inf) where a query may NOT look: ``key_padding_mask`` (N, S) and
    ``attn_mask`` (T, S) or (N H, T, S).

    Args:
        embed_dim: Numbers of a query and of an output, E, at least 1.
        num_heads: Heads H; divides E.
        dropout: Probability of a zero among the weights in training, from 0 to below 1.
        bias: Whether all projections have biases.
        batch_first: Whether the batch is the first axis.
        kdim: Numbers of a key; E if ``None``.
        vdim: Numbers of a value; E if ``None``.

    Raises:
        SettingError: A setting lies outside its range, or the heads do not divide E.

    Source:
        Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.

    Example:
        >>> import torch
        >>> attention, x = multihead_attention(8, 2, batch_first=True), torch.ones(3, 5, 8)
        >>> y, weights = attention(x, x, x)
        >>> y.shape, weights.shape
        (torch.Size([3, 5, 8]), torch.Size([3, 5, 5]))
    """
    whole_number("embed_dim", embed_dim, at_least=1)
    whole_number("num_heads", num_heads, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    for name, size in (("kdim", kdim), ("vdim", vdim)):
        if size is not None:
            whole_number(name, size, at_least=1)
    if embed_dim % num_heads:
        divisors = [str(heads) for heads in range(1, embed_dim + 1) if embed_dim % heads == 0]
        raise SettingError(
            f"num_heads = {num_heads} with embed_dim = {embed_dim}",
            expected=f"heads that divide embed_dim: {', '.join(divisors)}",
            fix="choose one of these, or an embed_dim that is a multiple of the heads",
        )
    return nn.MultiheadAttention(
        embed_dim, num_heads, dropout, bias, kdim=kdim, vdim=vdim, batch_first=batch_first
    )


CONCEPT = Concept(
    name="multihead_attention",
    kind="layer",
    summary="Several attentions side by side, each on its own projection, joined by a linear layer.",
    build=multihead_attention,
    aliases=("multi_head_attention", "self_attention", "mha"),
    equation=(
        r"w_h = \mathrm{softmax}\!\left(\frac{(W^q_h Q)(W^k_h K)^\top}{\sqrt{E / H}} + "
        r"\mathrm{mask}\right),\; y = W^o [w_1 W^v_1 V; \dots; w_H W^v_H V] + b^o"
    ),
    derivative=(
        r"\bar c = W^{o\top} \frac{\partial L}{\partial y},\; \bar v_h = w_h^\top \bar c_h,\; "
        r"\bar s_h = w_h \odot \left(\bar c_h v_h^\top - \mathrm{rowsum}(w_h \odot \bar c_h "
        r"v_h^\top)\right),\; "
        r"\bar q_h = \frac{\bar s_h k_h}{\sqrt{E / H}},\; \bar k_h = \frac{\bar s_h^\top q_h}{\sqrt{E / "
        r"H}},\; \frac{\partial L}{\partial W^q} = \sum \bar q\, Q^\top"
    ),
    symbols={
        "Q, K, V": "queries (T, N, E), keys (S, N, kdim) and values (S, N, vdim)",
        "H": "heads; each has E / H numbers",
        "W^q, W^k, W^v": "projections, below each other in in_proj_weight (3E, E)",
        "w": "weights of each head (N, H, T, S); each query's add up to 1",
        "c": "what the heads found, side by side (N, T, E)",
        "W^o": "output projection, out_proj.weight (E, E)",
        "mask": "0 where a query may look, -inf where not",
        "y": "outputs (T, N, E)",
    },
    when="In transformers: on the sequence itself (self-attention) or over another (cross-attention).",
    pitfalls=(
        "The first axis is the sequence unless batch_first is set.",
        "Its boolean masks are true where a query may NOT look, the other way round than in "
        "scaled_dot_product_attention.",
        "A query that may look at no key gives not-a-number when weights are asked for; without them PyTorch "
        "2.13 gives the bias of the output in training, and not-a-number again in its fast path for "
        "inference.",
        "need_weights=True (the default) is slower than the fused kernel.",
        "Heads are narrower the more there are: E / H numbers each.",
    ),
    conventions=(
        "This rule gives not-a-number for a query without keys, as the module does with weights; "
        "ScaledDotProductAttention gives zeros.",
        "The weights that come out are the mean over the heads, after dropout.",
        "Parameters: 4 E^2 + 4 E with biases, whatever the number of heads.",
        "The scale is one over the root of a head's width E / H.",
    ),
    source="Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.",
    rule=MultiheadAttentionRule.of,
    worked=worked_forward(
        multihead_attention,
        MultiheadAttentionRule.of,
        settings={"embed_dim": 2, "num_heads": 2},
        inputs={"query": [[1.0, -1.0]], "key": [[1.0, 0.0], [0.0, 1.0]], "value": [[1.0, 0.0], [0.0, 1.0]]},
        parameters={
            "in_proj_weight": [[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 2.0], [1.0, 3.0], [2.0, 4.0]],
            "in_proj_bias": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            "out_proj.weight": [[0.5, -1.0], [1.0, 1.0]],
            "out_proj.bias": [0.1, 0.0],
        },
        at=(0, 0),
    ),
)

"""Scaled dot-product attention: a query takes values in the measure in which their keys resemble it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.arithmetic import leaf
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Tensors
from glasshouse.core.worked import worked_forward
from glasshouse.layers.attention_rule import Attention, Place, Slope, check_shapes


class ScaledDotProductAttention(nn.Module):
    r"""Attention by PyTorch's fused kernel.

    .. math::
        y = \mathrm{softmax}\!\left(\frac{q k^\top}{\sqrt{E}} + \mathrm{mask}\right) v

    Shapes: q (..., T, E), k (..., S, E), v (..., S, V), mask broadcastable to (..., T, S), y (..., T, V). The
    leading axes (batch, heads) are the same for q, k and v.

    A boolean mask is true where a query may look; numbers are added to the scores (-inf leaves a key out). A
    query that may look at no key gets zeros.

    Args:
        causal: Whether query t sees the keys 0 to t only.
        scale: What the products are multiplied with, above 0; ``None`` means one over the root of E.

    Raises:
        SettingError: ``scale`` is not above 0.
        ModelError: Shapes do not belong together.

    Source:
        Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.

    Example:
        >>> q, k, v = torch.ones(1, 1, 2), torch.ones(1, 3, 2), torch.tensor([[[0.0], [3.0], [6.0]]])
        >>> ScaledDotProductAttention()(q, k, v).tolist()
        [[[3.0]]]
    """

    def __init__(self, causal: bool = False, scale: float | None = None) -> None:
        super().__init__()
        self.causal = causal
        self.scale = None if scale is None else number("scale", scale, above=0)

    def forward(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The weighted values, one for each query."""
        check_shapes({"q": q, "k": k, "v": v} | ({} if mask is None else {"mask": mask}))
        check_width(q, k)
        if mask is not None:
            mask = mask if mask.dtype == torch.bool else mask.to(q.dtype)
            mask = mask.unsqueeze(0) if mask.dim() < 2 else mask  # the kernel wants queries by keys
        if not self.causal or mask is None:
            return F.scaled_dot_product_attention(q, k, v, mask, is_causal=self.causal, scale=self.scale)
        # PyTorch takes a mask or the causal one; both together are one mask.
        behind = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool, device=q.device).tril()
        both = mask & behind if mask.dtype == torch.bool else mask.masked_fill(~behind, -torch.inf)
        return F.scaled_dot_product_attention(q, k, v, both, scale=self.scale)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"causal={self.causal}, scale={self.scale}"


def check_width(q: torch.Tensor, k: torch.Tensor) -> None:
    """Refuse queries and keys of different widths, which have no product.

    Args:
        q: Queries (..., T, E).
        k: Keys (..., S, E).

    Raises:
        ModelError: Their last axes differ.
    """
    if q.shape[-1] != k.shape[-1]:
        raise ModelError(
            f"q of width {q.shape[-1]} and k of width {k.shape[-1]}",
            expected="queries and keys of one width",
            fix="project one of them with a linear layer, or take multiplicative attention with a weight",
        )


@dataclass(frozen=True)
class DotProductRule(Attention):
    """``scores = scale q k'``.

    Args:
        causal: Whether query t sees the keys 0 to t only.
        empty: What a query gets that may look at no key.
        dropout: Probability of a zero among the weights, in training.
        result: What y is called in the arithmetic.
        scale: What the products are multiplied with; ``None`` means one over the root of the width.
    """

    scale: float | None = None

    def scores(self, values: Tensors) -> torch.Tensor:
        """Products of queries and keys, scaled."""
        check_width(values["q"], values["k"])
        return values["q"] @ values["k"].mT * self._scale(values)

    def scores_backward(self, saved: Tensors, ds: torch.Tensor) -> dict[str, torch.Tensor]:
        """``dq = scale ds k``, ``dk = scale ds' q``."""
        scale = self._scale(saved)
        return {"q": ds @ saved["k"] * scale, "k": ds.mT @ saved["q"] * scale}

    def expand_score(self, saved: Tensors, place: Place) -> Expression:
        """The products of query and key, number by number, scaled."""
        *lead, t, s = place
        q, k = saved["q"], saved["k"]
        products = total(
            [leaf("q", q, (*lead, t, j)) * leaf("k", k, (*lead, s, j)) for j in range(q.shape[-1])]
        )
        return self._scaled(saved, products)

    def expand_score_gradient(self, saved: Tensors, ds: Slope, name: str, place: Place) -> Expression:
        """For a query the keys that it met, for a key the queries."""
        *lead, at, j = place
        q, k = saved["q"], saved["k"]
        if name == "q":
            terms = [wrap(ds((*lead, at, s)) * leaf("k", k, (*lead, s, j))) for s in range(k.shape[-2])]
        else:
            terms = [wrap(ds((*lead, t, at)) * leaf("q", q, (*lead, t, j))) for t in range(q.shape[-2])]
        return self._scaled(saved, total(terms))

    def _scale(self, values: Tensors) -> float:
        return 1 / math.sqrt(values["q"].shape[-1]) if self.scale is None else self.scale

    def _scaled(self, saved: Tensors, products: Expression) -> Expression:
        scale = self._scale(saved)
        return products if scale == 1 else wrap(products * scale)


@dataclass(frozen=True)
class ScaledDotProductAttentionRule(DotProductRule):
    """As the fused kernel: the weights are saved, but not among the outputs."""

    outputs: ClassVar[tuple[str, ...]] = ("y",)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a :class:`ScaledDotProductAttention`."""
        return cls(causal=module.causal, scale=module.scale), {}


CONCEPT = Concept(
    name="scaled_dot_product_attention",
    kind="layer",
    summary="Every query takes the values whose keys resemble it, weighted by a softmax of scaled products.",
    build=ScaledDotProductAttention,
    aliases=("attention", "dot_product_attention", "sdpa"),
    equation=r"y = \mathrm{softmax}\!\left(\frac{q k^\top}{\sqrt{E}} + \mathrm{mask}\right) v",
    derivative=(
        r"\frac{\partial L}{\partial v} = w^\top \frac{\partial L}{\partial y},\; "
        r"\bar w = \frac{\partial L}{\partial y} v^\top,\; "
        r"\bar s_{ts} = w_{ts} \left(\bar w_{ts} - \sum_{s'} w_{ts'} \bar w_{ts'}\right),\; "
        r"\frac{\partial L}{\partial q} = \frac{\bar s k}{\sqrt{E}},\; "
        r"\frac{\partial L}{\partial k} = \frac{\bar s^\top q}{\sqrt{E}}"
    ),
    symbols={
        "q": "queries (..., T, E)",
        "k": "keys (..., S, E)",
        "v": "values (..., S, V)",
        "mask": "true where a query may look, or numbers that are added (..., T, S)",
        "w": "weights (..., T, S), from 0 to 1; each query's add up to 1",
        "y": "weighted values (..., T, V)",
    },
    when="Where any element of a sequence may matter to any other: the core of the transformer.",
    pitfalls=(
        "Time and memory of the plain computation grow with T times S.",
        "Without the scale the products grow with E, the softmax saturates and its gradient vanishes.",
        "It knows no order: add a positional encoding.",
        "Weights say where a query looked, which is not yet why the network decided.",
    ),
    conventions=(
        "A boolean mask is true where a query MAY look, as in PyTorch's function of this name; in "
        "torch.nn.MultiheadAttention true means that it may NOT.",
        "A query that may look at no key gets zeros and passes no gradient; a plain softmax gives "
        "not-a-number there, and torch.nn.MultiheadAttention does.",
        "With more or fewer keys than queries, the causal mask starts at the first of both (PyTorch).",
    ),
    source="Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.",
    rule=ScaledDotProductAttentionRule.of,
    worked=worked_forward(
        ScaledDotProductAttention,
        ScaledDotProductAttentionRule.of,
        inputs={
            "q": [[1.0, 2.0, 0.0, -1.0]],
            "k": [[1.0, 1.0, 0.0, 1.0], [0.0, 2.0, 3.0, 0.0]],
            "v": [[10.0], [20.0]],
        },
        at=(0, 0),
    ),
)

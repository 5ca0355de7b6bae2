"""Multiplicative (Luong) attention: a query and a key make a score by a product, with a weight or without."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from glasshouse.core.arithmetic import leaf
from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Tensors, places
from glasshouse.core.worked import worked_forward
from glasshouse.layers.additive_attention import AdditiveRule
from glasshouse.layers.attention_rule import Attention, Place, Slope, check_shapes, masked_softmax
from glasshouse.layers.recurrent_checks import check_input
from glasshouse.layers.scaled_dot_product_attention import DotProductRule

SCORES = ("dot", "general", "concat")


class MultiplicativeAttention(nn.Module):
    r"""Attention of a decoder over the states of an encoder, with one of three scores.

    .. math::
        e_{ts} = \begin{cases} q_t^\top k_s & \text{dot} \\ q_t^\top W k_s & \text{general} \\
        u^\top \tanh(W [q_t; k_s]) & \text{concat} \end{cases}, \quad
        w_t = \mathrm{softmax}(e_t), \quad y_t = \sum_s w_{ts} v_s

    Shapes: q (..., T, Q), k (..., S, K), v (..., S, V), mask broadcastable to (..., T, S); W (Q, K) for
    general, (H, Q + K) for concat, with u (H) and H = Q; y (..., T, V), weights (..., T, S).

    A boolean mask is true where a query may look; a query that may look at no key gets zeros.

    Args:
        query_size: Numbers of a query, Q, at least 1.
        key_size: Numbers of a key, K, at least 1; for dot the same as Q.
        score: ``"dot"``, ``"general"`` or ``"concat"``.

    Raises:
        SettingError: A setting lies outside its range, or dot is asked for between different sizes.
        ModelError: Shapes do not belong together.

    Source:
        Luong, Pham and Manning 2015, Effective approaches to attention-based neural machine translation,
        arXiv 1508.04025.

    Example:
        >>> attention = MultiplicativeAttention(4, 3)
        >>> y, weights = attention(torch.ones(2, 1, 4), torch.ones(2, 5, 3), torch.ones(2, 5, 3))
        >>> y.shape, [round(w, 2) for w in weights[0, 0].tolist()]
        (torch.Size([2, 1, 3]), [0.2, 0.2, 0.2, 0.2, 0.2])
    """

    def __init__(self, query_size: int, key_size: int, score: str = "general") -> None:
        super().__init__()
        self.query_size = whole_number("query_size", query_size, at_least=1)
        self.key_size = whole_number("key_size", key_size, at_least=1)
        self.score = one_of("score", score, SCORES)
        if score == "dot" and query_size != key_size:
            raise SettingError(
                f"score = 'dot' with query_size = {query_size} and key_size = {key_size}",
                expected="queries and keys of one size, for there is no weight between them",
                fix="set score = 'general', or make the sizes equal",
            )
        if score == "general":
            self.weight = nn.Parameter(torch.empty(query_size, key_size))
        elif score == "concat":
            self.weight = nn.Parameter(torch.empty(query_size, query_size + key_size))
            self.energy = nn.Parameter(torch.empty(query_size))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform between -1 and 1 over the root of what a unit takes in, as in PyTorch's linear layer."""
        for parameter in self.parameters():
            bound = 1 / math.sqrt(parameter.shape[-1])
            nn.init.uniform_(parameter, -bound, bound)

    def forward(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The weighted values of each query, and the weights."""
        check_shapes({"q": q, "k": k, "v": v} | ({} if mask is None else {"mask": mask}))
        check_input("q", q, self.query_size)
        check_input("k", k, self.key_size)
        if self.score == "dot":
            scores = torch.einsum("...lj,...sj->...ls", q, k)
        elif self.score == "general":
            scores = torch.einsum("...li,ij,...sj->...ls", q, self.weight, k)
        else:
            shape = (*q.shape[:-1], k.shape[-2], -1)
            both = torch.cat([q.unsqueeze(-2).expand(shape), k.unsqueeze(-3).expand(shape)], -1)
            scores = torch.tanh(both @ self.weight.mT) @ self.energy
        weights = masked_softmax(scores, mask)
        return weights @ v, weights

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"{self.query_size}, {self.key_size}, score={self.score!r}"


@dataclass(frozen=True)
class GeneralRule(Attention):
    """``scores = q W k'``."""

    parameters: ClassVar[tuple[str, ...]] = ("weight",)

    def scores(self, values: Tensors) -> torch.Tensor:
        """The products of queries with the weighted keys."""
        return values["q"] @ values["weight"] @ values["k"].mT

    def scores_backward(self, saved: Tensors, ds: torch.Tensor) -> dict[str, torch.Tensor]:
        """``dq = ds k W'``, ``dk = ds' q W``, ``dW = sum of q' ds k``."""
        q, k, weight = saved["q"], saved["k"], saved["weight"]
        each = (q.mT @ ds @ k).reshape(-1, *weight.shape)
        return {"q": ds @ k @ weight.mT, "k": ds.mT @ q @ weight, "weight": each.sum(0)}

    def expand_score(self, saved: Tensors, place: Place) -> Expression:
        """All products of a number of the query, a weight and a number of the key."""
        *lead, t, s = place
        q, k, weight = saved["q"], saved["k"], saved["weight"]
        return total(
            [
                leaf("q", q, (*lead, t, i)) * leaf("weight", weight, (i, j)) * leaf("k", k, (*lead, s, j))
                for i, j in places(weight.shape)
            ]
        )

    def expand_score_gradient(self, saved: Tensors, ds: Slope, name: str, place: Place) -> Expression:
        """For a query the keys that it met, for a key the queries, for a weight all pairs."""
        q, k, weight = saved["q"], saved["k"], saved["weight"]
        if name == "weight":
            i, j = place
            return total(
                [
                    wrap(ds((*lead, t, s)) * leaf("q", q, (*lead, t, i)) * leaf("k", k, (*lead, s, j)))
                    for *lead, t, s in self.pairs(saved)
                ]
            )
        *lead, at, own = place
        if name == "q":
            met = [
                ds((*lead, at, s)) * leaf("weight", weight, (own, j)) * leaf("k", k, (*lead, s, j))
                for s, j in places(k.shape[-2:])
            ]
        else:
            met = [
                ds((*lead, t, at)) * leaf("q", q, (*lead, t, i)) * leaf("weight", weight, (i, own))
                for t, i in places(q.shape[-2:])
            ]
        return total(met)


@dataclass(frozen=True)
class ConcatRule(AdditiveRule):
    """``scores = u' tanh(W [q; k])``: additive attention whose two weights stand side by side in one."""

    parameters: ClassVar[tuple[str, ...]] = ("weight", "energy")

    def weights_of(self, values: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
        """The columns of the query and those of the key."""
        weight, wide = values["weight"], values["q"].shape[-1]
        return weight[:, :wide], weight[:, wide:]

    def weight_leaf(self, values: Tensors, side: str, unit: int, j: int) -> Expression:
        """One weight, by its place in W."""
        column = j if side == "q" else values["q"].shape[-1] + j
        return leaf("weight", values["weight"], (unit, column))

    def weight_gradients(self, of_query: torch.Tensor, of_key: torch.Tensor) -> dict[str, torch.Tensor]:
        """Side by side again."""
        return {"weight": torch.cat([of_query, of_key], -1)}

    def weight_side(self, values: Tensors, name: str, index: Sequence[int]) -> tuple[str, int]:
        """By the column."""
        wide = values["q"].shape[-1]
        return ("q", index[1]) if index[1] < wide else ("k", index[1] - wide)


def multiplicative_rule(module: Any) -> tuple[Attention, dict[str, torch.Tensor]]:
    """The rule of the module's score.

    Args:
        module: A :class:`MultiplicativeAttention`.

    Example:
        >>> multiplicative_rule(MultiplicativeAttention(2, 2, "dot"))[0].scale
        1.0
    """
    rules: dict[str, Attention] = {
        "dot": DotProductRule(scale=1.0),
        "general": GeneralRule(),
        "concat": ConcatRule(),
    }
    return rules[module.score], dict(module.named_parameters())


CONCEPT = Concept(
    name="multiplicative_attention",
    kind="layer",
    summary="Scores every query with every key by a product, then takes a weighted sum of the values.",
    build=MultiplicativeAttention,
    aliases=("luong_attention", "general_attention"),
    equation=(
        r"e_{ts} = q_t^\top k_s \;|\; q_t^\top W k_s \;|\; u^\top \tanh(W [q_t; k_s]),\; "
        r"w_t = \mathrm{softmax}(e_t),\; y_t = \sum_s w_{ts} v_s"
    ),
    derivative=(
        r"\bar e_{ts} = w_{ts} \left(\bar w_{ts} - \sum_{s'} w_{ts'} \bar w_{ts'}\right),\; "
        r"\frac{\partial L}{\partial q_t} = \sum_s \bar e_{ts} W k_s,\; "
        r"\frac{\partial L}{\partial k_s} = \sum_t \bar e_{ts} W^\top q_t,\; "
        r"\frac{\partial L}{\partial W} = \sum_{ts} \bar e_{ts} q_t k_s^\top"
    ),
    symbols={
        "q": "queries (..., T, Q): states of the decoder",
        "k": "keys (..., S, K): states of the encoder",
        "v": "values (..., S, V), as a rule the keys themselves",
        "W": "weights (Q, K) for general, (H, Q + K) for concat; none for dot",
        "u": "energy (H), for concat",
        "e": "scores (..., T, S)",
        "w": "weights (..., T, S); each query's add up to 1",
        "y": "contexts (..., T, V)",
    },
    when="In sequence-to-sequence networks, as the cheaper sister of additive attention.",
    pitfalls=(
        "Products grow with the width and can saturate the softmax: scaled dot-product attention divides by "
        "its root.",
        "dot needs queries and keys of one size.",
        "Padded keys must be masked, or they take part of every weight.",
    ),
    conventions=(
        "Luong's query is the decoder's state after the step; Bahdanau's is the one before it.",
        "concat has as many hidden units as the query has numbers.",
        "No scale, as in the paper.",
        "A boolean mask is true where a query may look; a query that may look at no key gets zeros.",
    ),
    source="Luong, Pham and Manning 2015, arXiv 1508.04025.",
    rule=multiplicative_rule,
    worked=worked_forward(
        MultiplicativeAttention,
        multiplicative_rule,
        settings={"query_size": 2, "key_size": 1},
        inputs={"q": [[1.0, -0.5]], "k": [[1.0], [-1.0]], "v": [[4.0], [8.0]]},
        parameters={"weight": [[0.5], [0.2]]},
        at=(0, 0),
    ),
)

"""Additive (Bahdanau) attention: a small network with one hidden layer scores every query with every key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import leaf, named, tanh
from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Tensors
from glasshouse.core.worked import worked_forward
from glasshouse.layers.attention_rule import Attention, Place, Slope, check_shapes, masked_softmax
from glasshouse.layers.recurrent_checks import check_input


class AdditiveAttention(nn.Module):
    r"""Attention of a decoder over the states of an encoder.

    .. math::
        e_{ts} = u^\top \tanh(W_q q_t + W_k k_s), \quad w_t = \mathrm{softmax}(e_t), \quad y_t = \sum_s
        w_{ts} v_s

    Shapes: q (..., T, Q), k (..., S, K), v (..., S, V), mask broadcastable to (..., T, S); query_weight (H,
        Q),
    key_weight (H, K), energy u (H); y (..., T, V), weights (..., T, S). In a sequence-to-sequence network k
    and v are both the states of the encoder, and q is the decoder's state.

    A boolean mask is true where a query may look; a query that may look at no key gets zeros.

    Args:
        query_size: Numbers of a query, Q, at least 1.
        key_size: Numbers of a key, K, at least 1.
        hidden_size: Hidden units, H, at least 1.

    Raises:
        SettingError: A size is not a whole number from 1.
        ModelError: Shapes do not belong together.

    Source:
        Bahdanau, Cho and Bengio 2015, Neural machine translation by jointly learning to align and translate,
        arXiv 1409.0473.

    Example:
        >>> q, states = torch.ones(2, 1, 4), torch.ones(2, 5, 3)
        >>> y, weights = AdditiveAttention(4, 3, 8)(q, states, states)
        >>> y.shape, weights.shape
        (torch.Size([2, 1, 3]), torch.Size([2, 1, 5]))
    """

    def __init__(self, query_size: int, key_size: int, hidden_size: int) -> None:
        super().__init__()
        for name, size in (("query_size", query_size), ("key_size", key_size), ("hidden_size", hidden_size)):
            whole_number(name, size, at_least=1)
        self.query_weight = nn.Parameter(torch.empty(hidden_size, query_size))
        self.key_weight = nn.Parameter(torch.empty(hidden_size, key_size))
        self.energy = nn.Parameter(torch.empty(hidden_size))
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
        check_input("q", q, self.query_weight.shape[1])
        check_input("k", k, self.key_weight.shape[1])
        of_query, of_key = q @ self.query_weight.mT, k @ self.key_weight.mT
        hidden = torch.tanh(of_query.unsqueeze(-2) + of_key.unsqueeze(-3))
        weights = masked_softmax(hidden @ self.energy, mask)
        return weights @ v, weights

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        hidden, query = self.query_weight.shape
        return f"{query}, {self.key_weight.shape[1]}, hidden_size={hidden}"


@dataclass(frozen=True)
class AdditiveRule(Attention):
    """``scores = u' tanh(W_q q + W_k k)``; ``hidden`` (..., T, S, H) is a named step."""

    parameters: ClassVar[tuple[str, ...]] = ("query_weight", "key_weight", "energy")

    def weights_of(self, values: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
        """The weights of queries (H, Q) and of keys (H, K)."""
        return values["query_weight"], values["key_weight"]

    def weight_leaf(self, values: Tensors, side: str, unit: int, j: int) -> Expression:
        """One of these weights; ``side`` is ``"q"`` or ``"k"``."""
        name = "query_weight" if side == "q" else "key_weight"
        return leaf(name, values[name], (unit, j))

    def weight_gradients(self, of_query: torch.Tensor, of_key: torch.Tensor) -> dict[str, torch.Tensor]:
        """Both gradients under the parameters' names."""
        return {"query_weight": of_query, "key_weight": of_key}

    def weight_side(self, values: Tensors, name: str, index: Sequence[int]) -> tuple[str, int]:
        """To which side a weight belongs, and which number of query or key it meets."""
        return ("q" if name == "query_weight" else "k"), index[1]

    def scores(self, values: Tensors) -> torch.Tensor:
        """Hidden units, then their weighted sum."""
        return self._hidden(values) @ values["energy"]

    def scores_backward(self, saved: Tensors, ds: torch.Tensor) -> dict[str, torch.Tensor]:
        """``da = ds u (1 - hidden^2)``; a query meets all keys, a key all queries."""
        hidden, energy = self._hidden(saved), saved["energy"]
        query_weight, key_weight = self.weights_of(saved)
        da = ds.unsqueeze(-1) * energy * (1 - hidden**2)
        of_query, of_key = da.sum(-2), da.sum(-3)
        return {
            "q": of_query @ query_weight,
            "k": of_key @ key_weight,
            "energy": (ds.unsqueeze(-1) * hidden).reshape(-1, energy.shape[0]).sum(0),
            **self.weight_gradients(
                of_query.flatten(0, -2).mT @ saved["q"].flatten(0, -2),
                of_key.flatten(0, -2).mT @ saved["k"].flatten(0, -2),
            ),
        }

    def expand_score(self, saved: Tensors, place: Place) -> Expression:
        """Every hidden unit as a named step, then their weighted sum."""
        energy = saved["energy"]
        return total(
            [
                wrap(leaf("energy", energy, (unit,)) * self._unit(saved, place, unit))
                for unit in range(energy.shape[0])
            ]
        )

    def expand_score_gradient(self, saved: Tensors, ds: Slope, name: str, place: Place) -> Expression:
        """Over all pairs of query and key that met it, through the hidden units."""
        if name == "energy":
            return total([wrap(ds(pair) * self._unit(saved, pair, place[0])) for pair in self.pairs(saved)])
        hidden_size = saved["energy"].shape[0]
        if name in ("q", "k"):
            *lead, at, j = place
            others = range(saved["k" if name == "q" else "q"].shape[-2])
            met = [(*lead, at, other) if name == "q" else (*lead, other, at) for other in others]
            return total(
                [
                    wrap(self._slope(saved, ds, pair, unit) * self.weight_leaf(saved, name, unit, j))
                    for pair in met
                    for unit in range(hidden_size)
                ]
            )
        side, j = self.weight_side(saved, name, place)
        terms = []
        for pair in self.pairs(saved):
            *lead, t, s = pair
            number = leaf(side, saved[side], (*lead, t if side == "q" else s, j))
            terms.append(wrap(self._slope(saved, ds, pair, place[0]) * number))
        return total(terms)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From an :class:`AdditiveAttention`."""
        return cls(), dict(module.named_parameters())

    def _hidden(self, values: Tensors) -> torch.Tensor:
        query_weight, key_weight = self.weights_of(values)
        of_query, of_key = values["q"] @ query_weight.mT, values["k"] @ key_weight.mT
        return torch.tanh(of_query.unsqueeze(-2) + of_key.unsqueeze(-3))

    def _unit(self, saved: Tensors, place: Place, unit: int) -> Expression:
        """One hidden unit of one pair."""
        *lead, t, s = place
        terms: list[Expression] = []
        for side, at in (("q", t), ("k", s)):
            terms += [
                self.weight_leaf(saved, side, unit, j) * leaf(side, saved[side], (*lead, at, j))
                for j in range(saved[side].shape[-1])
            ]
        return wrap(named("hidden", tanh(total(terms)), (*place, unit)))

    def _slope(self, saved: Tensors, ds: Slope, pair: Place, unit: int) -> Expression:
        hidden = self._unit(saved, pair, unit)
        slope = ds(pair) * leaf("energy", saved["energy"], (unit,)) * (1 - hidden**2)
        return wrap(named("da", slope, (*pair, unit)))


CONCEPT = Concept(
    name="additive_attention",
    kind="layer",
    summary="Scores every query with every key by a small network, then takes a weighted sum of the values.",
    build=AdditiveAttention,
    aliases=("bahdanau_attention",),
    equation=(
        r"e_{ts} = u^\top \tanh(W_q q_t + W_k k_s),\; w_t = \mathrm{softmax}(e_t),\; y_t = \sum_s w_{ts} v_s"
    ),
    derivative=(
        r"\bar e_{ts} = w_{ts} \left(\bar w_{ts} - \sum_{s'} w_{ts'} \bar w_{ts'}\right),\; "
        r"\bar a_{ts} = \bar e_{ts}\, u \odot (1 - \tanh^2(\cdot)),\; "
        r"\frac{\partial L}{\partial q_t} = W_q^\top \sum_s \bar a_{ts},\; "
        r"\frac{\partial L}{\partial k_s} = W_k^\top \sum_t \bar a_{ts}"
    ),
    symbols={
        "q": "queries (..., T, Q): states of the decoder",
        "k": "keys (..., S, K): states of the encoder",
        "v": "values (..., S, V), as a rule the keys themselves",
        "W_q, W_k": "weights (H, Q) and (H, K)",
        "u": "weights of the hidden units, energy (H)",
        "e": "scores (..., T, S)",
        "w": "weights (..., T, S); each query's add up to 1",
        "y": "contexts (..., T, V)",
    },
    when="In sequence-to-sequence networks, where queries and keys have different widths.",
    pitfalls=(
        "It holds H numbers for each pair of query and key: for long sequences dot products are far cheaper.",
        "Padded keys must be masked, or they take part of every weight.",
    ),
    conventions=(
        "Bahdanau's query is the decoder's state before the step; Luong's is the one after it.",
        "No bias, as in the paper.",
        "A boolean mask is true where a query may look; a query that may look at no key gets zeros.",
    ),
    source="Bahdanau, Cho and Bengio 2015, arXiv 1409.0473.",
    rule=AdditiveRule.of,
    worked=worked_forward(
        AdditiveAttention,
        AdditiveRule.of,
        settings={"query_size": 1, "key_size": 1, "hidden_size": 2},
        inputs={"q": [[0.5]], "k": [[1.0], [-1.0]], "v": [[1.0], [-1.0]]},
        parameters={"query_weight": [[1.0], [0.5]], "key_weight": [[0.8], [-0.4]], "energy": [1.5, -1.0]},
        at=(0, 0),
    ),
)

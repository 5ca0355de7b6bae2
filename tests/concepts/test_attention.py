import math
from dataclasses import replace

import pytest
import torch

from glasshouse.layers import LAYERS
from glasshouse.testing import Case, check_rule


@pytest.fixture
def three(numbers):
    """Makes queries (..., L, E), keys (..., S, E') and values (..., S, V)."""

    def make(*lead, L=2, S=3, E=2, K=2, V=2):
        return {"q": numbers(*lead, L, E), "k": numbers(*lead, S, K), "v": numbers(*lead, S, V)}

    return make


SEEN = torch.tensor([[True, False, True], [True, True, False]])
NOTHING_SEEN = torch.tensor([[True, True, False], [False, False, False]])
ADDED = torch.tensor([[0.5, -math.inf, 0.0], [-1.0, 2.0, -math.inf]], dtype=torch.float64)


def test_scaled_dot_product_attention_is_right_everywhere(three):
    check_rule(
        LAYERS["scaled_dot_product_attention"],
        [
            Case(three(2)),
            Case(three(1, L=1, S=1), {"scale": 0.7}),
            Case(three(2, 2, S=2, V=3), {"causal": True}),
            Case(three(L=3, S=2), {"causal": True}),
            Case({**three(2), "mask": SEEN}),
            Case({**three(2), "mask": NOTHING_SEEN}),
            Case({**three(2), "mask": ADDED}),
            Case({**three(2), "mask": SEEN}, {"causal": True}),
            Case({**three(2), "mask": ADDED}, {"causal": True}),
            Case({**three(2, 2), "mask": torch.tensor([True, False, True])}),
            Case(three(0)),
        ],
    )


def test_additive_attention_is_right_everywhere(three):
    settings = {"query_size": 2, "key_size": 3, "hidden_size": 2}
    check_rule(
        LAYERS["additive_attention"],
        [
            Case(three(2, K=3), settings),
            Case({**three(K=3), "mask": SEEN}, settings),
            Case({**three(1, K=3), "mask": NOTHING_SEEN}, settings),
            Case({**three(1, K=3), "mask": ADDED}, settings),
            Case(three(0, K=3), settings),
        ],
    )


@pytest.mark.parametrize(("score", "K"), [("dot", 2), ("general", 3), ("concat", 3)])
def test_multiplicative_attention_is_right_everywhere(score, K, three):
    settings = {"query_size": 2, "key_size": K, "score": score}
    check_rule(
        LAYERS["multiplicative_attention"],
        [
            Case(three(2, K=K), settings),
            Case({**three(K=K), "mask": SEEN}, settings),
            Case({**three(1, K=K), "mask": NOTHING_SEEN}, settings),
            Case({**three(1, K=K), "mask": ADDED}, settings),
            Case(three(0, K=K), settings),
        ],
    )


def test_positional_encoding_is_right_everywhere(numbers):
    check_rule(
        LAYERS["positional_encoding"],
        [
            Case({"x": numbers(2, 3, 4)}, {"num_features": 4}),
            Case({"x": numbers(3, 5)}, {"num_features": 5, "base": 100.0}),
            Case({"x": numbers(3, 2, 4)}, {"num_features": 4, "batch_first": False}),
            Case({"x": numbers(1, 1, 1)}, {"num_features": 1}),
            Case({"x": numbers(0, 3, 2)}, {"num_features": 2}),
        ],
    )


def per_head(concept):
    """The same concept, read so that the weights of each head come out."""

    def rule_of(module):
        rule, parameters = concept.rule(module)
        return replace(rule, average=False), parameters

    return replace(concept, rule=rule_of)


@pytest.fixture
def sequences(numbers):
    """Makes queries (T, N, E), keys and values (S, N, ...)."""

    def make(*lead, T=2, S=3, E=4, K=4, V=4, batch_first=False):
        def shape(steps, wide):
            return (*lead, steps, wide) if batch_first or not lead else (steps, *lead, wide)

        return {"query": numbers(*shape(T, E)), "key": numbers(*shape(S, K)), "value": numbers(*shape(S, V))}

    return make


HEADS = {"embed_dim": 4, "num_heads": 2}
PADDED = torch.tensor([[False, True, False], [False, False, True]])


@pytest.mark.parametrize("averaged", [True, False], ids=["mean over heads", "each head"])
def test_multihead_attention_is_right_everywhere(averaged, sequences, numbers):
    concept = LAYERS["multihead_attention"]
    first = {**HEADS, "batch_first": True}
    check_rule(
        concept if averaged else per_head(concept),
        [
            Case(sequences(2), HEADS),
            Case(sequences(), {**HEADS, "bias": False}),
            Case({**sequences(2, batch_first=True), "key_padding_mask": PADDED}, first),
            Case({**sequences(1), "attn_mask": ~SEEN}, {"embed_dim": 4, "num_heads": 1}),
            Case({**sequences(2), "attn_mask": numbers(4, 2, 3), "key_padding_mask": numbers(2, 3)}, HEADS),
            Case(sequences(1, K=3, V=1), {**HEADS, "kdim": 3, "vdim": 1}),
            Case(sequences(0), HEADS),
        ],
    )

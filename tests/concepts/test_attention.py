import math

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

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, PositionalEncoding, ScaledDotProductAttention
from glasshouse.layers.parameter_counts import multihead_attention_parameters
from glasshouse.testing import Case, check_backward, check_card, check_forward, check_rule, close


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


def test_wide_attention_stays_within_the_bounds_of_both_types(sequences):
    case = Case(sequences(4, T=20, S=30, E=64, K=64, V=64), {"embed_dim": 64, "num_heads": 8})
    for dtype in (torch.float64, torch.float32):
        check_forward(LAYERS["multihead_attention"], case, dtype)
        check_backward(LAYERS["multihead_attention"], case, dtype)


def test_multihead_attention_drops_the_weights_that_pytorch_drops(sequences):
    concept, settings = LAYERS["multihead_attention"], {**HEADS, "dropout": 0.5}
    inputs = sequences(2)
    rule, _ = concept.rule(concept.build(**settings))
    mask = rule.drawn_mask(inputs["query"], inputs["key"])
    assert mask.shape == (2, 2, 2, 3)
    assert 0 < mask.mean() < 1
    check_rule(concept, [Case({**inputs, "dropout_mask": mask}, settings)])
    check_forward(concept, Case(inputs, settings, training=False))
    module = concept.build(**settings).double()
    rule, own = concept.rule(module)
    with pytest.raises(ModelError, match=r"rule\.drawn_mask"):
        rule.forward({**inputs, **own})


ATTENTIONS = [
    "scaled_dot_product_attention",
    "multihead_attention",
    "additive_attention",
    "multiplicative_attention",
    "positional_encoding",
]


@pytest.mark.parametrize("name", ATTENTIONS)
def test_cards(name):
    check_card(LAYERS[name])


def textbook(score, q, k, v, seen):
    """Attention number by number: scores, exponentials over their sum, weighted sum."""
    rows = []
    for t, query in enumerate(q):
        keys = [s for s in range(len(k)) if seen[t][s]]
        powers = {s: math.exp(score(query, k[s])) for s in keys}
        weights = {s: power / sum(powers.values()) for s, power in powers.items()}
        rows.append([sum(weights[s] * v[s][e] for s in keys) for e in range(len(v[0]))])
    return torch.tensor(rows, dtype=torch.float64)


def product(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def additive_score(query_weight, key_weight, energy):
    def score(query, key):
        hidden = [
            math.tanh(product(wq, query) + product(wk, key))
            for wq, wk in zip(query_weight, key_weight, strict=True)
        ]
        return product(energy, hidden)

    return score


def score_of(name, module):
    """The score as in the paper, on lists of numbers."""
    weight = {key: each.tolist() for key, each in module.named_parameters()}
    if name == "scaled":
        return lambda query, key: product(query, key) / math.sqrt(len(query))
    if name == "dot":
        return product
    if name == "general":
        return lambda query, key: product(query, [product(row, key) for row in weight["weight"]])
    if name == "concat":
        return lambda query, key: product(
            weight["energy"], [math.tanh(product(row, query + key)) for row in weight["weight"]]
        )
    return additive_score(weight["query_weight"], weight["key_weight"], weight["energy"])


@pytest.mark.parametrize("name", ["scaled", "additive", "dot", "general", "concat"])
def test_attention_follows_the_textbook(name, three):
    if name == "scaled":
        concept, settings = LAYERS["scaled_dot_product_attention"], {}
    elif name == "additive":
        concept = LAYERS["additive_attention"]
        settings = {"query_size": 2, "key_size": 2, "hidden_size": 3}
    else:
        concept = LAYERS["multiplicative_attention"]
        settings = {"query_size": 2, "key_size": 2, "score": name}
    module, inputs = concept.build(**settings).double(), three()
    q, k, v = (each.tolist() for each in inputs.values())
    expected = textbook(score_of(name, module), q, k, v, SEEN.tolist())
    rule, own = concept.rule(module)
    values = {**inputs, "mask": SEEN, **{n: p.detach() for n, p in own.items()}}
    close("rule", rule.forward(values).outputs["y"], expected)
    with torch.no_grad():
        close("module", rule.call(module, {**inputs, "mask": SEEN})["y"], expected)


def test_weights_add_up_to_one_and_the_arithmetic_names_scores_and_weights(three):
    module, inputs = ScaledDotProductAttention().double(), three()
    rule, _ = LAYERS["scaled_dot_product_attention"].rule(module)
    saved = rule.forward({**inputs, "mask": SEEN}).saved
    assert saved["weights"].sum(-1).tolist() == pytest.approx([1.0, 1.0])
    expression = rule.expand(saved, "y", (0, 1))
    # Key 1 is masked for query 0 and does not appear.
    assert expression.symbols() == "weights[0,0]·v[0,1] + weights[0,2]·v[2,1]"
    names = [step.name for step in expression.steps()]
    assert names == ["scores[0,0]", "scores[0,2]", "weights[0,0]", "weights[0,2]"]
    assert rule.expand(saved, "weights", (0, 1)).value == 0
    assert rule.expand(saved, "scores", (0, 1)).value == -math.inf


def test_a_query_without_keys_gets_zeros_from_ours_and_not_a_number_from_multihead_attention(
    three, sequences
):
    inputs = {name: each.requires_grad_() for name, each in three().items()}
    y = ScaledDotProductAttention()(*inputs.values(), NOTHING_SEEN)
    assert y[1].tolist() == [0.0, 0.0]
    y.sum().backward()
    assert inputs["q"].grad[1].tolist() == [0.0, 0.0]
    assert all(torch.isfinite(each.grad).all() for each in inputs.values())
    case = Case({**sequences(1), "attn_mask": ~NOTHING_SEEN}, HEADS)
    check_forward(LAYERS["multihead_attention"], case)  # not-a-number in the same places
    tried = case.built(LAYERS["multihead_attention"])
    outputs = tried.rule.forward(tried.values()).outputs
    assert outputs["weights"][0, 1].isnan().all()
    assert not outputs["weights"][0, 0].isnan().any()


def test_scores_beyond_the_range_of_the_exponential_are_read_as_well(three):
    inputs = {**three(), "q": three()["q"] * 1e4}
    rule, _ = LAYERS["scaled_dot_product_attention"].rule(ScaledDotProductAttention())
    outputs, saved = rule.forward(inputs)
    for place in ((0, 0), (1, 1)):
        assert rule.expand(saved, "y", place).value == pytest.approx(float(outputs["y"][place]), abs=1e-9)


def test_the_boolean_masks_of_pytorch_mean_opposite_things(sequences):
    module = LAYERS["multihead_attention"].build(4, 1, batch_first=True).double()
    x = sequences(2, S=2, T=2, batch_first=True)["query"]
    behind = torch.ones(2, 2, dtype=torch.bool).tril()
    with torch.no_grad():
        q, k, v = (
            F.linear(x, weight, bias)
            for weight, bias in zip(module.in_proj_weight.chunk(3), module.in_proj_bias.chunk(3), strict=True)
        )
        ours = module.out_proj(ScaledDotProductAttention()(q, k, v, behind))
        close("y", ours, module(x, x, x, attn_mask=~behind)[0])
        close("causal", module.out_proj(ScaledDotProductAttention(causal=True)(q, k, v)), ours)


def test_multihead_attention_is_followed_back_to_its_inputs(sequences):
    concept = LAYERS["multihead_attention"]
    tried = Case(sequences(2), HEADS).built(concept)
    outputs, saved = tried.rule.forward(tried.values())
    saved_as = {
        "q": "q",
        "k": "k",
        "v": "v",
        "scores": "scores",
        "context": "context",
        "head_weights": "weights",
    }
    for name, key in saved_as.items():
        place = tuple(size - 1 for size in saved[key].shape)
        value = tried.rule.expand(saved, name, place).value
        assert value == pytest.approx(float(saved[key][place]), abs=1e-12), name
    assert "query[1,1,0]" in tried.rule.expand(saved, "q", (1, 0, 1, 1)).symbols()
    # The gradient by a projection, against autograd through the plain formulas.
    gradients = {name: torch.ones_like(each) for name, each in outputs.items()}
    q, k, v = (saved[name].clone().requires_grad_() for name in "qkv")
    weights = (q @ k.mT / math.sqrt(2)).softmax(-1)
    context = (weights @ v).transpose(1, 2).flatten(-2)
    (context @ saved["out_proj.weight"].mT).sum().add(weights.mean(1).sum()).backward()
    for name, tensor in zip("qkv", (q, k, v), strict=True):
        value = tried.rule.expand_gradient(saved, gradients, name, (1, 1, 1, 0)).value
        assert value == pytest.approx(float(tensor.grad[1, 1, 1, 0]), abs=1e-12), name


def test_attention_knows_no_order_until_positions_are_added(numbers):
    x, order = numbers(1, 4, 6), [2, 0, 3, 1]
    attend, encode = ScaledDotProductAttention(), PositionalEncoding(6)
    close("alike", attend(x, x, x)[:, order], attend(*[x[:, order]] * 3))
    placed, turned = encode(x), encode(x[:, order])
    assert (attend(placed, placed, placed)[:, order] - attend(turned, turned, turned)).abs().max() > 0.01


def test_positions_follow_the_formula_and_turn_by_fixed_angles():
    waves = PositionalEncoding(4)(torch.zeros(7, 4, dtype=torch.float64))
    for t in range(7):
        slow = t / 10000 ** (2 / 4)
        expected = [math.sin(t), math.cos(t), math.sin(slow), math.cos(slow)]
        assert waves[t].tolist() == pytest.approx(expected, abs=1e-12)
    for pair, angle in ((0, 3.0), (2, 3.0 / 100)):
        turn = torch.tensor(
            [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]], dtype=torch.float64
        )
        close("three steps on", waves[:4, pair : pair + 2] @ turn.mT, waves[3:, pair : pair + 2])


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("multihead_attention", {"embed_dim": 6, "num_heads": 4}, "heads that divide embed_dim: 1, 2, 3, 6"),
        ("multihead_attention", {"embed_dim": 0, "num_heads": 1}, "embed_dim = 0"),
        ("multihead_attention", {"embed_dim": 4, "num_heads": 2, "dropout": 1}, "dropout = 1"),
        ("multihead_attention", {"embed_dim": 4, "num_heads": 2, "kdim": 0}, "kdim = 0"),
        ("scaled_dot_product_attention", {"scale": 0}, "scale = 0"),
        ("additive_attention", {"query_size": 2, "key_size": 2, "hidden_size": 0}, "hidden_size = 0"),
        (
            "multiplicative_attention",
            {"query_size": 2, "key_size": 3, "score": "dot"},
            "set score = 'general'",
        ),
        ("multiplicative_attention", {"query_size": 2, "key_size": 2, "score": "genral"}, "'general'"),
        ("positional_encoding", {"num_features": 0}, "num_features = 0"),
        ("positional_encoding", {"num_features": 2, "base": 1}, "base = 1"),
    ],
)
def test_refused_settings(name, settings, said):
    with pytest.raises(SettingError, match=said):
        LAYERS[name].build(**settings)


def test_shapes_that_do_not_belong_together_are_refused(three):
    attend, inputs = ScaledDotProductAttention(), three(2)
    with pytest.raises(ModelError, match="one value per key"):
        attend(inputs["q"], inputs["k"], inputs["v"][:, :2])
    with pytest.raises(ModelError, match="same leading axes"):
        attend(inputs["q"][:1], inputs["k"], inputs["v"])
    with pytest.raises(ModelError, match="q of width 1 and k of width 2"):
        attend(inputs["q"][..., :1], inputs["k"], inputs["v"])
    with pytest.raises(ModelError, match=r"write mask\[:, None, :\]"):
        attend(inputs["q"], inputs["k"], inputs["v"], torch.ones(3, 3, dtype=torch.bool))
    additive = LAYERS["additive_attention"].build(3, 2, 4).double()
    with pytest.raises(ModelError, match="q of shape"):
        additive(inputs["q"], inputs["k"], inputs["v"])
    with pytest.raises(ModelError, match="add_zero_attn"):
        LAYERS["multihead_attention"].rule(nn.MultiheadAttention(2, 1, add_zero_attn=True))


@pytest.mark.parametrize("wide", [{}, {"kdim": 3, "vdim": 5}], ids=["one width", "three widths"])
@pytest.mark.parametrize("bias", [True, False])
def test_parameters_are_counted_as_pytorch_has_them(wide, bias):
    module = LAYERS["multihead_attention"].build(8, 2, bias=bias, **wide)
    counted = multihead_attention_parameters(8, bias=bias, **wide)
    assert counted.count == counted.arithmetic.value == sum(each.numel() for each in module.parameters())


def test_every_weight_of_a_head_is_one_step_although_many_numbers_use_it(sequences):
    tried = Case(sequences(1), HEADS).built(LAYERS["multihead_attention"])
    saved = tried.rule.forward(tried.values()).saved
    names = [step.name for step in tried.rule.expand(saved, "y", (0, 0, 3)).steps()]
    assert len(names) == len(set(names)) == 4 + 2 * 3 + 2 * 3  # contexts, scores and weights

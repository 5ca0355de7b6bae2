import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, GRUCell, LSTMCell, ResetBeforeGRUCell, set_forget_bias
from glasshouse.layers.gru_cell_rule import GRUCellRule, ResetBeforeGRUCellRule
from glasshouse.layers.lstm_cell import LSTMCellRule
from glasshouse.layers.parameter_counts import recurrent_parameters
from glasshouse.testing import Case, check_backward, check_card, check_forward, check_rule, close

SIZES = {"input_size": 3, "hidden_size": 2}


def states(numbers, *shape, names=("h",)):
    return {name: numbers(*shape) for name in names}


def cell_cases(numbers, names, **settings):
    settings = {**SIZES, **settings}
    return [
        Case({"x": numbers(4, 3), **states(numbers, 4, 2, names=names)}, settings),
        Case({"x": numbers(1, 3), **states(numbers, 1, 2, names=names)}, {**settings, "bias": False}),
        Case({"x": numbers(2, 3)}, settings),
        Case({"x": numbers(3), **states(numbers, 2, names=names)}, settings),
    ]


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_rnn_cell_is_right_everywhere(nonlinearity, numbers):
    check_rule(LAYERS["rnn_cell"], cell_cases(numbers, ("h",), nonlinearity=nonlinearity))


def test_lstm_cell_is_right_everywhere(numbers):
    cases = cell_cases(numbers, ("h", "c"))
    empty = {"x": numbers(0, 3), **states(numbers, 0, 2, names=("h", "c"))}
    check_rule(
        LAYERS["lstm_cell"],
        [*cases, Case(empty, SIZES), Case({"x": numbers(1, 3), "c": numbers(1, 2)}, SIZES)],
    )


@pytest.mark.parametrize("reset", ["after", "before"])
def test_gru_cell_is_right_everywhere(reset, numbers):
    check_rule(LAYERS["gru_cell"], cell_cases(numbers, ("h",), reset=reset))


def layer_cases(numbers, names, **more):
    """x (T, N, I) = (3, 2, 3), H = 2, over every setting."""
    settings = {**SIZES, **more}
    two = {**settings, "num_layers": 2}
    both = {**settings, "bidirectional": True}
    deep = {**two, "bidirectional": True, "batch_first": True}
    return [
        Case({"x": numbers(3, 2, 3), **states(numbers, 1, 2, 2, names=names)}, settings),
        Case({"x": numbers(3, 2, 3)}, settings),
        Case({"x": numbers(1, 1, 3), **states(numbers, 2, 1, 2, names=names)}, two),
        Case(
            {"x": numbers(2, 3, 3), **states(numbers, 1, 2, 2, names=names)},
            {**settings, "batch_first": True},
        ),
        Case({"x": numbers(3, 3), **states(numbers, 2, 2, names=names)}, both),
        # Finite differences are taken of the smaller cases.
        Case({"x": numbers(2, 2, 3), **states(numbers, 4, 2, 2, names=names)}, deep, smooth=False),
        Case({"x": numbers(3, 0, 3), **states(numbers, 1, 0, 2, names=names)}, settings),
    ]


@pytest.mark.parametrize(
    ("name", "names", "more"),
    [
        ("rnn", ("h",), {}),
        ("rnn", ("h",), {"nonlinearity": "relu"}),
        ("lstm", ("h", "c"), {}),
        ("lstm", ("h", "c"), {"bias": False}),
        ("gru", ("h",), {}),
        ("gru", ("h",), {"bias": False}),
    ],
)
def test_layers_over_time_are_right_everywhere(name, names, more, numbers):
    cases = layer_cases(numbers, names, **more)
    check_rule(LAYERS[name], cases[::3] if more else cases)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_long_sequences_stay_within_the_bounds_of_both_types(name, numbers):
    settings = {"input_size": 8, "hidden_size": 16, "num_layers": 2, "bidirectional": True}
    case = Case({"x": numbers(25, 4, 8), "h": numbers(4, 4, 16)}, settings)
    for dtype in (torch.float64, torch.float32):
        check_forward(LAYERS[name], case, dtype)
        check_backward(LAYERS[name], case, dtype)


def test_a_simple_layer_without_biases_is_read_as_well(numbers):
    bare = replace(LAYERS["rnn"], build=lambda: nn.RNN(3, 2, bias=False, bidirectional=True))
    check_rule(bare, [Case({"x": numbers(2, 2, 3)})])


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_dropout_acts_between_the_layers_with_the_masks_that_pytorch_draws(name, numbers):
    settings = {**SIZES, "num_layers": 3, "dropout": 0.5, "batch_first": True, "bidirectional": True}
    x = numbers(2, 3, 3)
    rule, _ = LAYERS[name].rule(LAYERS[name].build(**settings))
    mask = rule.masks(x, 2)
    assert mask.shape == (2, 2, 3, 4)
    assert 0 < mask.mean() < 1
    check_forward(LAYERS[name], Case({"x": x, "mask": mask}, settings))
    check_backward(LAYERS[name], Case({"x": x, "mask": mask}, settings))
    check_forward(LAYERS[name], Case({"x": x}, settings, training=False))
    two = {**SIZES, "num_layers": 2, "dropout": 0.5}
    rule, _ = LAYERS[name].rule(LAYERS[name].build(**two))
    x = numbers(2, 1, 3)
    check_rule(LAYERS[name], [Case({"x": x, "mask": rule.masks(x, 2)}, two)])


CELLS_AND_LAYERS = ["rnn_cell", "lstm_cell", "gru_cell", "rnn", "lstm", "gru"]


@pytest.mark.parametrize("name", CELLS_AND_LAYERS)
def test_cards(name):
    check_card(LAYERS[name])


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_one_lstm_step_by_hand():
    # x = 1, h = 0.5, c = 0.2, one unit; weights of x, weights of h and biases in the order i, f, g, o
    w, u, b = [0.5, 0.3, 0.8, -0.4], [0.1, -0.2, 0.4, 0.6], [0.0, 1.0, 0.1, 0.2]
    cell = LSTMCell(1, 1).double()
    with torch.no_grad():
        cell.weight_ih.copy_(torch.tensor(w).unsqueeze(1))
        cell.weight_hh.copy_(torch.tensor(u).unsqueeze(1))
        cell.bias_ih.copy_(torch.tensor(b))
        cell.bias_hh.zero_()
    rule, own = LSTMCellRule.of(cell)
    given = {"x": [[1.0]], "h": [[0.5]], "c": [[0.2]]}
    values = {name: torch.tensor(each, dtype=torch.float64) for name, each in given.items()}
    _, saved = rule.forward({**values, **{n: p.detach() for n, p in own.items()}})
    # a = 0.55, 1.2, 1.1 and 0.1
    by_hand = {
        "i": 0.634136,
        "f": 0.768525,
        "g": 0.800499,
        "o": 0.524979,
        "c_next": 0.661330,
        "h_next": 0.304093,
    }
    for name, number in by_hand.items():
        assert float(saved[name]) == pytest.approx(number, abs=1e-6), name
    h_next, c_next = cell(values["x"], (values["h"], values["c"]))
    assert h_next.item() == pytest.approx(by_hand["h_next"], abs=1e-6)
    assert c_next.item() == pytest.approx(by_hand["c_next"], abs=1e-6)
    # The memory is the last step before the output, and each gate a step before it.
    expression = rule.expand(saved, "h_next", (0, 0))
    assert [step.name for step in expression.steps()] == [
        "o[0,0]",
        "f[0,0]",
        "i[0,0]",
        "g[0,0]",
        "c_next[0,0]",
    ]
    assert expression.symbols() == "o[0,0]·tanh(c_next[0,0])"
    assert rule.expand(saved, "c_next", (0, 0)).symbols() == "f[0,0]·c[0,0] + i[0,0]·g[0,0]"
    assert rule.expand(saved, "f", (0, 0)).text() == "1/(1 + e^(−(0.3·1 + 1 + (−0.2)·0.5 + 0)))"


def textbook(name, x, weights, size):
    """One layer over a sequence (T, I), number by number as in the papers."""
    w_ih, w_hh, b_ih, b_hh = (weights[key] for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))

    def from_x(row, step):
        return b_ih[row] + sum(w_ih[row][j] * step[j] for j in range(len(step)))

    def from_h(row, h):
        return b_hh[row] + sum(w_hh[row][j] * h[j] for j in range(size))

    h, c, shown = [0.0] * size, [0.0] * size, []
    for step in x:
        new, memory = [], []
        for k in range(size):
            if name == "rnn":
                new.append(math.tanh(from_x(k, step) + from_h(k, h)))
            elif name == "lstm":
                i, f, g, o = (from_x(k + n * size, step) + from_h(k + n * size, h) for n in range(4))
                memory.append(sigmoid(f) * c[k] + sigmoid(i) * math.tanh(g))
                new.append(sigmoid(o) * math.tanh(memory[-1]))
            else:
                gates = [
                    [from_x(u + n * size, step) + from_h(u + n * size, h) for u in range(size)]
                    for n in (0, 1)
                ]
                r, z = ([sigmoid(a) for a in each] for each in gates)
                row = 2 * size + k
                if name == "gru":
                    n = math.tanh(from_x(row, step) + r[k] * from_h(row, h))
                else:
                    n = math.tanh(from_x(row, step) + from_h(row, [r[u] * h[u] for u in range(size)]))
                new.append((1 - z[k]) * n + z[k] * h[k])
        h, c = new, memory or c
        shown.append(h)
    return torch.tensor(shown, dtype=torch.float64)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_layers_over_time_follow_the_textbook(name, numbers):
    layer, x = LAYERS[name].build(**SIZES).double(), numbers(4, 3)
    weights = {key.removesuffix("_l0"): each.tolist() for key, each in layer.named_parameters()}
    expected = textbook(name, x.tolist(), weights, 2)
    close("module", layer(x)[0].detach(), expected)
    rule, own = LAYERS[name].rule(layer)
    close("rule", rule.forward({"x": x, **{n: p.detach() for n, p in own.items()}}).outputs["y"], expected)


def test_the_two_gru_cells_are_different_functions(numbers):
    before, after = GRUCell(3, 2, reset="before").double(), GRUCell(3, 2).double()
    before.load_state_dict(after.state_dict())
    x, h = numbers(5, 3), torch.zeros(2, dtype=torch.float64)
    for step in x:
        h = before(step, h)
    weights = {key: each.tolist() for key, each in before.named_parameters()}
    close("reset before", h.detach(), textbook("gru, reset before", x.tolist(), weights, 2)[-1])
    assert (before(x[0], h) - after(x[0], h)).abs().max() > 1e-3
    assert isinstance(GRUCellRule.of(before)[0], ResetBeforeGRUCellRule)
    assert not isinstance(GRUCellRule.of(after)[0], ResetBeforeGRUCellRule)


def test_the_first_step_of_both_gru_cells_differs_only_by_the_candidates_bias(numbers):
    # From a zero state the product is zero: without biases, where the reset acts does not matter.
    before, after = GRUCell(3, 2, False, reset="before").double(), GRUCell(3, 2, False).double()
    before.load_state_dict(after.state_dict())
    x = numbers(4, 3)
    close("first step", before(x).detach(), after(x).detach())


def test_a_forget_bias_is_set_once_although_there_are_two(numbers):
    cell = LSTMCell(3, 2, forget_bias=1.0).double()
    with torch.no_grad():
        cell.weight_ih.zero_()
        cell.weight_hh.zero_()
    rule, own = LSTMCellRule.of(cell)
    saved = rule.forward({"x": numbers(1, 3), **{n: p.detach() for n, p in own.items()}}).saved
    assert saved["f"].flatten().tolist() == pytest.approx([0.731059] * 2, abs=1e-6)
    # What the docstring says is left of a memory after ten steps.
    assert pytest.approx(0.0436, abs=1e-4) == 0.731059**10
    assert pytest.approx(0.001, abs=1e-4) == 0.5**10
    layer = set_forget_bias(nn.LSTM(3, 2, 2, bidirectional=True), 1.5)
    for ending in ("l0", "l0_reverse", "l1", "l1_reverse"):
        both = getattr(layer, f"bias_ih_{ending}") + getattr(layer, f"bias_hh_{ending}")
        assert both[2:4].tolist() == [1.5, 1.5]
        assert not set(both[[0, 1, 4, 5, 6, 7]].tolist()) & {1.5}


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_every_step_of_backpropagation_through_time_is_a_named_part_of_the_sum(name, numbers):
    layer, x, dy = LAYERS[name].build(**SIZES).double(), numbers(3, 2, 3), numbers(3, 2, 2)
    rule, own = LAYERS[name].rule(layer)
    values = {"x": x, **{n: p.detach() for n, p in own.items()}}
    outputs, saved = rule.forward(values)
    zeros = {key: torch.zeros_like(each) for key, each in outputs.items() if key != "y"}
    expression = rule.expand_gradient(saved, {"y": dy, **zeros}, "weight_hh_l0", (1, 0))
    steps = {step.name: step.value for step in expression.steps() if step.name.startswith("step")}
    # The outside witness: a cell with weights of its own at every step.
    cell = LAYERS[f"{name}_cell"].build(**SIZES).double()
    copies = [{n: p.detach().clone().requires_grad_() for n, p in own.items()} for _ in range(3)]
    state, shown = None, []
    for t, copy in enumerate(copies):
        renamed = {key.removesuffix("_l0"): each for key, each in copy.items()}
        state = torch.func.functional_call(cell, renamed, (x[t], state))
        shown.append(state[0] if name == "lstm" else state)
    (torch.stack(shown) * dy).sum().backward()
    expected = {f"step[{t}]": float(copy["weight_hh_l0"].grad[1, 0]) for t, copy in enumerate(copies)}
    assert steps == pytest.approx(expected, abs=1e-12)
    assert expression.value == pytest.approx(sum(expected.values()), abs=1e-12)


def test_truncated_backpropagation_is_the_same_rule_on_pieces(numbers):
    layer, x, dy = LAYERS["gru"].build(**SIZES).double(), numbers(4, 2, 3), numbers(4, 2, 2)
    rule, own = LAYERS["gru"].rule(layer)
    parameters = {n: p.detach() for n, p in own.items()}
    state, mine = torch.zeros(1, 2, 2, dtype=torch.float64), torch.zeros_like(layer.weight_hh_l0)
    whole = rule.forward({"x": x, **parameters}).outputs["y"]
    for piece in (slice(0, 2), slice(2, 4)):
        outputs, saved = rule.forward({"x": x[piece], "h": state, **parameters})
        close("states go on", outputs["y"], whole[piece])
        back = rule.backward(saved, {"y": dy[piece], "h_n": torch.zeros_like(state)})
        mine, state = mine + back["weight_hh_l0"], outputs["h_n"]
    y, state = layer(x[:2])
    (y * dy[:2]).sum().backward()
    (layer(x[2:], state.detach())[0] * dy[2:]).sum().backward()
    close("weight_hh", mine, layer.weight_hh_l0.grad)


def test_saved_gates_of_every_layer_and_step_can_be_asked_for(numbers):
    layer, x = nn.LSTM(3, 2, 2, bidirectional=True, batch_first=True).double(), numbers(2, 3, 3)
    rule, own = LAYERS["lstm"].rule(layer)
    saved = rule.forward({"x": x, **{n: p.detach() for n, p in own.items()}}).saved
    for name in ("i_l0", "f_l0_reverse", "c_next_l1", "h_next_l1_reverse"):
        for place in ((0, 0, 0), (1, 2, 1)):
            assert rule.expand(saved, name, place).value == pytest.approx(
                float(saved[name][place]), abs=1e-12
            )
    # h_l0[n,t] is the state before step t: on the way back the one after step t + 1.
    close("ahead", saved["h_l0"][:, 1], saved["h_next_l0"][:, 0])
    close("back", saved["h_l0_reverse"][:, 1], saved["h_next_l0_reverse"][:, 2])
    assert "y_l0[0,2,3]" in rule.expand(saved, "i_l1", (0, 2, 0)).symbols()
    with pytest.raises(KeyError, match="gate"):
        rule.expand(saved, "gate", (0,))


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        *((name, {"input_size": 3, "hidden_size": 0}, "hidden_size = 0") for name in CELLS_AND_LAYERS),
        ("lstm", {"input_size": 0, "hidden_size": 2}, "input_size = 0"),
        ("gru", {**SIZES, "num_layers": 0}, "num_layers = 0"),
        ("rnn", {**SIZES, "num_layers": 2, "dropout": 1.0}, "dropout = 1.0"),
        ("rnn", {**SIZES, "num_layers": 2, "dropout": -0.1}, "dropout = -0.1"),
        ("lstm", {**SIZES, "dropout": 0.5}, "dropout acts between layers"),
        ("rnn", {**SIZES, "nonlinearity": "tanhh"}, "did you mean 'tanh'"),
        ("rnn_cell", {**SIZES, "nonlinearity": "sigmoid"}, "one of 'tanh', 'relu'"),
        ("gru_cell", {**SIZES, "reset": "later"}, "one of 'after', 'before'"),
        ("lstm_cell", {**SIZES, "bias": False, "forget_bias": 1.0}, "with bias = False"),
        ("lstm_cell", {**SIZES, "forget_bias": math.inf}, "forget_bias = inf"),
    ],
)
def test_refused_settings(name, settings, said):
    with pytest.raises(SettingError, match=said):
        LAYERS[name].build(**settings)


def test_states_that_do_not_fit_are_refused(numbers):
    for name in ("lstm_cell", "gru_cell"):
        rule, own = LAYERS[name].rule(LAYERS[name].build(**SIZES).double())
        with pytest.raises(ModelError, match=r"h of shape \(4, 3\) beside an input of shape \(4, 3\)"):
            rule.forward({"x": numbers(4, 3), "h": numbers(4, 3), **own})
        with pytest.raises(ModelError, match="input_size = 3"):
            rule.forward({"x": numbers(4, 2), **own})
    with pytest.raises(ModelError, match=r"expected: h of shape \(5, 2\)"):
        ResetBeforeGRUCell(3, 2)(torch.zeros(5, 3), torch.zeros(1, 2))
    rule, own = LAYERS["lstm"].rule(LAYERS["lstm"].build(**SIZES, num_layers=2).double())
    with pytest.raises(ModelError, match=r"expected: c of shape \(2, 4, 2\)"):
        rule.forward({"x": numbers(3, 4, 3), "c": numbers(1, 4, 2), **own})
    with pytest.raises(ModelError, match="T at least 1"):
        rule.forward({"x": numbers(0, 4, 3), **own})
    rule, own = LAYERS["gru"].rule(LAYERS["gru"].build(**SIZES, num_layers=2, dropout=0.5).double())
    with pytest.raises(ModelError, match=r"rule\.masks"):
        rule.forward({"x": numbers(3, 4, 3), **own})
    with pytest.raises(ModelError, match="proj_size = 1"):
        LAYERS["lstm"].rule(nn.LSTM(3, 2, proj_size=1))


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_parameters_are_counted_as_pytorch_has_them(name, num_layers, bidirectional):
    layer = LAYERS[name].build(10, 20, num_layers, bidirectional=bidirectional)
    counted = recurrent_parameters(name, 10, 20, num_layers, bidirectional)
    assert counted.count == sum(each.numel() for each in layer.parameters())
    assert counted.arithmetic.value == counted.count
    if bidirectional and num_layers == 2:
        assert counted.count == {"rnn": 3760, "gru": 11280, "lstm": 15040}[name]

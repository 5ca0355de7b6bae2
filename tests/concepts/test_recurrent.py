import pytest

from glasshouse.layers import LAYERS
from glasshouse.testing import Case, check_rule

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
    check_rule(LAYERS["lstm_cell"], [*cases, Case(empty, SIZES), Case({"x": numbers(1, 3)}, SIZES)])


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
        Case({"x": numbers(2, 2, 3), **states(numbers, 4, 2, 2, names=names)}, deep),
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
    check_rule(LAYERS[name], layer_cases(numbers, names, **more))

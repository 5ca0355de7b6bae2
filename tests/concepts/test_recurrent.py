import math

import pytest
import torch
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, GRUCell, LSTMCell, set_forget_bias
from glasshouse.layers.gru_cell import GRUCellRule, ResetBeforeGRUCell
from glasshouse.layers.lstm_cell import LSTMCellRule
from glasshouse.testing import Case, check_card, check_rule, close

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

"""A thousand random numbers of random networks: the arithmetic, read back from JSON, gives the number."""

from __future__ import annotations

import json
import random

import pytest
import torch
from torch import nn

import glasshouse as gh
from glasshouse.core.expression import Number
from glasshouse.explain.arithmetic import evaluate, machine_form, renamed
from tests.explain.autograd import mean_square
from tests.explain.test_networks import Attention, Branching, InPlace, Residual, Shared

TRIED = 200
"""Numbers of each network."""


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(27, 4),
        nn.Softmax(1),
    )


NETWORKS = {
    "convolutional": (convolutional, (2, 1, 6, 6)),
    "residual": (Residual, (2, 2, 4, 4)),
    "shared": (Shared, (3, 4)),
    "in place": (InPlace, (3, 4)),
    "data-dependent": (Branching, (2, 4)),
    "attention": (Attention, (2, 3, 4)),
    "recurrent": (lambda: nn.LSTM(3, 4, 2), (3, 2, 3)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_printed_arithmetic_gives_the_printed_number(name):
    torch.manual_seed(4)
    build, shape = NETWORKS[name]
    net = build().double()
    explanation = gh.explain(net, torch.randn(*shape).double(), loss=mean_square, optimizer="adam")
    chance = random.Random(5)
    computed = [
        value for value in explanation.values if value.producer is not None or value.gradient is not None
    ]
    tried = 0
    while tried < TRIED:
        value = chance.choice(computed)
        index = [chance.randrange(size) for size in value.shape]
        told = json.loads(json.dumps(explanation.at(value.symbol, index).to_dict(), allow_nan=False))
        if told["arithmetic"] is not None:
            # A masked score is minus infinity, which JSON has as a word.
            assert evaluate(told["arithmetic"]) == pytest.approx(float(told["value"]), rel=1e-9, abs=1e-12)
            tried += 1
        if told["gradient"] is not None:
            for part in told["gradient"]["parts"]:
                if part["arithmetic"] is not None:
                    assert evaluate(part["arithmetic"]) == pytest.approx(part["value"], rel=1e-9, abs=1e-12)
            total = sum(part["value"] for part in told["gradient"]["parts"])
            assert total == pytest.approx(told["gradient"]["value"], rel=1e-9, abs=1e-12)
            tried += 1


def test_leaves_hold_the_numbers_of_the_tensors_that_they_name():
    torch.manual_seed(4)
    explanation = gh.explain(convolutional().double(), torch.randn(2, 1, 6, 6).double(), loss=mean_square)
    told = explanation.at("0", (1, 2, 3, 4)).to_dict()["arithmetic"]
    *products, bias = told["is"][1:]
    leaves = [leaf for product in products for leaf in product[1:]] + [bias]
    assert len(leaves) == 2 * 9 + 1
    for _, symbol, index, number in leaves:
        assert float(explanation.find(symbol).exact[tuple(index)]) == number


def test_a_shared_part_is_written_once():
    mean = gh.explain(nn.BatchNorm1d(1).double(), torch.tensor([[1.0], [2.0], [6.0]]).double())
    told = mean.at("h1", (0, 0)).to_dict()["arithmetic"]
    assert [each["name"] for each in told["where"]] == ["mean", "variance", "x_hat"]
    assert json.dumps(told).count('"mean"') == 1


def test_what_json_has_no_number_for_is_a_word():
    form = machine_form(Number(float("inf"), "x") * 2)
    assert form == {"where": [], "is": ["*", ["at", "x", [], "inf"], 2.0], "value": "inf"}
    assert evaluate(json.loads(json.dumps(form))) == float("inf")


def test_no_function_but_the_known_ones_is_evaluated():
    with pytest.raises(ValueError, match="no function is called '__import__'"):
        evaluate({"where": [], "is": ["__import__", 1]})


def test_renaming_keeps_the_value_and_names_that_are_not_listed():
    own = Number(0.5, "weight", (0, 1)) * Number(2.0, "x") + Number(1.0, "x_hat")
    told = renamed(own, {"weight": ("W1", "W^{(1)}"), "x": ("a1", "a^{(1)}")})
    assert told.symbols() == "W1[0,1]·a1 + x_hat"
    assert told.latex().startswith(r"W^{(1)}_{0,1} \cdot a^{(1)} + ")
    assert told.value == own.value

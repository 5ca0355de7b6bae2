"""The dictionary on which renderers build: complete, consistent, and made of JSON."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

import glasshouse as gh
from tests.explain.autograd import mean_square
from tests.explain.test_networks import Shared


@pytest.fixture(scope="module")
def told():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, stride=2, padding=1),
        nn.BatchNorm2d(2),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(18, 3),
    )
    x, y = torch.randn(2, 1, 5, 6), torch.tensor([0, 2])
    return json.loads(json.dumps(gh.explain(net, x, y, optimizer="adam").to_dict(), allow_nan=False))


def test_the_head_says_what_was_run(told):
    assert told["schema"] == "glasshouse.explanation/1"
    assert (told["model"], told["training"], told["dtype"]) == ("Sequential", True, "float32")
    assert (told["loss"], told["output"]) == ("L", "z2")
    assert told["check"]["badges"] == {"checked": 7}
    assert told["check"]["worst"] == max(told["check"]["parameters"].values()) < 1e-5


def test_steps_name_their_values_and_values_their_steps(told):
    values = {value["symbol"]: value for value in told["values"]}
    assert len(values) == len(told["values"])
    for step in told["steps"]:
        for name, symbol in step["inputs"].items():
            assert {"step": step["index"], "name": name} in values[symbol]["uses"]
        for symbol in step["outputs"].values():
            assert values[symbol]["step"] == step["index"]


def test_titles_modules_kinds_and_settings(told):
    steps = told["steps"]
    assert [step["title"] for step in steps] == [
        *("conv2d", "batch_norm", "relu", "flatten", "dropout", "linear", "cross_entropy"),
    ]
    assert [step["module"] for step in steps] == ["0", "1", "2", "3", "4", "5", "loss"]
    assert [step["kind"] for step in steps] == [
        *("layer", "layer", "activation", "operation", "layer", "layer", "loss"),
    ]
    assert steps[0]["settings"]["stride"] == [2, 2]
    assert steps[2]["in_place"]
    assert steps[0]["inputs"] == {"x": "x", "weight": "W1", "bias": "b1"}
    assert steps[1]["inputs"]["weight"] == "gamma1"
    assert all(step["formula"] for step in steps)


def test_what_a_rule_takes_besides_is_there(told):
    mask = torch.tensor(told["steps"][4]["constants"]["mask"])
    assert set(mask.flatten().tolist()) == {0.0, 1.0}
    values = {value["symbol"]: torch.tensor(value["numbers"]) for value in told["values"]}
    dropped, given = (told["steps"][4][side][name] for side, name in (("outputs", "y"), ("inputs", "x")))
    assert torch.equal(values[dropped], mask * values[given] * 2)


def test_where_moved_numbers_come_from(told):
    step = told["steps"][3]
    values = {value["symbol"]: torch.tensor(value["numbers"]) for value in told["values"]}
    source = torch.tensor(step["sources"]["y"])
    assert torch.equal(values[step["inputs"]["x"]].flatten()[source], values[step["outputs"]["y"]])


def test_gradients_are_there_twice_by_the_rules_and_by_autograd(told):
    for value in told["values"]:
        if value["role"] in ("parameter", "input", "result") and value["delivered"] is not None:
            mine, right = torch.tensor(value["gradient"]), torch.tensor(value["delivered"])
            assert torch.allclose(mine, right, rtol=1e-4, atol=1e-6), value["symbol"]
        if value["gradient"] is None:
            assert value["why_none"]


def test_updates_are_the_first_step_of_the_optimizer(told):
    values = {value["symbol"]: torch.tensor(value["numbers"]) for value in told["values"]}
    for update in told["updates"]:
        gradient = next(each for each in told["values"] if each["symbol"] == update["symbol"])["gradient"]
        w = nn.Parameter(values[update["symbol"]].double())
        w.grad = torch.tensor(gradient, dtype=torch.float64)
        torch.optim.Adam([w], lr=update["settings"]["learning_rate"]).step()
        assert torch.allclose(w.detach(), torch.tensor(update["new"], dtype=torch.float64), rtol=1e-9)
    assert len(told["updates"]) == 6


def test_parts_of_a_shared_weight_add_up():
    torch.manual_seed(0)
    told = gh.explain(Shared().double(), torch.randn(3, 4).double(), loss=mean_square).to_dict()
    weight = next(value for value in told["values"] if value["name"] == "layer.weight")
    parts = torch.tensor([part["gradient"] for part in weight["parts"]])
    assert len(parts) == 4
    assert torch.allclose(parts.sum(0), torch.tensor(weight["gradient"]))


def test_a_kernel_over_time_is_told_as_its_cells():
    torch.manual_seed(0)
    told = gh.explain(nn.LSTM(2, 2), torch.randn(3, 1, 2), loss=lambda output: output[0].sum()).to_dict()
    cells = [step for step in told["steps"] if step["title"] == "lstm_cell"]
    assert len(cells) == 3
    assert {step["part_of"] for step in cells} == {"lstm"}
    assert cells[1]["inputs"] == {
        "x": "h5",
        "h": "h4",
        "c": "c1",
        "weight_ih": "W1",
        "weight_hh": "U1",
        "bias_ih": "b1",
        "bias_hh": "bu1",
    }

"""Whatever is written comes back: every model and task, with the answers that the objective gives."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.losses import LOSSES
from glasshouse.models.outputs import outputs_of
from glasshouse.objectives import Supervised
from glasshouse.ship import load
from glasshouse.ship.answers import interpret
from glasshouse.ship.write_bundle import Content, write_bundle

TABLES: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "perceptron"}, "scores", "perceptron_criterion"),
    ({"name": "mlp"}, "logits", "cross_entropy"),
    ({"name": "mlp", "hidden": [8], "normalization": "batch", "dropout": 0.5}, "logits", "cross_entropy"),
    ({"name": "mlp", "hidden": [], "initializer": "zeros"}, "values", "mse"),
    (
        {
            "name": "mlp",
            "normalization": "layer",
            "activation": {"name": "leaky_relu", "negative_slope": 0.3},
        },
        "values",
        "huber",
    ),
]
PICTURES: list[tuple[dict[str, Any], int, int]] = [
    ({"name": "cnn", "widths": [4, 8], "activation": "swish"}, 3, 3),
    ({"name": "lenet5"}, 1, 10),
    ({"name": "lenet5", "variant": "1998"}, 1, 10),
    ({"name": "lenet5", "variant": "1998"}, 3, 4),
    ({"name": "mlp", "hidden": [8]}, 1, 2),
]


@pytest.mark.parametrize(("spec", "meaning", "loss"), TABLES)
def test_tables_give_the_answers_that_the_objective_gave(spec, meaning, loss, content, people, tmp_path):
    made = content(spec, meaning)
    objective = Supervised(LOSSES.build(loss), scale=made.scale)
    expected = objective.predict(outputs_of(made.network, people.inputs))
    bundle = load(write_bundle(tmp_path / "bundle", made, onnx=False))
    answers = bundle.predict(people.frame)
    assert len(answers) == 240
    for kind in ("probabilities", "scores", "values"):
        wanted, found = getattr(expected, kind), getattr(answers, kind)
        if kind == "scores" and meaning == "logits":
            continue  # logits are told as probabilities only
        assert (wanted is None) == (found is None)
        if wanted is not None:
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)
    if expected.labels is not None:
        assert answers.labels.tolist() == [made.classes[label] for label in expected.labels]


@pytest.mark.parametrize(("spec", "channels", "classes"), PICTURES)
def test_pictures_give_the_answers_that_the_network_gave(spec, channels, classes, pictures_content, tmp_path):
    made = pictures_content(spec, channels, classes=tuple(f"class {number}" for number in range(classes)))
    pixels = np.random.default_rng(0).integers(0, 256, (9, 16, 16, channels), dtype=np.uint8)
    bundle = load(write_bundle(tmp_path / "bundle", made, onnx=False))
    inputs = torch.from_numpy(made.preparation.transform(made.preparation.read(pixels)))
    expected = torch.softmax(outputs_of(made.network, inputs).double(), dim=1).numpy()
    np.testing.assert_allclose(bundle.predict(pixels).probabilities, expected, rtol=0, atol=1e-6)


def test_module_is_the_network_with_its_weights(content, people, tmp_path):
    made = content({"name": "mlp", "hidden": [4], "dropout": 0.5})
    network = load(write_bundle(tmp_path / "bundle", made, onnx=False)).module()
    assert type(network) is nn.Sequential
    assert not network.training
    for name, value in made.network.state_dict().items():
        assert torch.equal(network.state_dict()[name], value)


def surroundings() -> object:
    """What an export could leave changed in the process."""
    names = ("torch", "torch.onnx", "torch.export", "torch._dynamo", "onnxscript")
    loggers = [logging.getLogger(name) for name in names]
    return [(each.level, each.handlers[:], each.propagate) for each in loggers], warnings.filters[:]


def test_writing_leaves_the_network_and_everything_around_as_they_were(pictures_content, tmp_path, capfd):
    made = pictures_content({"name": "cnn", "widths": [4, 8], "dropout": 0.5})
    made.network.train()
    made.network.norm1.eval()
    made.network.conv1.weight.requires_grad_(False)
    made.network.output.weight.grad = torch.ones_like(made.network.output.weight)
    before = {name: value.clone() for name, value in made.network.state_dict().items()}
    state, around = torch.get_rng_state(), surroundings()
    bundle = load(write_bundle(tmp_path / "bundle", made))
    assert bundle.schema.onnx.reason is None
    assert torch.equal(torch.get_rng_state(), state)
    assert surroundings() == around
    assert capfd.readouterr() == ("", "")
    assert made.network.training
    assert made.network.output.training
    assert not made.network.norm1.training
    assert not made.network.conv1.weight.requires_grad
    assert made.network.conv2.weight.requires_grad
    assert made.network.conv2.weight.is_contiguous(memory_format=torch.channels_last)
    assert made.network.output.weight.grad is not None
    for name, value in made.network.state_dict().items():
        assert torch.equal(before[name], value)


class Tied(nn.Module):
    """A module of a user's own, whose two layers share a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.register_buffer("shift", torch.arange(3.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(torch.relu(self.first(x + self.shift)))


def own(**changes: Any) -> Content:
    values: dict[str, Any] = {
        "network": Tied(),
        "model": None,
        "input_shape": (3,),
        "task": "classification",
        "target_name": "kind",
        "meaning": "logits",
        "classes": ("a", "b", "c"),
    }
    return Content(**{**values, **changes})


def test_own_module_takes_its_weights_when_it_is_given(tmp_path):
    made = own()
    path = write_bundle(tmp_path / "bundle", made, onnx=False)
    rows = torch.randn(5, 3)
    bundle = load(path, module=Tied())
    expected = torch.softmax(made.network(rows).double(), dim=1).detach().numpy()
    np.testing.assert_allclose(bundle.predict(rows).probabilities, expected, atol=1e-7)
    assert bundle.schema.model == {"class": "Tied"}
    assert isinstance(bundle.module(), Tied)


def test_outputs_without_a_known_meaning_come_as_they_are(tmp_path):
    made = own(meaning=None)
    bundle = load(write_bundle(tmp_path / "bundle", made, onnx=False), module=Tied())
    rows = torch.randn(5, 3)
    answers = bundle.predict(rows)
    np.testing.assert_allclose(answers.values, made.network(rows).detach().numpy(), atol=1e-6)
    assert answers.frame().columns == ["row", "output_0", "output_1", "output_2"]


def test_own_module_for_regression_without_a_scale(tmp_path):
    made = own(network=nn.Linear(3, 1), task="regression", meaning="values", classes=())
    bundle = load(write_bundle(tmp_path / "bundle", made, onnx=False), module=nn.Linear(3, 1))
    rows = torch.randn(5, 3)
    np.testing.assert_allclose(bundle.predict(rows).values, made.network(rows)[:, 0].detach(), atol=1e-6)


def test_answers_that_are_not_finite_are_told_of(tmp_path):
    made = own(network=nn.Identity())
    bundle = load(write_bundle(tmp_path / "bundle", made, onnx=False), module=nn.Identity())
    outputs = np.array([[0.0, 1.0, 2.0], [np.nan, 1.0, 2.0]])
    assert interpret(outputs, bundle.schema).warnings == (
        "the network gave no finite answer for 1 of 2 rows",
    )

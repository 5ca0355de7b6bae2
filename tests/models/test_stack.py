"""Networks written down layer by layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import glasshouse as gh
from glasshouse.activations import ACTIVATIONS
from glasshouse.core.errors import ModelError, SettingError, UnknownNameError
from glasshouse.experiment.toml import read_experiment
from glasshouse.layers import LAYERS
from glasshouse.models import build_model, stack

PICTURE = [
    {"name": "conv2d", "out_channels": 4, "padding": 1},
    "batch_norm",
    {"name": "leaky_relu", "negative_slope": 0.2},
    "max_pool",
    {"name": "depthwise_separable", "out_channels": 6, "padding": 1},
    {"name": "group_norm", "num_groups": 2},
    {"name": "swish", "learnable": True},
    "global_average_pool",
    {"name": "dropout", "probability": 0.1},
]


def test_what_a_layer_must_know_of_its_input_is_read_off():
    network = stack((3, 10, 12), 5, PICTURE)
    assert isinstance(network.batch_norm1, nn.BatchNorm2d)
    assert network.group_norm1.num_channels == 6
    assert network.output.in_features == 6
    assert network(torch.randn(2, 3, 10, 12)).shape == (2, 5)
    assert network.training
    assert network.dropout1.training


def test_a_stack_computes_what_the_same_layers_written_in_pytorch_compute():
    ours = stack(4, 2, [{"name": "linear", "out_features": 3}, "tanh", "layer_norm"])
    theirs = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.LayerNorm(3), nn.Linear(3, 2))
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    x = torch.randn(5, 4)
    assert torch.equal(ours(x), theirs(x))


def test_the_seed_decides_the_weights():
    spec = {"name": "stack", "layers": PICTURE}
    one, two = (build_model(spec, (1, 8, 8), 3, seed=4).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    "name", [*ACTIVATIONS, "linear", "conv1d", "max_pool", "layer_norm", "upsample", "pad"]
)
def test_activations_and_layers_are_understood_by_name(name):
    layer = {"name": name, "out_features": 4} if name == "linear" else name
    layer = {"name": name, "out_channels": 2} if name == "conv1d" else layer
    layer = {"name": name, "scale_factor": 2} if name == "upsample" else layer
    assert stack((2, 8), 3, [layer])(torch.zeros(2, 2, 8)).shape == (2, 3)


def test_the_one_name_of_a_layer_and_an_activation_means_the_layer():
    known = [
        {each for c in shelf.values() for each in (c.name, *c.aliases)} for shelf in (LAYERS, ACTIVATIONS)
    ]
    assert known[0] & known[1] == {"linear"}
    assert isinstance(stack(4, 2, [{"name": "linear", "out_features": 3}]).linear1, nn.Linear)
    assert isinstance(stack(4, 2, ["Identity"]).identity1, nn.Identity)


@pytest.mark.parametrize(
    ("layers", "error", "said"),
    [
        (["relo"], UnknownNameError, "no layer or activation named 'relo'"),
        ([{"name": "linear"}], SettingError, "linear with out_features"),
        (["relu", {"name": "dropout", "probability": 2}], SettingError, r"layers\[1\]: probability = 2"),
        ([{"name": "conv2d", "out_channels": 2, "kernel_size": 9}], ModelError, r"layers\[0\] = 'conv2d' on"),
        ([{"name": "lstm", "hidden_size": 2}], ModelError, "gives 2 results"),
        (["embedding"], ModelError, "one tensor of numbers"),
        ("relu", SettingError, "a list of layers"),
    ],
)
def test_what_does_not_fit_is_named(layers, error, said):
    shape = (
        (4, 4)
        if layers[0] != "relo" and isinstance(layers[0], dict) and layers[0]["name"] == "lstm"
        else (1, 6, 6)
    )
    with pytest.raises(error, match=said):
        stack(shape, 2, layers)


@pytest.mark.slow
def test_a_stack_in_an_experiment_trains_reports_and_ships(tmp_path):
    (tmp_path / "stack.toml").write_text(
        """
        [data]
        source = "digits"

        [model]
        name = "stack"
        layers = [{name = "conv2d", out_channels = 8}, "relu", "max_pool"]

        [training]
        epochs = 20
        """
    )
    run = gh.run(read_experiment(tmp_path / "stack.toml"), out=tmp_path)
    assert run.metrics["test"]["accuracy"] > 0.8
    assert (run.path / "report.html").exists()
    assert gh.load(run.bundle, backend="torch").module().conv2d1.out_channels == 8

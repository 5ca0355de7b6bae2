"""Frozen layers stay as they are, whatever trains; layers with a rate of their own move by it."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from glasshouse.core.errors import SettingError, UnknownNameError
from glasshouse.models import cnn, freeze, mlp
from glasshouse.models.freezing import training_mode
from glasshouse.training.flat import grouped
from glasshouse.training.loop import train
from glasshouse.training.records import Records


def network(dropout=0.2):
    torch.manual_seed(0)
    return mlp(2, 2, hidden=[16, 8], normalization="batch", dropout=dropout)


def test_everything_but_the_head_is_frozen():
    model = network()
    frozen = freeze(model, "backbone")
    assert {name.split(".")[0] for name in frozen} == {"linear1", "norm1", "linear2", "norm2"}
    assert [name for name, each in model.named_parameters() if each.requires_grad] == [
        "output.weight",
        "output.bias",
    ]
    assert freeze(network(), "none") == []
    assert freeze(network(), ["linear1", "norm1"]) == [
        "linear1.weight",
        "linear1.bias",
        "norm1.weight",
        "norm1.bias",
    ]


@pytest.mark.parametrize("probe_every", [0, 1])
def test_training_leaves_frozen_layers_and_their_statistics_alone(job, tmp_path, probe_every):
    model = network()
    freeze(model, ["linear1", "norm1"])
    before = {name: each.clone() for name, each in model.state_dict().items()}
    records = Records(tmp_path)
    train(job(network=model, probe_every=probe_every), records)
    after = model.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert not {name for name in moved if name.startswith(("linear1.", "norm1."))}
    assert {"linear2.weight", "norm2.weight", "norm2.running_mean", "output.bias"} <= moved


def test_a_head_on_a_frozen_backbone_trains_as_by_hand(job):
    model = network(dropout=0.0)
    freeze(model, "backbone")
    by_hand = copy.deepcopy(model)
    settings = job(network=model, optimizer="sgd", schedule="constant", weight_decay=0.0, epochs=1)
    assert [len(group.members) for group in grouped(model, 0.0)] == [2]  # the optimizer sees the head alone
    optimizer = torch.optim.SGD(by_hand.output.parameters(), lr=settings.learning_rate)
    by_hand.train()
    by_hand.norm1.eval()
    by_hand.norm2.eval()
    for [batch] in settings.batches.epoch(0, 0):
        optimizer.zero_grad()
        nn.functional.cross_entropy(by_hand(batch.inputs), batch.targets).backward()
        optimizer.step()
    train(settings)
    for name, each in by_hand.state_dict().items():
        assert torch.allclose(each, model.state_dict()[name], atol=1e-6), name


def test_rates_of_layers_scale_their_steps(job):
    def moved(rates):
        model = network()
        before = copy.deepcopy(model)
        train(
            job(
                network=model,
                optimizer="sgd",
                schedule="constant",
                weight_decay=0.0,
                epochs=1,
                batch_size=101,
                learning_rate=1.0,
                layer_rates=rates,
            )
        )
        return {
            name: each.detach() - old.detach()
            for (name, each), old in zip(model.named_parameters(), before.parameters(), strict=True)
        }

    plain, scaled = moved({}), moved({"linear1": 0.5, "output": 3.0})
    for name, step in plain.items():
        factor = {"linear1": 0.5, "output": 3.0}.get(name.split(".")[0], 1.0)
        assert torch.allclose(scaled[name], factor * step, atol=1e-6), name


def test_the_innermost_named_layer_decides_and_decay_is_told_apart():
    model = nn.Sequential()
    model.trunk = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3))
    model.output = nn.Linear(3, 2)
    found = {
        (group.rate, group.decayed): [tuple(each.shape) for each in group.members]
        for group in grouped(model, 0.01, {"trunk": 0.1, "trunk.1": 0.5})
    }
    assert found == {
        (0.1, True): [(3, 2)],
        (0.1, False): [(3,)],
        (0.5, True): [(3, 3)],
        (0.5, False): [(3,)],
        (1.0, True): [(2, 3)],
        (1.0, False): [(2,)],
    }


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: freeze(network(), "trunk"), SettingError, "freeze = 'trunk'"),
        (lambda: freeze(network(), ["linear9"]), UnknownNameError, r"no layer named 'linear9'(?s:.*)linear1"),
        (lambda: freeze(nn.Linear(2, 2), "none") or freeze(network(), list(LAYERS)), SettingError, "nothing"),
        (lambda: grouped(network(), 0.0, {"outptu": 2.0}), UnknownNameError, "did you mean 'output'"),
    ],
)
def test_what_cannot_be_frozen_is_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()


LAYERS = ("linear1", "norm1", "linear2", "norm2", "output")


def test_batch_norms_of_ones_own_without_weights_still_learn_their_statistics():
    model = nn.Sequential(nn.BatchNorm1d(2, affine=False), nn.Linear(2, 2))
    assert training_mode(model)[0].training


def test_a_frozen_convolution_network_gives_its_head_a_gradient_and_nothing_else():
    model = cnn(classes=3, channels=1, size=(8, 8))
    freeze(model)
    training_mode(model)(torch.randn(4, 1, 8, 8)).sum().backward()
    assert [name for name, each in model.named_parameters() if each.grad is not None] == [
        "output.weight",
        "output.bias",
    ]

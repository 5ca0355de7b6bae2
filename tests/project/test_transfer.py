"""Transfer learning as settings of an experiment: weights to begin with, layers that stay, rates by layer."""

from __future__ import annotations

import json
import os
import signal

import pytest
import torch
from safetensors.torch import load_file, save_file

import glasshouse as gh
from glasshouse.core.errors import ModelError, StorageError, TrainingStoppedError, UnknownNameError
from glasshouse.experiment.toml import read_experiment
from glasshouse.models import build_model

SPEC = {"name": "cnn", "widths": [4, 8]}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The weights of a network for three classes of larger pictures, as somebody else may have trained it."""
    path = tmp_path_factory.mktemp("elsewhere") / "weights.safetensors"
    network = build_model(SPEC, (1, 16, 16), 3, seed=9)
    with torch.no_grad():
        for name, each in network.named_buffers():
            if "running_mean" in name:
                each.normal_(std=0.1)
    save_file(network.state_dict(), path)
    return path


def settings(weights, **more):
    return {**SPEC, "weights": str(weights), **more}


def test_a_frozen_backbone_goes_the_whole_road_and_stays_as_it_was(weights, experiment, tmp_path):
    told: list[str] = []
    run = gh.run(
        experiment(
            "digits",
            model=settings(weights, freeze="backbone"),
            training={"learning_rate": 0.05},
            watch={"every": 5},
            output={"report": True, "bundle": True},
        ),
        out=tmp_path,
        tell=told.append,
    )
    assert any("Took weights from" in each and "new: output.weight, output.bias" in each for each in told)
    assert "Frozen: 6 of 8 parameter tensors." in told
    given, best = load_file(weights), run.best_weights()
    same = {
        name
        for name in given
        if given[name].shape == best[name].shape and torch.equal(given[name], best[name])
    }
    assert same == {name for name in given if not name.startswith("output.")}
    network = json.loads((run.path / "network.json").read_text())
    assert network["parameters"] == 8 * 10 + 10
    assert network["frozen"] == 4 * 9 + 2 * 4 + 8 * 4 * 9 + 2 * 8
    losses = [json.loads(line)["train"]["loss"] for line in (run.path / "metrics.jsonl").open()]
    assert losses[-1] < losses[0]
    bundle = gh.load(run.bundle, backend="torch")
    assert torch.equal(bundle.module().conv1.weight, given["conv1.weight"])
    assert "weights" not in bundle.schema.model
    assert "Took weights from" in bundle.card
    assert "Frozen" in run.report.read_text() or "frozen" in run.report.read_text()


def test_a_run_with_frozen_layers_resumes_bit_for_bit(weights, experiment, tmp_path):
    class Stop:
        def started(self, plan): ...
        def epoch_ended(self, row, timing): ...
        def ended(self, reason): ...

        def stepped(self, step, rows, loss):
            if step == 40:
                os.kill(os.getpid(), signal.SIGTERM)

    def wanted():
        return experiment(
            "digits",
            model=settings(weights, freeze=["conv1", "norm1"]),
            training={"layer_rates": {"conv2": 0.1}, "epochs": 3},
        )

    with pytest.raises(TrainingStoppedError):
        gh.run(wanted(), out=tmp_path / "cut", observers=[Stop()])
    (folder,) = (tmp_path / "cut").iterdir()
    resumed, whole = gh.resume(folder), gh.run(wanted(), out=tmp_path / "whole")
    assert (resumed.path / "metrics.jsonl").read_bytes() == (whole.path / "metrics.jsonl").read_bytes()
    for name, each in whole.best_weights().items():
        assert torch.equal(each, resumed.best_weights()[name]), name


def test_weights_are_looked_for_beside_the_experiment_and_kept_with_their_whole_path(
    weights, tmp_path, monkeypatch
):
    (tmp_path / "own.safetensors").write_bytes(weights.read_bytes())
    text = (
        'data = "digits"\n[model]\nname = "cnn"\nwidths = [4, 8]\nweights = "own.safetensors"\n'
        "[training]\nepochs = 1\n[output]\nreport = false\nbundle = false\n"
    )
    (tmp_path / "e.toml").write_text(text)
    monkeypatch.chdir("/")
    read = read_experiment(tmp_path / "e.toml")
    assert read.model.weights == str(tmp_path / "own.safetensors")
    run = gh.run(read, out=tmp_path / "runs")
    assert run.experiment.model.weights == str(tmp_path / "own.safetensors")


def test_fit_begins_with_weights_too(weights, tmp_path):
    inputs, targets = torch.randn(40, 1, 8, 8), torch.arange(40) % 4
    run = gh.fit(
        settings(weights, freeze="backbone"),
        (inputs, targets),
        epochs=1,
        out=tmp_path,
        report=False,
        bundle=False,
    )
    assert torch.equal(run.best_weights()["conv2.weight"], load_file(weights)["conv2.weight"])


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"weights": "nowhere.safetensors"}, StorageError, "nowhere.safetensors"),
        ({"widths": [4, 9]}, ModelError, r"conv2.weight has the shape \(8, 4, 3, 3\), not \(9, 4, 3, 3\)"),
        ({"freeze": ["conv7"]}, UnknownNameError, "there is no layer named 'conv7'"),
    ],
)
def test_what_is_wrong_is_said_before_there_is_a_run(weights, experiment, tmp_path, changes, error, text):
    with pytest.raises(error, match=text):
        gh.run(experiment("digits", model={**settings(weights), **changes}), out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()

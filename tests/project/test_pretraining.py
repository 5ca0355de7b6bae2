"""Layer-wise training down the whole road: what each layer learns from and hands over."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import glasshouse as gh
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.models import RestrictedBoltzmannMachine, build_model, layerwise_bound, log_partition
from glasshouse.objectives import ContrastiveDivergence
from glasshouse.project.materials import gather
from glasshouse.project.pretraining import MOST_WATCHING, watched_parts
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.job import Job
from glasshouse.training.loop import train

from .pretrained import BARE, METHODS, NAMES, STILL, digits, learnt, made


@pytest.mark.parametrize("method", METHODS)
def test_what_every_layer_learnt_is_what_fine_tuning_begins_with(tmp_path, method):
    run = made(tmp_path, method, training=STILL)
    state, first = run.network.state_dict(), build_model(run.experiment.model.spec(), (1, 8, 8), 10, seed=0)
    for number in (1, 2):
        for name, kind in zip(NAMES[method], ("weight", "bias"), strict=True):
            now = state[f"linear{number}.{kind}"]
            assert torch.equal(now, learnt(run, number)[name])
            assert not torch.equal(now, first.get_parameter(f"linear{number}.{kind}"))
    assert torch.equal(state["output.weight"], first.get_parameter("output.weight"))


def test_the_second_machine_is_trained_on_the_hidden_probabilities_of_the_first(tmp_path):
    run = made(tmp_path, pretraining={"bound": False}, training=STILL)
    experiment = run.experiment
    prepared = gather(experiment).prepared
    weight, bias = (learnt(run, 1)[name].double() for name in NAMES["rbm"])
    probabilities = torch.sigmoid(prepared.train.inputs.flatten(1).double() @ weight.t() + bias).float()
    part = Part(probabilities, probabilities, prepared.train.rows)
    torch.manual_seed(derive(0, "pretraining", 2))
    machine = RestrictedBoltzmannMachine((12,), 8, "binary")
    seed = derive(0, "pretraining", "layer", 2)
    size = experiment.pretraining.batch_size
    job = Job(
        network=machine,
        batches=InMemoryBatches(part, size, seed=seed),
        objective=ContrastiveDivergence(),
        optimizer="adam",
        schedule="cosine",
        learning_rate=0.01,
        epochs=3,
        seed=seed,
    )
    train(job)
    for name in NAMES["rbm"]:
        assert torch.allclose(machine.state_dict()[name], learnt(run, 2)[name], atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_every_layer_gets_better_at_what_it_learns(tmp_path, method):
    run = made(tmp_path, method, pretraining={"epochs": 8})
    record = run.record("pretraining")
    assert (record["method"], [layer["units"] for layer in record["layers"]]) == (method, [12, 8])
    for layer in record["layers"]:
        curve = [row["train"][record["curve"]] for row in layer["history"]]
        assert len(curve) == 8
        assert curve[-1] < curve[0]


def test_a_machine_of_numbers_hands_over_what_its_units_feel(tmp_path):
    model = {"name": "mlp", "hidden": [5], "activation": "sigmoid"}
    rapid = {"method": "rbm", "epochs": 30, "learning_rate": 0.03}
    run = gh.run(
        gh.Experiment(data="iris", model=model, pretraining=rapid, training=STILL, output=BARE),
        out=tmp_path,
        observers=[],
    )
    machine = RestrictedBoltzmannMachine((4,), 5, "gaussian")
    machine.load_state_dict(learnt(run, 1))
    assert abs(float(machine.log_noise.detach())) > 0.05  # it has left the 1 that it begins with
    rows = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(run.network.linear1(rows), machine.hidden_inputs(rows), atol=1e-5)


def test_pictures_become_shares_of_white_where_layers_learn_to_give_them_back(tmp_path):
    for method, scaling in (("rbm", "min-max"), ("denoising", "min-max"), ("supervised", "z-score")):
        run = made(tmp_path, method, training=STILL)
        assert json.loads((run.path / "preparation.json").read_text())["state"]["scaling"] == scaling


def test_frozen_layers_are_pre_trained_and_then_rest(tmp_path):
    run = made(tmp_path, "denoising", model={"freeze": "backbone"}, training={"learning_rate": 0.1})
    state, first = run.network.state_dict(), build_model(run.experiment.model.spec(), (1, 8, 8), 10, seed=0)
    assert torch.equal(state["linear1.weight"], learnt(run, 1)["encoder.0.weight"])
    assert not torch.equal(state["output.weight"], first.output.weight)


def test_supervised_layers_take_norms_and_dropout_along(tmp_path):
    model = {"activation": "relu", "normalization": "batch", "dropout": 0.2}
    run = made(tmp_path, "supervised", model=model, training={**STILL, "epochs": 1})
    assert torch.equal(run.network.norm1.weight, learnt(run, 1)["hidden.1.weight"])


def test_a_rate_is_found_for_the_pre_trained_network(tmp_path):
    run = made(tmp_path, "supervised", training={"learning_rate": "find"})
    assert run.record("range_test")["suggestion"] == run.experiment.training.learning_rate
    assert (run.path / "range_test.json").stat().st_mtime_ns > (
        run.path / "pretraining.json"
    ).stat().st_mtime_ns


def test_snapshots_begin_with_pre_trained_layers(tmp_path):
    both = {"members": 2, "kind": "snapshots"}
    run = made(tmp_path, "denoising", ensemble=both, training={**STILL, "epochs": 2})
    state = load_file(run.path / "members" / "000.safetensors")
    assert torch.allclose(state["linear1.weight"], learnt(run, 1)["encoder.0.weight"])


def test_the_first_bound_is_the_likelihood_of_the_first_machine_and_the_second_that_of_both(tmp_path):
    data = {"prepare": {"scaling": "binary"}}
    run = made(tmp_path, data=data, pretraining={"epochs": 20, "learning_rate": 0.02}, training=STILL)
    rows = gather(run.experiment).prepared.validation.inputs.flatten(1)
    machines = [
        RestrictedBoltzmannMachine((64,), 12, "binary"),
        RestrictedBoltzmannMachine((12,), 8, "binary"),
    ]
    for number, machine in enumerate(machines, start=1):
        machine.load_state_dict(learnt(run, number))
    first, second = (layer["bound"] for layer in run.record("pretraining")["layers"])
    likelihood = -float(machines[0].free_energy(rows).detach().mean()) - log_partition(machines[0])
    assert (first["method"], first["rows"]) == ("exact", len(rows))
    assert first["value"] == pytest.approx(likelihood, abs=1e-4)
    bound = layerwise_bound(machines, rows, log_partition(machines[1])).mean()
    assert second["value"] == pytest.approx(float(bound), abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_the_report_draws_a_curve_for_every_layer(tmp_path, method):
    run = made(tmp_path, method, output={"report": True, "bundle": False})
    page = run.report.read_text(encoding="utf-8")
    assert "Pre-training" in page
    assert "unexpected form" not in page
    for title in ("Layer 1: 64 → 12", "Layer 2: 12 → 8"):
        assert title in page
    assert ("The bound of the likelihood" in page) == (method == "rbm")


def test_bounds_of_more_than_twenty_units_are_annealed_and_say_how_far_they_may_be_off(tmp_path):
    run = made(
        tmp_path,
        model={"hidden": [22, 21]},
        pretraining={"epochs": 1},
        training=STILL,
        output={"report": True, "bundle": False},
    )
    for layer in run.record("pretraining")["layers"]:
        bound = layer["bound"]
        assert bound["method"] == "annealed"
        assert bound["low"] < bound["value"] < bound["high"]
        assert bound["high"] - bound["low"] < 1
    page = run.report.read_text(encoding="utf-8")
    assert "The partition functions are annealed" in page
    assert "probably" in page


def test_many_validation_rows_are_watched_by_some_of_all_of_them():
    rows = torch.arange(5000.0)[:, None]
    prepared = gather(digits()).prepared
    wide = replace(prepared, validation=Part(rows, rows, np.arange(5000)))
    watching = watched_parts(wide)["validation"]
    assert 1000 < len(watching) <= MOST_WATCHING
    assert watching.inputs[:, 0].tolist() == watching.rows.tolist() == watching.targets[:, 0].tolist()
    assert watching.rows[-1] > 4900


def test_rows_of_the_record_are_plain_numbers(tmp_path):
    record = made(tmp_path, "supervised").record("pretraining")
    assert all(np.isfinite(layer["seconds"]) and layer["steps"] > 0 for layer in record["layers"])


def test_every_trial_of_a_sweep_pre_trains_by_itself(tmp_path):
    """Fine-tuning that moves nothing leaves what pre-training gave, so scores are its alone."""
    space = {"pretraining.epochs": {"values": [1, 4]}}
    search = {"strategy": "grid", "folds": 1, "seeds": 1, "refit": False}
    sweep = gh.sweep(digits(training=STILL), space, out=tmp_path, **search)
    for trial, epochs in zip(sweep.trials, (1, 4), strict=True):
        run = made(tmp_path, training=STILL, pretraining={"epochs": epochs})
        assert trial.losses == [[run.history["validation_loss"][0]]]
    assert sweep.trials[0].losses != sweep.trials[1].losses

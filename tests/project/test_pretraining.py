"""Layer-wise training down the whole road: what each layer learns from, hands over, and survives."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import glasshouse as gh
from glasshouse.core.errors import SettingError
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.experiment.toml import write_experiment
from glasshouse.models import RestrictedBoltzmannMachine, build_model, layerwise_bound, log_partition
from glasshouse.objectives import ContrastiveDivergence
from glasshouse.project.materials import gather
from glasshouse.project.pretraining import MOST_WATCHING, watched_parts
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.job import Job
from glasshouse.training.loop import train

METHODS = ("rbm", "denoising", "supervised")
BARE = {"report": False, "bundle": False}
STILL = {"epochs": 1, "learning_rate": 1e-30, "weight_decay": 0.0}
"""A fine-tuning that moves nothing: what it gives is what it was given."""


def digits(method="rbm", model=None, pretraining=None, training=None, data=None, **sections):
    return gh.Experiment(
        data={"source": "digits", "most_rows": 400, **(data or {})},
        model={"name": "mlp", "hidden": [12, 8], "activation": "sigmoid", "dropout": 0.0, **(model or {})},
        pretraining={"method": method, "epochs": 3, **(pretraining or {})},
        training={"epochs": 3, "learning_rate": 0.01, **(training or {})},
        **{"output": BARE, **sections},
    )


def made(tmp_path, *arguments, observers=(), **sections):
    return gh.run(digits(*arguments, **sections), out=tmp_path, observers=list(observers))


def learnt(run, number):
    return load_file(run.path / "pretraining" / str(number) / "weights.safetensors")


NAMES = {
    "rbm": ("recognition.weight", "recognition.bias"),
    "denoising": ("encoder.0.weight", "encoder.0.bias"),
    "supervised": ("hidden.0.weight", "hidden.0.bias"),
}


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


class Killed(BaseException):
    """Stands for SIGKILL."""


class Kill:
    """Ends the run after so many steps, of whichever layer they are."""

    def __init__(self, at):
        self.left = at

    def started(self, plan): ...
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

    def stepped(self, step, rows, loss):
        self.left -= 1
        if self.left == 0:
            raise Killed


OFTEN = {"epochs": 3, "checkpoint": {"seconds": 1e9, "steps": 4}}


def assert_same(whole, cut):
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, cut.network.state_dict()[name]), name
    of_layers = ("metrics.jsonl", "steps.parquet", "weights.safetensors")
    files = [f"pretraining/{number}/{name}" for number in (1, 2) for name in of_layers]
    for name in (*files, "metrics.jsonl", "evaluation.json"):
        assert (whole.path / name).read_bytes() == (cut.path / name).read_bytes(), name


@pytest.mark.parametrize("method", METHODS)
def test_a_run_cut_off_in_any_layer_goes_on_to_the_same_bits(tmp_path, method):
    whole = made(tmp_path / "whole", method, training=OFTEN)
    per_layer = whole.record("pretraining")["layers"][0]["steps"]
    for at in (2, 7, per_layer, per_layer + 6, 2 * per_layer, 2 * per_layer + 5):
        with pytest.raises(Killed):
            made(tmp_path / str(at), method, training=OFTEN, observers=[Kill(at)])
        (folder,) = (tmp_path / str(at)).iterdir()
        assert_same(whole, gh.resume(folder, observers=[]))


def test_layers_that_are_done_are_not_trained_again(tmp_path):
    with pytest.raises(Killed):
        made(tmp_path, training=OFTEN, observers=[Kill(60)])
    (folder,) = tmp_path.iterdir()
    done = folder / "pretraining" / "1" / "weights.safetensors"
    before = done.stat().st_mtime_ns
    assert not (done.parent / "checkpoints").exists()
    gh.resume(folder, observers=[])
    assert done.stat().st_mtime_ns == before


PROGRAM = textwrap.dedent(
    """
    import sys, time
    import glasshouse as gh
    from glasshouse.experiment.toml import read_experiment
    from pathlib import Path

    class Slowly:
        def started(self, plan): ...
        def epoch_ended(self, row, timing): ...
        def ended(self, reason): ...
        def stepped(self, step, rows, loss):
            time.sleep(0.01)

    gh.run(read_experiment(Path(sys.argv[1])), out=sys.argv[2], observers=[Slowly()])
    """
)


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "seconds"), [(1, 0.05), (2, 0.3)])
def test_kill_9_in_a_layer_changes_nothing_at_the_end(tmp_path, layer, seconds):
    experiment = digits(training=OFTEN)
    write_experiment(tmp_path / "experiment.toml", experiment)
    out = tmp_path / "cut"
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path / "experiment.toml"), str(out)])
    limit = time.monotonic() + 100
    while not list(out.glob(f"*/pretraining/{layer}/checkpoints/*.json")) and process.poll() is None:
        assert time.monotonic() < limit
        time.sleep(0.01)
    time.sleep(seconds)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    (folder,) = out.iterdir()
    cut = gh.resume(folder, observers=[])
    assert_same(gh.run(experiment, out=tmp_path / "whole", observers=[]), cut)


REFUSED = {
    "relu": (lambda: digits(model={"activation": "relu"}), "with ReLU behind 'linear1'", "model.activation"),
    "a steep sigmoid": (
        lambda: digits(model={"activation": {"name": "sigmoid", "steepness": 2.0}}),
        "with Sigmoid behind 'linear1'",
        "model.activation",
    ),
    "norms": (
        lambda: digits("denoising", model={"normalization": "batch"}),
        "with a norm behind 'linear1'",
        "model.normalization = 'none'",
    ),
    "pieces": (
        lambda: digits("denoising", model={"activation": "maxout"}),
        "with Maxout behind 'linear1'",
        "'supervised'",
    ),
    "no hidden layer": (lambda: digits(model={"hidden": []}), "that is no dense network", "model.hidden"),
    "a convolutional network": (
        lambda: gh.Experiment(data="digits", model="cnn", pretraining={"method": "supervised"}),
        "pretraining.method = 'supervised' with a Sequential that is no dense network",
        "model.name = 'mlp'",
    ),
    "an ensemble": (
        lambda: digits(ensemble={"members": 3}),
        "with ensemble.kind = 'seeds'",
        "ensemble.kind = 'snapshots'",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_pre_trained_is_refused_before_there_is_a_folder(tmp_path, what):
    experiment, received, fix = REFUSED[what]
    with pytest.raises(SettingError) as caught:
        gh.run(experiment(), out=tmp_path, observers=[])
    assert received in caught.value.received
    assert fix in caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_weights_of_a_file_and_pre_training_exclude_each_other(tmp_path):
    path = tmp_path / "known.safetensors"
    save_file(build_model(digits().model.spec(), (1, 8, 8), 10, seed=1).state_dict(), path)
    with pytest.raises(SettingError, match="either would replace what the other gave"):
        made(tmp_path, model={"weights": str(path)})


@pytest.mark.parametrize(
    ("section", "received"),
    [
        (
            {"method": "rbm", "corruption": "gaussian"},
            "pretraining.corruption with",
        ),
        ({"method": "supervised", "gibbs_steps": 2}, "pretraining.gibbs_steps with"),
        ({"method": "denoising", "amount": 1.5}, "pretraining.amount = 1.5 with masking"),
        ({"method": "rbn"}, "pretraining.method = 'rbn'"),
        ({"epochs": 0}, "pretraining.epochs = 0"),
    ],
)
def test_settings_that_could_do_nothing_are_refused_by_their_dotted_key(section, received):
    with pytest.raises(SettingError) as caught:
        gh.Experiment(data="digits", pretraining=section)
    assert received in caught.value.received


def test_every_trial_of_a_sweep_pre_trains_by_itself(tmp_path):
    """Fine-tuning that moves nothing leaves what pre-training gave, so scores are its alone."""
    space = {"pretraining.epochs": {"values": [1, 4]}}
    search = {"strategy": "grid", "folds": 1, "seeds": 1, "refit": False}
    sweep = gh.sweep(digits(training=STILL), space, out=tmp_path, **search)
    for trial, epochs in zip(sweep.trials, (1, 4), strict=True):
        run = made(tmp_path, training=STILL, pretraining={"epochs": epochs})
        assert trial.losses == [[run.history["validation_loss"][0]]]
    assert sweep.trials[0].losses != sweep.trials[1].losses


def test_a_sweep_refuses_layers_that_cannot_be_pre_trained_before_it_begins(tmp_path):
    space = {"model.activation": {"values": ["sigmoid", "tanh"]}}
    experiment = gh.Experiment(data={"source": "digits", "most_rows": 100}, model="cnn", pretraining="rbm")
    with pytest.raises(SettingError, match="pretraining.method = 'rbm'"):
        gh.sweep(experiment, space, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


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

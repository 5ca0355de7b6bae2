"""Deep belief networks through the whole road: records, report, bundle, samples, resume."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import glasshouse as gh
from glasshouse.core.errors import SettingError
from glasshouse.core.seeds import derive
from glasshouse.models import layerwise_bound, log_partition
from glasshouse.project import pretraining
from glasshouse.project.materials import gather
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.loop import train


def digits(model=None, pretraining=None, training=None, output=None, **sections):
    return gh.Experiment(
        data={"source": "digits", "most_rows": 600},
        model={"name": "dbn", "hidden": [10, 64], **(model or {})},
        pretraining={"epochs": 12, **(pretraining or {})},
        training={"epochs": 6, **(training or {})},
        output={"onnx": False, **(output or {})},
        **sections,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return gh.run(
        digits(pretraining={"epochs": 40}, output={"onnx": True}),
        out=tmp_path_factory.mktemp("dbn"),
        observers=[],
    )


def test_an_experiment_that_names_the_model_alone_is_decided(made):
    experiment = made.experiment
    assert (experiment.objective.name, experiment.pretraining.method) == ("contrastive_divergence", "rbm")
    assert json.loads((made.path / "preparation.json").read_text())["state"]["scaling"] == "binary"


def test_machines_below_the_top_are_pre_trained_and_then_rest(made):
    (layer,) = made.record("pretraining")["layers"]
    assert (layer["name"], layer["inputs"], layer["units"], layer["epochs"]) == ("machine 1", 64, 10, 40)
    network = json.loads((made.path / "network.json").read_text())
    assert (network["frozen"], network["parameters"]) == (64 * 10 + 64 + 10, 10 * 64 + 10 + 64)


def test_the_record_leads_with_the_bound_of_the_network(made):
    record, prepared = made.evaluation, gather(made.experiment).prepared
    assert (record["primary"], record["energy"]["method"]) == ("bound", "exact")
    machines = made.network.stack()
    for name, part in prepared.parts().items():
        bound = layerwise_bound(machines, part.inputs, log_partition(machines[-1])).mean()
        assert record["metrics"][name]["bound"] == pytest.approx(float(bound), abs=1e-4)
    low, high = record["intervals"]["metrics"]["bound"]
    assert low < record["metrics"]["test"]["bound"] < high
    assert "is at least" in record["verdict"]
    assert record["metrics"]["test"]["bound"] > record["baselines"][0]["metrics"]["bound"]


def test_the_kept_epoch_is_the_one_with_the_highest_bound(made):
    best = json.loads((made.path / "training.json").read_text())
    assert best["monitor"] == "bound"
    assert best["best_epoch"] == 1 + int(np.argmax(made.history["validation_bound"].to_list()))


def test_the_report_shows_both_machines_and_new_rows(made):
    page = made.report.read_text()
    for words in (
        "Pre-training",
        "Bound of the likelihood",
        "What hidden units look for",
        "Chains",
        "New ones",
    ):
        assert words in page
    assert "unexpected form" not in page
    looked = made.evaluation["energy"]
    assert len(looked["units"]) == 10
    for path in (*looked["units"], *looked["samples"], *looked["dreams"][0]):
        assert (made.path / path).exists()


def test_the_bundle_encodes_and_makes_new_rows(made):
    coder = gh.load(made.bundle).coder()
    pixels = np.zeros((2, 8, 8), np.uint8)
    pixels[1, 2:6, 3:5] = 200
    prepared = torch.from_numpy((pixels > 127.5).astype(np.float32))[:, None]
    with torch.no_grad():
        assert np.allclose(coder.encode(pixels), made.network.encode(prepared).numpy(), atol=1e-6)
    assert set(np.unique(coder.sample(4, seed=1))) <= {0, 255}
    assert (made.bundle / "model.onnx").exists()


def test_a_top_machine_of_fitting_size_begins_at_the_likelihood_of_the_one_below(tmp_path):
    still = {"epochs": 1, "learning_rate": 1e-30}
    run = gh.run(
        digits(pretraining={"epochs": 2}, training=still, output={"report": False, "bundle": False}),
        out=tmp_path,
        observers=[],
    )
    alone = run.record("pretraining")["layers"][0]["bound"]
    assert alone["part"] == "validation"
    assert run.metrics["validation"]["bound"] == pytest.approx(alone["value"], abs=1e-3)


def test_machines_above_the_first_learn_from_units_and_not_from_their_probabilities(tmp_path, monkeypatch):
    jobs = []

    def noting(job, *more):
        jobs.append(job)
        return train(job, *more)

    monkeypatch.setattr(pretraining, "train", noting)
    run = gh.run(
        digits(
            model={"hidden": [10, 6, 4]},
            pretraining={"epochs": 1},
            training={"epochs": 1},
            output={"report": False, "bundle": False},
        ),
        out=tmp_path,
        observers=[],
    )
    rows, seed = gather(run.experiment).prepared.train, derive(0, "pretraining", "layer", 2)
    size = run.experiment.pretraining.batch_size
    shown = list(InMemoryBatches(rows, size, seed=seed).epoch(0))[3][0].inputs
    chance = torch.Generator().manual_seed(derive(seed, "augment", 0, 3))
    units = run.network.draw_up(shown, chance, machines=1)
    assert torch.equal(list(jobs[1].batches.epoch(0))[3][0].inputs, units)
    for seen in (units, jobs[1].validation.inputs):
        assert seen.shape[1] == 10
        assert set(seen.unique().tolist()) == {0.0, 1.0}


class Killed(BaseException):
    """Stands for SIGKILL."""


class Kill:
    """Ends the run after so many steps, of whichever machine they are."""

    def __init__(self, at):
        self.left = at

    def started(self, plan): ...
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

    def stepped(self, step, rows, loss):
        self.left -= 1
        if self.left == 0:
            raise Killed


@pytest.mark.parametrize("persistent", [False, True])
def test_a_run_cut_off_in_any_machine_goes_on_to_the_same_bits(tmp_path, persistent):
    experiment = digits(
        pretraining={"epochs": 2},
        training={"epochs": 2, "checkpoint": {"seconds": 1e9, "steps": 7}},
        output={"report": False, "bundle": False},
        objective={"persistent": persistent},
    )
    whole = gh.run(experiment, out=tmp_path / "whole", observers=[])
    steps = whole.record("pretraining")["layers"][0]["steps"]
    for at in (10, steps + 10):
        with pytest.raises(Killed):
            gh.run(experiment, out=tmp_path / str(at), observers=[Kill(at)])
        (folder,) = (tmp_path / str(at)).iterdir()
        cut = gh.resume(folder, observers=[])
        for name, value in whole.network.state_dict().items():
            assert torch.equal(value, cut.network.state_dict()[name]), name
        for name in ("pretraining/1/metrics.jsonl", "metrics.jsonl", "evaluation.json"):
            assert (whole.path / name).read_bytes() == (cut.path / name).read_bytes(), name


def test_tables_have_gaussian_units_below_and_binary_ones_above(tmp_path):
    few = {"epochs": 3}
    run = gh.run(
        gh.Experiment(
            data="iris",
            model={"name": "dbn", "hidden": [5, 3]},
            pretraining=few,
            training=few,
            output={"onnx": False},
        ),
        out=tmp_path,
        observers=[],
    )
    assert [each.visible for each in run.network.stack()] == ["gaussian", "binary"]
    assert np.isfinite(run.metrics["test"]["bound"])
    assert len(gh.load(run.bundle).coder().sample(3)) == 3


def test_a_top_of_more_than_twelve_units_is_watched_by_its_pseudo_likelihood(tmp_path):
    run = gh.run(
        digits(
            model={"hidden": [16, 14]},
            pretraining={"epochs": 1, "bound": False},
            training={"epochs": 1},
            output={"report": False, "bundle": False},
        ),
        out=tmp_path,
        observers=[],
    )
    assert "validation_pseudo_likelihood" in run.history.columns
    assert run.evaluation["energy"]["method"] == "exact"


def test_it_is_made_of_machines_only(tmp_path):
    with pytest.raises(SettingError, match="pretraining.method = 'denoising' with a deep belief network"):
        gh.run(digits(pretraining={"method": "denoising"}), out=tmp_path, observers=[])

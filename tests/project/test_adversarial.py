"""Adversarial networks through the whole road: run, records, report, bundle, samples, resume."""

from __future__ import annotations

import json
import re

import numpy as np
import onnxruntime
import polars as pl
import pytest
import torch

import glasshouse as gh
from glasshouse.cli.app import execute
from glasshouse.core.errors import BundleError, SettingError
from glasshouse.experiment import Run
from glasshouse.ship.verify import verify
from glasshouse.training.records import exhibits_of


def ring(output=None, **training):
    return gh.Experiment(
        data="ring", model="gan", training={"epochs": 4, **training}, output={"onnx": False, **(output or {})}
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A short run on the ring."""
    return gh.run(ring(), out=tmp_path_factory.mktemp("runs"), observers=[])


def test_the_experiment_decides_itself(run):
    decided = run.experiment
    assert (decided.objective.name, decided.objective.loss) == ("adversarial", "non_saturating")
    assert decided.training.early_stopping.patience == "off"
    assert decided.training.batch_size == 256
    assert decided.training.optimizer == {"name": "adam", "beta1": 0.5, "beta2": 0.99}


def test_an_objective_alone_finds_its_model(tmp_path):
    experiment = gh.Experiment(
        data={"source": "digits", "most_rows": 200},
        objective="adversarial",
        training={"epochs": 2},
        output={"bundle": False},
    )
    made = gh.run(experiment, out=tmp_path, observers=[])
    page = made.report.read_text()
    assert "The same codes over time" in page
    assert "From one code to another" in page
    assert re.search(r"(\d) of the discriminator, \1 of the generator", page)
    assert made.experiment.model.name == "dcgan"
    assert made.experiment.training.batch_size == 128


def test_records_hold_both_losses_and_what_was_made(run):
    history = run.history
    wanted = {
        "train_discriminator_loss",
        "train_generator_loss",
        "train_real",
        "train_fake",
        "validation_real",
    }
    assert wanted <= set(history.columns)
    exhibits = exhibits_of(run.path / "samples.parquet")
    assert list(exhibits) == [1, 2, 3, 4]
    assert exhibits[4].shape == (500, 2)
    assert run.record("training")["best_epoch"] == 4  # the last weights
    assert "several phases" in run.record("network")["engine_why"]
    layers = [each["name"] for each in run.record("network")["layers"]]
    assert {"generator.linear1", "discriminator.output"} <= set(layers)


def test_the_evaluation_measures_modes_collapse_and_copies(run):
    looked = run.evaluation["generation"]
    assert looked["modes"]["modes"] == 8
    assert set(looked["collapse"]) == {"variety", "duplicates"}
    assert looked["game"]["optimum"] == pytest.approx(np.log(4))
    assert len(looked["modes_over_time"]) == 4
    assert run.metrics["test"].keys() >= {"coverage", "frechet", "discriminator_loss"}


def test_the_report_shows_the_game_and_what_was_made(run):
    page = run.report.read_text()
    assert "What it makes" in page
    assert "Both losses" in page
    assert "What the discriminator says" in page
    assert "The worst mistakes" not in page


def test_a_report_on_what_is_made_does_not_say_that_classes_are_predicted(run):
    page = run.report.read_text()
    assert "What is to be predicted" not in page
    assert "nothing is learnt from them" in page


def test_a_report_on_other_runs_has_no_such_section(tmp_path):
    experiment = gh.Experiment(data="iris", training={"epochs": 1}, output={"bundle": False})
    page = gh.run(experiment, out=tmp_path, observers=[]).report.read_text()
    assert "What it makes" not in page
    assert "The worst mistakes" in page


def test_run_and_bundle_draw_the_same_rows_in_the_units_of_the_data(run):
    fresh = Run(run.path)  # as another process would open it
    made = [each.sample(50, seed=3) for each in (run, fresh, gh.load(run.bundle))]
    for each in made:
        assert each.frame.columns == ["x1", "x2"]
        assert np.array_equal(each.rows, made[0].rows)
    ways = fresh.sample(2, steps=4)
    assert len(ways) == 8
    spread = fresh.record("preparation")["state"]["encoders"][0]["state"]["spread"]
    assert made[0].frame["x1"].to_numpy() == pytest.approx(made[0].rows[:, 0] * spread, abs=0.05)


def test_the_command_draws_rows(run, tmp_path, capsys):
    file = tmp_path / "new.csv"
    code = execute(["sample", str(run.path), "--count", "12", "--seed", "3", "--out", str(file), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert pl.read_csv(file).height == document["count"] == 12
    assert execute(["sample", str(run.bundle), "--count", "2"]) == 0
    assert "x1" in capsys.readouterr().out


def test_a_network_that_makes_nothing_is_named(tmp_path, capsys):
    experiment = gh.Experiment(data="iris", training={"epochs": 1}, output={"report": False, "bundle": False})
    made = gh.run(experiment, out=tmp_path, observers=[])
    assert execute(["sample", str(made.path)]) == 1
    assert "which makes no rows of its own" in capsys.readouterr().err


@pytest.mark.slow
def test_the_bundle_of_pictures_holds_a_generator_that_runs_without_glasshouse(tmp_path):
    experiment = gh.Experiment(
        data={"source": "digits", "most_rows": 300},
        model={"name": "dcgan", "filters": 4, "latent": 5},
        training={"epochs": 1, "batch_size": 32},
        output={"report": False},
    )
    made = gh.run(experiment, out=tmp_path, observers=[])
    verify(made.bundle)
    assert "generator.onnx" in (made.bundle / "card.md").read_text()
    codes = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    session = onnxruntime.InferenceSession(made.bundle / "generator.onnx")
    given = session.run(None, {"input": codes.numpy()})[0]
    network = gh.load(made.bundle, backend="torch").module()
    with torch.no_grad():
        assert given == pytest.approx(network.decode(codes).numpy(), abs=1e-5)
    (made.bundle / "generator.onnx").write_bytes(b"something else")
    with pytest.raises(BundleError, match=r"generator\.onnx"):
        gh.load(made.bundle)


def test_a_run_cut_off_in_the_middle_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    settings = {"epochs": 6, "checkpoint": {"seconds": 1e9, "steps": 7}}
    settings["output"] = {"report": False, "bundle": False}
    whole = gh.run(ring(**settings), out=tmp_path / "whole", observers=[])

    class Killed(BaseException):
        """Stands for SIGKILL."""

    class Kill:
        """Ends the run at a step in the middle of an epoch."""

        def started(self, plan): ...
        def epoch_ended(self, row, timing): ...
        def ended(self, reason): ...

        def stepped(self, step, rows, loss):
            if step == 40:
                raise Killed

    with pytest.raises(Killed):
        gh.run(ring(**settings), out=tmp_path / "cut", observers=[Kill()])
    (folder,) = (tmp_path / "cut").iterdir()
    cut = gh.resume(folder, observers=[])
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, cut.network.state_dict()[name]), name
    for name in ("metrics.jsonl", "evaluation.json"):
        assert (whole.path / name).read_bytes() == (cut.path / name).read_bytes(), name
    for name in ("samples.parquet", "steps.parquet", "probes.parquet"):
        assert pl.read_parquet(whole.path / name).equals(pl.read_parquet(cut.path / name)), name


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ({"learning_rate": "find"}, "a range test needs one loss that falls"),
        ({"schedule": "plateau"}, "a schedule that goes by steps"),
        ({"early_stopping": {"patience": 3}}, "a lower loss of one side is no better epoch"),
    ],
)
def test_what_compares_losses_is_refused(tmp_path, training, said):
    with pytest.raises(SettingError, match=said):
        gh.run(ring(**training), out=tmp_path, observers=[])


@pytest.mark.slow
def test_the_ring_is_found_in_full(tmp_path):
    made = gh.run(
        gh.Experiment(data="ring", model="gan", output={"bundle": False}), out=tmp_path, observers=[]
    )
    modes = made.evaluation["generation"]["modes"]
    assert modes["found"] == 8
    assert modes["clean"] > 0.7
    assert made.metrics["test"]["discriminator_loss"] == pytest.approx(np.log(4), abs=0.12)

"""The main job end to end, on built-in data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib

import numpy as np
import polars as pl
import pytest
import torch

import glasshouse as gh
from glasshouse.core import files
from glasshouse.core.errors import (
    DataError,
    NonFiniteError,
    SettingError,
    StorageError,
    TrainingStoppedError,
    UsageError,
)
from glasshouse.training.records import Records


def without_times(run):
    """Everything of a run that must not differ between equal runs."""
    return {
        "metrics.jsonl": (run.path / "metrics.jsonl").read_bytes(),
        "evaluation": run.evaluation,
        "predictions": pl.read_parquet(run.path / "predictions.parquet"),
        "weights": run.best_weights(),
        "best": json.loads((run.path / "training.json").read_text())["best_epoch"],
    }


def assert_same(one, other):
    assert one["metrics.jsonl"] == other["metrics.jsonl"]
    assert one["evaluation"] == other["evaluation"]
    assert one["predictions"].equals(other["predictions"])
    assert one["best"] == other["best"]
    for name, value in one["weights"].items():
        assert torch.equal(value, other["weights"][name])


def test_the_whole_road_leaves_every_record(tmp_path, experiment):
    told: list[str] = []
    run = gh.run(
        experiment("digits", output={"report": True, "bundle": True}), out=tmp_path, tell=told.append
    )
    assert run.status["state"] == "finished"
    expected = [
        "experiment.toml",
        "environment.json",
        "status.json",
        "data.json",
        "exploration.json",
        "preparation.json",
        "network.json",
        "metrics.jsonl",
        "timings.jsonl",
        "steps.parquet",
        "probes.parquet",
        "training.json",
        "evaluation.json",
        "predictions.parquet",
        "report.html",
        "bundle",
        "checkpoints",
        "pictures",
    ]
    assert set(expected) <= {path.name for path in run.path.iterdir()}
    assert sorted(run.metrics) == ["test", "train", "validation"]
    assert run.history.height == 3
    assert run.steps.height == 3 * (1797 * 65 // 100 // 64 + 1)
    assert set(run.probes["layer"]) >= {"conv1", "norm1", "activation1", "output"}
    again = gh.Run(run.path)
    assert again.metrics == run.metrics
    # the recorded weights are those of the network that was returned
    for name, value in again.best_weights().items():
        assert torch.equal(value, run.network.state_dict()[name])
    assert any("run folder" in sentence for sentence in told)


def test_the_record_of_an_experiment_repeats_it_bit_for_bit(tmp_path, experiment):
    first = gh.run(experiment("digits", model={"name": "lenet5"}), out=tmp_path)
    text = (first.path / "experiment.toml").read_text()
    assert '"auto"' not in json.dumps(tomllib.loads(text)["training"]["schedule"])
    second = gh.run(gh.Experiment.read(tomllib.loads(text)), out=tmp_path)
    assert_same(without_times(first), without_times(second))


def test_probes_and_bars_change_nothing(tmp_path, experiment):
    watched = gh.run(experiment(watch={"probes": True, "every": 1, "tensorboard": True}), out=tmp_path)
    bare = gh.run(experiment(watch={"probes": False}), out=tmp_path, observers=[])
    assert_same(without_times(watched), without_times(bare))
    assert watched.probes.height > 0
    assert bare.probes.height == 0
    assert list((watched.path / "tensorboard").iterdir())


SCRIPT = """
import sys, time
import glasshouse as gh
class Slow:
    def started(self, plan): ...
    def stepped(self, step, rows, loss): time.sleep(0.005); print(step, flush=True)
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...
experiment = gh.Experiment.read({values!r})
gh.run(experiment, out={out!r}, observers=[Slow()])
"""


def test_a_run_killed_by_sigkill_resumes_to_the_same_bits(tmp_path, experiment):
    chosen = experiment(
        "digits",
        model={"name": "cnn", "widths": [4, 8], "dropout": 0.3},
        training={"epochs": 3, "checkpoint": {"seconds": 0.05}},
    )
    chosen = chosen.replace(
        data=chosen.data.replace(augment={"shift": 0.1, "rotate": 10, "noise": 0.1}).model_dump()
    )
    whole = gh.run(chosen, out=tmp_path / "whole")
    script = SCRIPT.format(values=chosen.model_dump(mode="json"), out=str(tmp_path / "cut"))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.strip() == "25":
            os.kill(process.pid, signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    (folder,) = (tmp_path / "cut").iterdir()
    cut = gh.Run(folder)
    assert cut.status["state"] == "running"
    assert cut.checkpoints().steps()
    resumed = gh.resume(folder)
    assert resumed.status["state"] == "finished"
    assert_same(without_times(whole), without_times(resumed))
    assert gh.resume(resumed).path == resumed.path  # a finished run is left alone


def test_a_stopped_run_says_so_and_goes_on(tmp_path, experiment):
    class Stop:
        def started(self, plan): ...
        def epoch_ended(self, row, timing): ...
        def ended(self, reason): ...

        def stepped(self, step, rows, loss):
            if step == 9:
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingStoppedError, match="stopped by SIGTERM in epoch 2"):
        gh.run(experiment(), out=tmp_path, observers=[Stop()])
    (folder,) = tmp_path.iterdir()
    assert gh.Run(folder).status["state"] == "interrupted"
    assert_same(without_times(gh.resume(folder)), without_times(gh.run(experiment(), out=tmp_path / "whole")))


def test_a_failed_run_keeps_what_it_reached_and_gets_its_report(tmp_path, experiment):
    broken = experiment(
        training={"optimizer": "sgd", "learning_rate": 1e30, "schedule": "constant"}, output={"report": True}
    )
    with pytest.raises(NonFiniteError, match="the loss became"):
        gh.run(broken, out=tmp_path)
    (folder,) = tmp_path.iterdir()
    run = gh.Run(folder)
    assert run.status["state"] == "failed"
    assert run.status["stage"] == "training"
    assert run.report is not None
    assert "failed" in run.report.read_text()


def test_a_full_disk_during_training_is_said_and_resumable(tmp_path, experiment, monkeypatch):
    chosen = experiment(training={"checkpoint": {"steps": 5}})
    original, count = files.write_atomic, []

    def full(path, content):
        if path.suffix == ".safetensors":
            count.append(path)
            if len(count) == 3:
                raise files.cannot_write(path, OSError(28, "No space left on device"))
        original(path, content)

    monkeypatch.setattr("glasshouse.training.checkpoints.write_atomic", full)
    with pytest.raises(StorageError, match="the disk is full"):
        gh.run(chosen, out=tmp_path)
    monkeypatch.undo()
    (folder,) = tmp_path.iterdir()
    assert gh.Run(folder).status["state"] == "failed"
    assert_same(without_times(gh.resume(folder)), without_times(gh.run(chosen, out=tmp_path / "whole")))


def test_changed_data_are_not_resumed_on(tmp_path, experiment):
    table = tmp_path / "t.csv"
    rows = [f"{i},{i % 7},{'yes' if i % 3 else 'no'}" for i in range(60)]
    table.write_text("a,b,c\n" + "\n".join(rows) + "\n")
    chosen = experiment({"source": str(table), "target": "c"})
    run = gh.run(chosen, out=tmp_path / "runs")
    run.note("running", "training")
    table.write_text("a,b,c\n" + "\n".join([*rows, "61,3,no"]) + "\n")
    with pytest.raises(DataError, match=r"the data of .* have changed: 60 rows then, 61 rows now"):
        gh.resume(run)


def test_the_learning_rate_is_found_when_asked_for(tmp_path, experiment):
    run = gh.run(experiment("moons", training={"learning_rate": "find"}), out=tmp_path)
    found = run.record("range_test")
    assert run.experiment.training.learning_rate == found["suggestion"]
    assert len(found["rates"]) == len(found["losses"])


def test_a_perceptron_goes_the_whole_road(tmp_path, experiment):
    run = gh.run(experiment("blobs", model="perceptron", output={"bundle": True}), out=tmp_path)
    assert run.metrics["test"]["accuracy"] > 0.9
    assert "log_loss" not in run.metrics["test"]  # it gives scores, no probabilities
    answers = gh.load(run.bundle).predict({"x1": [0.0], "x2": [0.0]})
    assert answers.probabilities is None
    assert answers.labels[0] in run.evaluation["classes"]


def test_regression_is_measured_in_the_targets_own_unit(tmp_path, experiment):
    run = gh.run(experiment("diabetes", training={"epochs": 30}, output={"bundle": True}), out=tmp_path)
    predicted = pl.read_parquet(run.path / "predictions.parquet").filter(pl.col("part") == "test")
    error = (predicted["target"] - predicted["prediction"]).to_numpy()
    assert run.metrics["test"]["rmse"] == pytest.approx(float(np.sqrt(np.mean(error**2))), rel=1e-6)
    assert 20 < run.metrics["test"]["mae"] < 90  # disease progression runs from 25 to 346
    assert run.metrics["test"]["r2"] > 0.2


def test_augmentation_of_tables_is_refused(tmp_path, experiment):
    chosen = experiment({"source": "iris", "augment": {"flip_horizontal": True}})
    with pytest.raises(SettingError, match="data.augment on data that are no pictures"):
        gh.run(chosen, out=tmp_path)


def test_data_in_memory_run_and_resume(tmp_path, experiment):
    generator = np.random.default_rng(0)
    frame = pl.DataFrame({"a": generator.normal(size=90), "b": generator.choice(["x", "y"], 90)})
    frame = frame.with_columns(c=pl.when(pl.col("a") > 0).then(pl.lit("up")).otherwise(pl.lit("down")))
    chosen = experiment({"source": "memory", "target": "c"})
    run = gh.run(chosen, data=frame, out=tmp_path)
    run.note("running", "training")
    with pytest.raises(DataError, match="started with data in memory"):
        gh.resume(run)
    assert gh.resume(run, data=frame).status["state"] == "finished"


def test_a_failure_after_training_is_noted_with_its_stage(tmp_path, experiment, monkeypatch):
    def broken(*_):
        raise ValueError("a bug")

    monkeypatch.setattr("glasshouse.project.pipeline.evaluate_network", broken)
    with pytest.raises(ValueError, match="a bug"):
        gh.run(experiment(), out=tmp_path)
    monkeypatch.undo()
    (folder,) = tmp_path.iterdir()
    run = gh.Run(folder)
    assert (run.status["state"], run.status["stage"]) == ("failed", "evaluation")
    assert "ValueError('a bug')" in run.status["message"]
    assert gh.resume(run).metrics["test"]["accuracy"] >= 0  # training is not done again, the rest is


def test_misspelt_data_are_guessed():
    with pytest.raises(Exception, match="digits"):
        gh.run("digts")


def test_records_stay_readable_when_nothing_was_trained(tmp_path):
    Records(tmp_path).flush()
    assert pl.read_parquet(tmp_path / "steps.parquet").height == 0


def test_what_is_no_run_cannot_be_resumed(tmp_path):
    with pytest.raises(UsageError, match="is no run"):
        gh.resume(tmp_path)

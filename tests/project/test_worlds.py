"""A world goes down the same road as rows: experiment, run folder, exact resume, report, bundle."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import torch

import glasshouse as gh
from glasshouse.cli.app import execute
from glasshouse.core.errors import DataError, SettingError, TrainingStoppedError
from glasshouse.experiment.decide_acting import decide_acting
from glasshouse.project.acting import gather_scene
from glasshouse.training.population import Cohort, kept_state
from glasshouse.worlds import GridWorld, play, seeds_for, value_iteration

GRID = {
    "data": {"source": "world:grid", "acting": {"steps": 400, "warmup": 100, "test_episodes": 20}},
    "model": {"name": "q_network", "hidden": [32]},
    "objective": {"target_every": 25, "target_rate": 1.0},
    "training": {"epochs": 6, "learning_rate": 0.003},
}
LINE = {
    "data": {"source": "world:linear", "acting": {"steps": 500, "test_episodes": 20, "warmup": 500}},
    "model": {"name": "actor_critic", "hidden": [64, 64]},
    "training": {"epochs": 8, "learning_rate": 0.002},
}


def ran(settings, folder, **changes):
    return gh.run(gh.Experiment(**{**settings, **changes}), out=folder, observers=[])


def test_a_trial_of_a_sweep_is_the_run_that_it_would_be_alone(tmp_path):
    """Also when it learns a slice at a time, beside others that are given up on the way."""
    patient = {**GRID["training"], "early_stopping": {"patience": 50}}
    settings = {**GRID, "training": patient, "output": {"onnx": False}, "watch": {"probes": False}}
    space = {"training.learning_rate": [1e-6, 0.003], "data.acting.explore": [0.04]}
    search = {"strategy": "halving", "trials": 2, "rungs": 2, "factor": 2, "seeds": 2}
    found = gh.sweep(gh.Experiment(**settings), space, out=tmp_path, observers=[], **search)
    assert found.measure.name == "return"
    assert {each.settings["training.learning_rate"]: each.state for each in found.trials} == {
        1e-6: "dropped", 0.003: "finished",
    }  # fmt: skip
    for seed, score in enumerate(found.best.scores[0]):
        alone = ran(settings, tmp_path / "alone", seed=seed)
        best = alone.record("training")["best_epoch"]
        assert score == alone.history["validation_return"][best - 1]
        assert found.best.losses[0][seed] == alone.history["validation_loss"][best - 1]
    assert found.run.metrics["test"]["return"] is not None
    page = found.report.read_text()
    assert "world:grid" in page
    assert "Trained once more, it reaches" in page
    (found.path / "summary.json").unlink()
    assert gh.sweep(found.path, refit=False, observers=[]).best == found.best


def test_a_sweep_that_is_cut_off_goes_on_in_the_middle_of_an_episode(tmp_path, monkeypatch):
    settings = gh.Experiment(**{**GRID, "watch": {"probes": False}})
    search = {"strategy": "halving", "trials": 2, "rungs": 2, "factor": 2, "seeds": 1, "refit": False}
    space = {"training.learning_rate": [1e-6, 0.003]}
    whole = gh.sweep(settings, space, out=tmp_path, **search)
    for name, value in {"SECONDS": 0.0, "SHARE": 1e9, "PER_SECOND": 1e30}.items():
        monkeypatch.setattr(kept_state, name, value)
    advance, seen = Cohort.advance, []

    def cut(self, epochs):
        seen.append(epochs)
        if len(seen) == 2:
            raise KeyboardInterrupt
        advance(self, epochs)

    monkeypatch.setattr(Cohort, "advance", cut)
    with pytest.raises(TrainingStoppedError) as caught:
        gh.sweep(settings, space, out=tmp_path, **search)
    said = []
    again = gh.sweep(caught.value.run, refit=False, tell=said.append)
    assert any("2 trials go on from epoch " in each for each in said)
    assert [(each.state, each.scores, each.losses, each.curves) for each in again.trials] == [
        (each.state, each.scores, each.losses, each.curves) for each in whole.trials
    ]


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    return ran(GRID, tmp_path_factory.mktemp("grid"))


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    return ran(LINE, tmp_path_factory.mktemp("line"))


def test_q_learning_finds_the_values_of_value_iteration(grid):
    known = grid.evaluation["known"]
    assert known["right"] == 1.0
    assert known["apart"] < 0.02
    best = value_iteration(GridWorld(), 0.9).max(axis=1)
    assert known["values"] == pytest.approx(best.tolist(), abs=1e-4)
    [random, iterated] = grid.evaluation["baselines"]
    assert grid.metrics["test"]["return"] == pytest.approx(iterated["metrics"]["return"], abs=1e-9)
    assert random["metrics"]["return"] < -1


def test_ddpg_comes_near_riccatis_policy(line):
    [random, best] = line.evaluation["baselines"]
    cost, least = -line.metrics["test"]["return"], -best["metrics"]["return"]
    assert least < cost < 1.5 * least
    assert -random["metrics"]["return"] > 10 * cost


def test_the_run_folder_holds_what_was_done(grid):
    assert grid.experiment.objective.name == "q_learning"
    assert grid.experiment.objective.discount == 0.9
    episodes = pl.read_parquet(grid.path / "episodes.parquet")
    assert episodes.columns == ["step", "return", "length"]
    assert episodes["step"].is_sorted()
    assert episodes["length"].sum() == episodes["step"].max()
    assert grid.history["train_episodes"].sum() == len(episodes)
    assert {"validation_return", "validation_expected", "validation_came", "train_explore"} <= set(
        grid.history.columns
    )
    best = grid.history["validation_return"].arg_max() + 1
    assert grid.record("training")["best_epoch"] == best
    assert grid.record("training")["monitor"] == "return"
    assert grid.record("training")["engine"] == "dense"
    assert "rows that do not lie in memory" in grid.record("training")["engine_why"]


def test_the_measured_episodes_are_others_than_those_that_chose(grid):
    assert not set(seeds_for(0, "test", 100)) & set(seeds_for(grid.experiment.seed, "validation", 10))


def test_the_same_experiment_gives_the_same_bits(grid, tmp_path):
    again = ran(GRID, tmp_path)
    assert (again.path / "metrics.jsonl").read_bytes() == (grid.path / "metrics.jsonl").read_bytes()
    assert again.evaluation == grid.evaluation


class Power(BaseException):
    """A failure that nothing cleans up after."""


class Off:
    """An observer that cuts the power at a step."""

    def __init__(self, at):
        self.at = at

    def started(self, plan): ...
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

    def stepped(self, step, rows, loss):
        if step == self.at:
            raise Power


@pytest.mark.parametrize("settings", [GRID, LINE], ids=["q_learning", "ddpg"])
def test_a_run_that_was_killed_goes_on_to_the_same_weights(settings, tmp_path):
    training = {**settings["training"], "epochs": 2, "checkpoint": {"steps": 100, "seconds": 1e9}}
    quick = {**settings, "training": training, "output": {"report": False, "bundle": False}}
    whole = ran(quick, tmp_path / "whole")
    with pytest.raises(Power):
        gh.run(gh.Experiment(**quick), out=tmp_path / "cut", observers=[Off(543)])
    [folder] = (tmp_path / "cut").iterdir()
    done = gh.resume(folder, observers=[])
    assert done.status["state"] == "finished"
    assert (done.path / "metrics.jsonl").read_bytes() == (whole.path / "metrics.jsonl").read_bytes()
    assert done.evaluation == whole.evaluation
    for key, value in whole.network.state_dict().items():
        assert torch.equal(value, done.network.state_dict()[key]), key
    ours, theirs = (pl.read_parquet(each.path / "episodes.parquet") for each in (done, whole))
    assert ours.equals(theirs)


def test_a_world_that_has_changed_is_refused(grid, monkeypatch):
    known = json.loads((grid.path / "data.json").read_text())
    monkeypatch.setattr(GridWorld, "limit", 20)
    scene = gather_scene(grid.experiment)
    assert scene.facts()["fingerprint"] != known["fingerprint"]


def test_the_bundle_says_what_to_do(grid):
    bundle = gh.load(grid.bundle)
    seen = np.eye(25, dtype=np.float32)
    answers = bundle.predict(seen)
    values = grid.network(torch.from_numpy(seen)).detach().numpy()
    names = ("up", "right", "down", "left")
    assert answers.labels.tolist() == [names[each] for each in values.argmax(1)]
    assert answers.scores == pytest.approx(values, abs=1e-5)
    assert answers.probabilities is None
    assert bundle.schema.onnx.checked.largest_difference < 1e-5
    assert bundle.schema.outputs[0].name == "action_values"
    assert "says what to do (up, right, down, left)" in bundle.card.replace("`", "")
    assert "nowhere else" in bundle.card


def test_the_bundle_of_an_actor_gives_actions_between_their_ends(line):
    bundle = gh.load(line.bundle)
    seen = 5 * np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    answers = bundle.predict(seen)
    assert np.abs(answers.values).max() <= 2 + 1e-6
    expected = line.network(torch.from_numpy(seen)).detach().numpy()[:, 0]
    assert answers.values == pytest.approx(expected, abs=1e-5)


def test_a_policy_out_of_its_bundle_earns_what_was_measured(grid):
    bundle, world = gh.load(grid.bundle), GridWorld()
    names = list(world.actions.names)
    policy = lambda seen: names.index(bundle.predict(seen[None]).labels[0])  # noqa: E731
    episodes = play(world, policy, seeds_for(0, "test", 20))
    assert np.mean([each.total for each in episodes]) == pytest.approx(grid.metrics["test"]["return"])


def test_the_report_shows_the_world_the_returns_and_an_episode(grid, line):
    page = grid.report.read_text()
    for words in (
        "The world",
        "value iteration",
        "What it expects, and what comes",
        "Returns",
        'aria-label="the map',
    ):
        assert words in page, words
    drawing = page[page.index('aria-label="the map') :]
    assert drawing.index('class="walk"') < drawing.index("<text"), "the walk would strike the words out"
    assert "unexpected form" not in page
    page = line.report.read_text()
    for words in ("Riccati", 'class="frames"', "step 0", "number by number"):
        assert words in page, words
    assert "unexpected form" not in page
    assert "<script" not in page


def test_two_policies_are_compared_episode_by_episode(grid, tmp_path):
    other = ran({**GRID, "training": {"epochs": 1}}, tmp_path, seed=5)
    compared = gh.compare([grid, other])
    assert "on the same 20 test episodes" in str(compared)


def test_what_belongs_to_rows_is_refused():
    world = GridWorld()
    with pytest.raises(SettingError, match=r"data.target = 'x' in the world 'world:grid'"):
        decide_acting(gh.Experiment(data={"source": "world:grid", "target": "x"}), world)
    with pytest.raises(SettingError, match="fix: set data.acting.steps to 498"):
        decide_acting(
            gh.Experiment(data={"source": "world:grid", "acting": {"steps": 500, "every": 3}}), world
        )
    with pytest.raises(SettingError, match=r"learning_rate = 'find' in the world"):
        decide_acting(gh.Experiment(data="world:grid", training={"learning_rate": "find"}), world)
    with pytest.raises(SettingError, match="expected: min-max or none, or auto"):
        decide_acting(gh.Experiment(data={"source": "world:grid", "prepare": {"scaling": "quantile"}}), world)


def test_an_objective_of_worlds_on_rows_is_refused(tmp_path):
    for settings in ({"objective": "q_learning"}, {"model": "q_network"}):
        with pytest.raises(SettingError, match="objective 'q_learning' on rows"):
            ran({"data": "iris", **settings}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_data_in_memory_are_no_world(tmp_path):
    with pytest.raises(DataError):
        gh.run(
            gh.Experiment(data={"source": "world:grid", "target": "y"}),
            data={"x": [1.0], "y": [2.0]},
            out=tmp_path,
        )


def test_the_command_line_runs_a_world(tmp_path, capsys):
    settings = ["training.epochs=1", "data.acting.test_episodes=5", "output.onnx=false"]
    sets = [word for each in settings for word in ("--set", each)]
    assert execute(["run", "world:grid", "--out", str(tmp_path), "--json", *sets]) == 0
    assert set(json.loads(capsys.readouterr().out)["metrics"]) == {"validation", "test"}

"""The whole of a sweep: from a space to a run of the winner, and what is said when it cannot be."""

from __future__ import annotations

import polars as pl
import pytest

import glasshouse as gh
from glasshouse.core.errors import DataError, GlasshouseError, TrainingError, TrainingStoppedError, UsageError
from glasshouse.core.files import read_json
from glasshouse.search import Sweep
from glasshouse.search.unit import Training

RATES = {"training.learning_rate": [1e-6, 0.03]}
SMALL = {"folds": 3, "seeds": 2}
FAST = {
    "training": {"epochs": 3},
    "model": {"name": "mlp", "hidden": [4]},
    "output": {"report": False, "bundle": False},
}


class Heard:
    """Keeps what it is told."""

    def __init__(self):
        self.numbers, self.total, self.over = [], 0, False

    def began(self, done, total, measure):
        self.total = total

    def advanced(self, epochs, of, trials):
        assert epochs <= of

    def finished(self, trial, done):
        self.numbers.append(trial.number)

    def ended(self):
        self.over = True


@pytest.fixture
def swept(tmp_path):
    """Sweeps iris in a second; keyword arguments change the search."""

    def make(space=RATES, data="iris", **search):
        sections = {**FAST, **search.pop("sections", {})}
        experiment = gh.Experiment(data=data, **sections)
        return gh.sweep(experiment, space, out=tmp_path, observers=[], **{**SMALL, **search})

    return make


def test_a_sweep_finds_the_better_rate_and_ships_it(swept):
    heard = Heard()
    found = swept(strategy="grid", watcher=heard, sections={"output": {"onnx": False}})
    assert heard.numbers == [0, 1]
    assert (heard.total, heard.over) == (2, True)
    assert found.best.settings == {"training.learning_rate": 0.03}
    assert found.run.experiment.training.learning_rate == 0.03
    assert found.run.status["state"] == "finished"
    assert gh.load(found.run.bundle).schema.model["name"] == "mlp"
    assert found.summary["best"]["trial"] == found.best.number == 1
    assert found.summary["trials"] == {"finished": 2, "dropped": 0, "failed": 0}
    assert found.report.read_text().startswith("<!DOCTYPE html>")
    assert found.about["networks"] == 2 * 3 * 2
    assert [len(each.scores) for each in found.trials] == [3, 3]
    assert [len(each.scores[0]) for each in found.trials] == [2, 2]
    assert found.frame["training.learning_rate"].to_list() == [1e-6, 0.03]


def test_the_test_part_is_that_of_an_ordinary_run_and_was_not_searched_on(swept, tmp_path):
    found = swept(strategy="grid")
    alone = gh.run(gh.Experiment(data="iris", **FAST), out=tmp_path / "alone", observers=[])
    rows, expected = (
        set(pl.read_parquet(run.path / "predictions.parquet").filter(pl.col("part") == "test")["row"])
        for run in (found.run, alone)
    )
    assert rows == expected
    assert found.about["rows"] + found.about["held_out"] == 150
    assert found.about["held_out"] == len(expected)


@pytest.mark.parametrize("strategy", ["random", "tpe", "halving"])
def test_every_strategy_comes_to_an_end_with_a_best(swept, strategy):
    if strategy == "tpe":
        pytest.importorskip("optuna")
    space = {"training.learning_rate": {"from": 1e-5, "to": 0.1, "scale": "log"}, "model.hidden": [[4], [8]]}
    found = swept(space, strategy=strategy, trials=9, refit=False)
    assert len(found.trials) == 9
    assert found.best.settings["training.learning_rate"] > 1e-3
    assert found.run is None
    if strategy == "halving":
        assert [each.state for each in found.trials].count("dropped") == 8
        assert {each.epochs for each in found.trials} == {1, 3}


def test_a_finished_sweep_is_returned_as_it_is(swept):
    found = swept(strategy="grid", refit=False)
    before = {path: path.stat().st_mtime_ns for path in found.path.rglob("*") if path.is_file()}
    again = gh.sweep(found.path)
    assert again.best == found.best
    assert before == {path: path.stat().st_mtime_ns for path in found.path.rglob("*") if path.is_file()}


def test_a_stopped_sweep_says_how_to_go_on_and_does(swept, monkeypatch):
    trials = Training.trials
    monkeypatch.setattr("glasshouse.search.search.NETWORKS", 1)  # a unit for each trial

    def interrupted(self, unit):
        for trial in trials(self, unit):
            if trial.number == 1:
                raise KeyboardInterrupt
            yield trial

    monkeypatch.setattr(Training, "trials", interrupted)
    with pytest.raises(TrainingStoppedError) as caught:
        swept(strategy="grid", refit=False)
    monkeypatch.setattr(Training, "trials", trials)
    assert caught.value.received == "the sweep was stopped; 1 of 2 trials are done"
    assert f"glasshouse sweep {caught.value.run}" in caught.value.fix
    known = Sweep(caught.value.run).trials
    assert [each.number for each in known] == [0]
    assert list((Sweep(caught.value.run).path / "claims").iterdir()) == []
    found = gh.sweep(caught.value.run, refit=False)
    assert found.trials[0] == known[0]
    assert [each.number for each in found.trials] == [0, 1]


def test_a_winner_that_was_cut_off_is_gone_on_with(swept, monkeypatch):
    def cut(*arguments, **more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("glasshouse.project.pipeline.evaluate_network", cut)
        with pytest.raises(TrainingStoppedError) as caught:
            swept(strategy="grid")
    cut_off = Sweep(caught.value.run).run
    assert cut_off.status["state"] == "interrupted"
    found = gh.sweep(caught.value.run, observers=[])
    assert found.run.path == cut_off.path
    assert found.run.status["state"] == "finished"


def test_nested_cross_validation_judges_each_search_on_rows_that_it_had_not_seen(swept):
    found = swept(strategy="grid", outer_folds=2, seeds=1, refit=False)
    assert [each["outer"] for each in found.nested] == [1, 2]
    for outer in (1, 2):
        inner = Sweep.__new__(Sweep)
        inner.path = found.path / f"outer-{outer}"
        assert len(inner.trials) == 2
    assert all(each["settings"] == {"training.learning_rate": 0.03} for each in found.nested)
    assert len(found.nested[0]["scores"]) == 1
    assert found.summary["nested"] == found.nested


def test_settings_of_the_preparation_may_vary_too(swept):
    found = swept({"data.prepare.scaling": ["z-score", "min-max"]}, strategy="grid", refit=False)
    assert {each.state for each in found.trials} == {"finished"}
    assert found.trials[0].losses != found.trials[1].losses


def test_numbers_are_compared_by_r2_and_anything_by_its_loss(swept):
    numbers = swept(data="diabetes", strategy="grid", refit=False)
    assert numbers.measure.name == "r2"
    assert swept(strategy="grid", score="loss", refit=False).measure.name == "loss"
    pictures = swept(
        {"training.learning_rate": [0.01]}, data="digits", strategy="grid", folds=2, seeds=1, refit=False,
        sections={"objective": "reconstruction", "model": {"name": "auto"}, "training": {"epochs": 1}},
    )  # fmt: skip
    assert pictures.measure.name == "loss"


def test_a_table_in_memory_is_asked_for_again(tmp_path):
    frame = pl.DataFrame(
        {"x": [float(i % 7) for i in range(90)], "y": ["a" if i % 7 < 3 else "b" for i in range(90)]}
    )
    experiment = gh.Experiment(data={"source": "memory", "target": "y"}, **FAST)
    found = gh.sweep(
        experiment, RATES, data=frame, out=tmp_path, observers=[], refit=False, strategy="grid", **SMALL
    )
    (found.path / "summary.json").unlink()
    with pytest.raises(DataError, match="was started with data in memory"):
        gh.sweep(found.path)
    with pytest.raises(DataError, match="have changed since the sweep was started"):
        gh.sweep(found.path, data=frame.with_columns(x=-pl.col("x")))
    assert gh.sweep(found.path, data=frame, refit=False).best == found.best
    with pytest.raises(UsageError, match="processes = 2 with a table in memory"):
        gh.sweep(experiment, RATES, data=frame, out=tmp_path, processes=2, **SMALL)


def test_trials_that_cannot_be_trained_are_told_of(swept):
    with pytest.raises(TrainingError) as caught:
        swept(
            {"training.learning_rate": [1e30]},
            strategy="grid",
            sections={"training": {"epochs": 2, "optimizer": "sgd"}},
        )
    assert caught.value.received.startswith(
        "none of the 1 trials could be trained to its end; the first one: the loss"
    )
    assert Sweep(caught.value.run).trials[0].state == "failed"


def test_training_that_stops_by_the_judging_rows_is_said(swept):
    said = []
    patient = {"training": {"epochs": 3, "early_stopping": {"patience": 1}}}
    swept(strategy="grid", sections=patient, refit=False, tell=said.append)
    assert any("stops early by the rows that judge" in each for each in said)


def test_too_little_memory_is_said_and_remembered(swept, monkeypatch):
    said = []
    monkeypatch.setattr("glasshouse.search.search.free_bytes", lambda: 1_000)
    found = swept(strategy="grid", refit=False, tell=said.append)
    assert found.about["at_once"] == 1
    (note,) = (each for each in said if "MiB" in each)
    assert note.startswith("Note: 42 trials of 6 networks at once would need about")
    assert note.endswith("1 trial is trained at a time instead.")


@pytest.mark.parametrize(
    ("space", "search", "said"),
    [
        (None, {}, "a sweep without a space"),
        ({}, {}, "the space is empty"),
        (RATES, {"folds": 500}, "500 folds with 40 rows of the class"),
        (RATES, {"strategy": "gird"}, "strategy = 'gird'"),
        (RATES, {"trails": 3}, "there is no setting 'trails'"),
        (RATES, {"strategy": "grid", "trials": 1}, "a grid of 2 points with trials = 1"),
        ({"training.epochs": [1, 2]}, {"strategy": "halving"}, "while the space varies 'training.epochs'"),
        ({"objective.label_smoothing": [0.0, 0.1]}, {"score": "loss"}, "score = 'loss' while the space"),
        (
            {"training.learning_rate": {"from": 1e-4, "to": 0.1}},
            {"strategy": "halving", "rungs": 5},
            "5 rungs in 3 epochs",
        ),
        (RATES, {"outer_folds": 3, "folds": 1}, "outer_folds with folds = 1"),
        ({"model.hidden": [[4], [-1]]}, {}, "hidden"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_there_is_a_folder(swept, tmp_path, space, search, said):
    with pytest.raises(GlasshouseError) as caught:
        swept(space, **search)
    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sections",
    [{"data": "world:grid"}, {"sections": {"objective": "q_learning"}}],
    ids=["world", "objective"],
)
def test_worlds_are_refused_because_they_have_no_rows_to_divide(swept, sections):
    with pytest.raises(UsageError) as caught:
        swept(**sections)
    assert "a sweep of learning by acting" in str(caught.value)
    assert caught.value.fix == "compare runs of several seeds: glasshouse compare RUN RUN"


def test_a_sweep_has_its_own_space(swept):
    found = swept(strategy="grid", refit=False)
    with pytest.raises(UsageError, match="a space or settings for the sweep"):
        gh.sweep(found.path, RATES)
    with pytest.raises(UsageError, match="a space or settings for the sweep"):
        gh.sweep(found, trials=3)


def test_the_folder_says_what_was_searched(swept):
    found = swept(strategy="grid", refit=False)
    assert sorted(path.name for path in found.path.iterdir()) == [
        "claims", "environment.json", "experiment.toml", "report.html", "space.toml", "summary.json",
        "sweep.json", "trials",
    ]  # fmt: skip
    assert read_json(found.path / "sweep.json")["settings"]["strategy"] == "grid"
    assert found.space.keys == ["training.learning_rate"]
    assert found.experiment.training.epochs == 3

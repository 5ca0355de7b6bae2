"""Trials that are cut off in the middle go on from there, and end as if nothing had happened."""

from __future__ import annotations

import pytest
import torch

from glasshouse.core.errors import CheckpointError
from glasshouse.data import divide, load
from glasshouse.experiment import Experiment
from glasshouse.search import half_done
from glasshouse.search.ground import Ground
from glasshouse.search.half_done import HalfDone
from glasshouse.search.halving import Rung
from glasshouse.search.measure import Measure
from glasshouse.search.networks import Foundry
from glasshouse.search.trial import Asked
from glasshouse.search.unit import Training, Unit
from glasshouse.training.population import Cohort

EPOCHS = 8
RUNGS = [Rung(3, 2), Rung(EPOCHS, 2)]
RATES = (1e-6, 0.03, 1e-5, 0.01)
KINDS = {
    "population": ({"name": "mlp", "hidden": [4], "dropout": 0.3}, {}),
    "crews": ({"name": "mlp", "hidden": [4], "dropout": 0.3}, {"engine": "fused"}),
    "crews with batch norm": (
        {"name": "mlp", "hidden": [4], "normalization": "batch"},
        {"engine": "fused"},
    ),
    "one by one": ({"name": "mlp", "hidden": [4], "dropout": 0.3}, {"engine": "autograd"}),
    "one by one on a plateau": (
        {"name": "mlp", "hidden": [4]},
        {"engine": "autograd", "schedule": "plateau"},
    ),
}  # fmt: skip


class Killed(BaseException):
    """The process ends here."""


def foundry_of(kind):
    model, training = KINDS[kind]
    if training.get("engine") == "fused":
        pytest.importorskip("numba")
    experiment = Experiment(data="iris", model=model, training={"epochs": EPOCHS, **training})
    raw = load(experiment.data)
    return Foundry(experiment, Ground(raw, divide(raw, experiment.data.split, 0), folds=2, seed=0), seeds=1)


def climb(foundry, folder=None, killed_after=None, done=()):
    """The trials by number, and at which epochs training was looked at."""
    epochs, said = [], []

    def advanced(until, of):
        epochs.append(until)
        if until == killed_after:
            raise Killed

    kept = None if folder is None else HalfDone(folder / "bracket", lambda: True, seconds=0.0)
    training = Training(foundry, Measure("accuracy"), "me", said.append, advanced, half_done=kept)
    asked = [Asked(number, {"training.learning_rate": rate}) for number, rate in enumerate(RATES)]
    trials = dict(done)
    try:
        for trial in training.trials(Unit([each for each in asked if each.number not in trials], RUNGS)):
            trials[trial.number] = trial
    except Killed:
        pass
    return trials, epochs, said


def as_results(trials):
    return {
        number: (each.state, each.scores, each.losses, each.curves, each.epochs)
        for number, each in sorted(trials.items())
    }


@pytest.fixture(autouse=True)
def written_at_once(monkeypatch):
    monkeypatch.setattr(half_done, "PER_SECOND", float("inf"))
    monkeypatch.setattr(half_done, "SHARE", float("inf"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("killed_after", [3, 7])
def test_a_bracket_that_is_cut_off_in_a_rung_ends_as_if_it_had_not_been(kind, killed_after, tmp_path):
    whole, epochs, _ = climb(foundry_of(kind))
    assert epochs == [2, 3, 5, 7, 8]
    assert {number: each.state for number, each in whole.items()} == {
        0: "dropped", 1: "finished", 2: "dropped", 3: "finished",
    }  # fmt: skip
    done, first, _ = climb(foundry_of(kind), tmp_path, killed_after)
    assert sorted(done) == ([] if killed_after == 3 else [0, 2])
    resumed, second, said = climb(foundry_of(kind), tmp_path, done=done)
    assert second == epochs[len(first) - 1 :]  # all but the piece in which it was killed
    assert said[0].endswith(
        f"go on from epoch {2 if killed_after == 3 else 5}, as they were when they were cut off."
    )
    assert as_results(resumed) == as_results(whole)
    assert list(tmp_path.iterdir()) == []  # nothing is left of it


def test_trials_that_were_given_up_in_the_meantime_stay_given_up(tmp_path):
    kind = "one by one"
    whole, _, _ = climb(foundry_of(kind))
    climb(foundry_of(kind), tmp_path, killed_after=3)
    resumed, _, _ = climb(foundry_of(kind), tmp_path, done={0: whole[0]})
    assert as_results(resumed) == as_results(whole)


def test_a_trial_that_got_other_settings_in_the_meantime_begins_anew(tmp_path):
    """As a strategy that learns may give them, when a process was stopped and asks again."""
    foundry = foundry_of("population")
    climb(foundry, tmp_path, killed_after=3)
    kept = HalfDone(tmp_path / "bracket", lambda: True).read(print)
    assert kept.knows(Asked(1, {"training.learning_rate": RATES[1]}))
    assert not kept.knows(Asked(1, {"training.learning_rate": 0.5}))
    assert not kept.knows(Asked(9, {"training.learning_rate": RATES[1]}))


def test_a_damaged_state_is_passed_over_and_said(tmp_path):
    kind = "population"
    whole, epochs, _ = climb(foundry_of(kind))
    climb(foundry_of(kind), tmp_path, killed_after=3)
    for path in (tmp_path / "bracket").glob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:-1])
    resumed, second, said = climb(foundry_of(kind), tmp_path)
    assert "is damaged" in said[0]
    assert second == epochs
    assert as_results(resumed) == as_results(whole)


def test_a_state_of_other_networks_is_refused():
    foundry = foundry_of("population")
    jobs = foundry.networks({"training.learning_rate": 0.01}).jobs + foundry.networks({}).jobs
    cohort = Cohort(jobs)
    cohort.advance(1)
    with pytest.raises(CheckpointError, match="the state of 4 networks for 2"):
        Cohort.resumed(jobs[:2], cohort.state())
    others = Foundry(
        Experiment(data="iris", model={"name": "mlp", "hidden": [5]}, training={"epochs": 2}),
        foundry.ground,
        2,
    )
    with pytest.raises(CheckpointError, match="does not fit the network"):
        Cohort.resumed(others.networks({}).jobs, cohort.state())


def test_the_state_is_written_rarely_and_only_by_whom_the_trials_belong_to(tmp_path, monkeypatch):
    monkeypatch.setattr(half_done, "PER_SECOND", 100.0)
    monkeypatch.setattr(half_done, "SHARE", 0.1)
    now = [0.0]
    monkeypatch.setattr(half_done.time, "perf_counter", lambda: now[0])
    mine = [True]
    kept = HalfDone(tmp_path / "bracket", lambda: mine[0], seconds=20.0)
    now[0] = 19.0
    assert not kept.due(100)
    now[0] = 21.0
    assert kept.due(100)
    assert not kept.due(1000)  # ten seconds of writing in twenty of training
    mine[0] = False
    assert not kept.due(100)


def test_networks_have_their_weights_when_their_state_is_taken_up():
    foundry = foundry_of("crews")
    cohort = Cohort(foundry.networks({}).jobs)
    cohort.advance(2)
    again = foundry.networks({}).jobs
    Cohort.resumed(again, cohort.state())
    for one, other in zip(cohort.members, again, strict=True):
        for a, b in zip(one.job.network.parameters(), other.network.parameters(), strict=True):
            assert torch.equal(a, b)

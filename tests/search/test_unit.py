"""What is trained: the networks of a trial, on which rows, and what is read out of them."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from glasshouse.core.errors import GlasshouseError, SettingError
from glasshouse.data import divide, load
from glasshouse.experiment import Experiment
from glasshouse.experiment.data_settings import preparing_settings
from glasshouse.search import SweepSettings, read_space, unit
from glasshouse.search.ground import Ground
from glasshouse.search.halving import Rung
from glasshouse.search.measure import Measure
from glasshouse.search.memory import bytes_needed, parts_of
from glasshouse.search.networks import Foundry
from glasshouse.search.trial import Asked
from glasshouse.search.unit import Training, Unit
from glasshouse.training.loop import train
from glasshouse.training.records import Records

EPOCHS = 4


@pytest.fixture(scope="module")
def experiment():
    return Experiment(data="iris", model={"name": "mlp", "hidden": [4]}, training={"epochs": EPOCHS})


@pytest.fixture(scope="module")
def ground(experiment):
    raw = load(experiment.data)
    return Ground(raw, divide(raw, experiment.data.split, 0), folds=3, seed=0)


@pytest.fixture(scope="module")
def foundry(experiment, ground):
    return Foundry(experiment, ground, seeds=2)


@pytest.fixture
def training(foundry):
    said = []
    made = Training(foundry, Measure("accuracy"), "me", said.append, lambda done, of: None)
    made.said = said
    return made


def rates(*values):
    return [Asked(number, {"training.learning_rate": value}) for number, value in enumerate(values)]


def test_the_test_part_is_in_no_fold(experiment, ground):
    split = divide(ground.raw, experiment.data.split, 0)
    assert not set(split.test) & set(ground.rows)
    assert set(ground.rows) == set(split.train) | set(split.validation)


def test_preparation_is_fitted_on_each_folds_training_rows_alone(experiment, ground):
    data = preparing_settings(experiment, "table")
    for fold, (rows, held) in enumerate(ground.folds):
        prepared = ground.prepared(fold, data)
        assert prepared.train.rows.tolist() == rows.tolist()
        assert prepared.validation.rows.tolist() == held.tolist()
        # z-scores: exactly 0 on average on the rows that they were fitted on, and not on the others
        assert prepared.train.inputs.mean(dim=0).abs().max() < 1e-5
        assert prepared.validation.inputs.mean(dim=0).abs().max() > 1e-3


def test_a_trial_is_a_network_for_each_fold_and_seed(foundry):
    found = foundry.networks({"training.learning_rate": 0.1})
    assert len(found.jobs) == 3 * 2
    assert [job.seed for job in found.jobs] == [0, 1] * 3
    assert [job.batches.rows for job in found.jobs[::2]] == [len(each.train) for each in foundry.ground.folds]
    first = [next(job.network.parameters()) for job in found.jobs]
    assert torch.equal(first[0], first[2])
    assert not torch.equal(first[0], first[1])
    assert found.parameters == 4 * 4 + 4 + 4 * 3 + 3


def test_scores_are_those_of_the_ordinary_loop_at_the_last_epoch(foundry, training):
    (trial,) = training.trials(Unit(rates(0.05)))
    for place, job in enumerate(foundry.networks({"training.learning_rate": 0.05}).jobs):
        records = Records(None)
        train(copy.copy(job), records)
        last = records.epochs[-1]["validation"]
        assert trial.scores[place // 2][place % 2] == last["accuracy"]
        assert trial.losses[place // 2][place % 2] == pytest.approx(last["loss"], rel=1e-5)
    assert trial.state == "finished"
    assert trial.epochs == EPOCHS
    assert len(trial.curves["validation_accuracy"]["mean"]) == EPOCHS


def test_trials_say_what_trained_them_and_crews_give_the_same_scores(ground, training):
    pytest.importorskip("numba")
    fused = Experiment(
        data="iris", model={"name": "mlp", "hidden": [4]}, training={"epochs": EPOCHS, "engine": "fused"}
    )
    crews = Training(Foundry(fused, ground, 2), Measure("accuracy"), "me", print, lambda done, of: None)
    rungs = [Rung(2, 2), Rung(EPOCHS, 2)]
    by_crews = {each.number: each for each in crews.trials(Unit(rates(0.05, 0.1, 1e-5), rungs))}
    others = {each.number: each for each in training.trials(Unit(rates(0.05, 0.1, 1e-5), rungs))}
    assert {each.engine for each in by_crews.values()} == {"fused"}
    assert by_crews[0].engine_why.startswith("18 networks by compiled code, one after another on ")
    assert {each.engine for each in others.values()} == {"population"}
    assert "(not compiled: " in others[0].engine_why
    for number, trial in by_crews.items():
        assert trial.state == others[number].state
        assert trial.scores == others[number].scores
        np.testing.assert_allclose(trial.losses, others[number].losses, rtol=1e-5)
        for name, curve in trial.curves.items():
            np.testing.assert_allclose(curve["mean"], others[number].curves[name]["mean"], rtol=1e-4)


def test_early_stopping_that_was_not_asked_for_is_off_and_an_asked_for_one_scores_the_kept_epoch(ground):
    values = {"data": "iris", "model": {"name": "mlp", "hidden": [4]}}
    off = Foundry(Experiment(**values, training={"epochs": 3}), ground, 1)
    assert off.networks({}).jobs[0].stopping.patience is None
    patient = {"epochs": 12, "learning_rate": 0.3, "early_stopping": {"patience": 1}}
    on = Foundry(Experiment(**values, training=patient), ground, 1)
    training = Training(on, Measure("loss"), "me", print, lambda done, of: None)
    (trial,) = training.trials(Unit([Asked(0, {})]))
    for place, job in enumerate(on.networks({}).jobs):
        records = Records(None)
        outcome = train(job, records)
        kept = records.epochs[outcome.best_epoch - 1]["validation"]["loss"]
        assert trial.scores[place][0] == pytest.approx(kept, rel=1e-5)


def test_halving_gives_up_the_worst_and_trains_the_others_to_the_end(training):
    asked = rates(1e-6, 0.03, 1e-5, 0.02)
    trials = {each.number: each for each in training.trials(Unit(asked, [Rung(2, 2), Rung(EPOCHS, 2)]))}
    assert {number: each.state for number, each in trials.items()} == {
        0: "dropped", 1: "finished", 2: "dropped", 3: "finished",
    }  # fmt: skip
    assert [trials[number].epochs for number in range(4)] == [2, EPOCHS, 2, EPOCHS]


def test_trials_that_survive_halving_score_as_if_they_had_been_alone(training):
    together = {
        each.number: each for each in training.trials(Unit(rates(1e-6, 0.03), [Rung(2, 1), Rung(EPOCHS, 1)]))
    }
    (alone,) = training.trials(Unit([Asked(1, {"training.learning_rate": 0.03})]))
    assert together[1].scores == alone.scores
    np.testing.assert_allclose(together[1].losses, alone.losses, rtol=1e-5)


def test_a_trial_that_overflows_fails_and_the_others_go_on(training):
    asked = [
        Asked(0, {"training.learning_rate": 1e30, "training.optimizer": "sgd"}),
        Asked(1, {"training.learning_rate": 0.02}),
    ]
    trials = {each.number: each for each in training.trials(Unit(asked))}
    assert trials[0].state == "failed"
    assert "loss" in trials[0].error
    assert trials[0].scores == []
    assert trials[1].state == "finished"


def test_values_that_cannot_be_together_fail_with_the_reason(training):
    (trial,) = training.trials(Unit([Asked(0, {"training.batch_size": 5000})]))
    assert trial.state == "failed"
    assert "training.batch_size = 5000" in trial.error


def test_what_does_not_fit_into_memory_is_trained_in_parts_and_said(training, monkeypatch):
    monkeypatch.setattr(unit, "free_bytes", lambda: 20_000)
    trials = list(training.trials(Unit(rates(0.01, 0.02, 0.03))))
    assert sorted(each.number for each in trials) == [0, 1, 2]
    (said,) = training.said
    assert said.startswith("18 networks at once would need about")
    assert said.endswith("they are trained in 3 parts.")


def test_memory_is_counted_by_parameters_and_activations():
    assert bytes_needed(10, 5, 2) == 4 * (8 * 10 + 4 * 5 * 2)
    assert parts_of([60, 10, 30, 30], free=100) == [[0], [1, 2], [3]]
    assert parts_of([60, 10, 30, 30], free=None) == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"training.learning_rate": [0.1, -1.0]}, "training.learning_rate = -1.0"),
        ({"training.optimizer": ["adam", "adma"]}, "there is no optimizer named 'adma'"),
        ({"model.hidden": [[4], ["a"]]}, "hidden"),
        ({"model.hiden": [[4]]}, "'model.hiden'"),
        ({"model.dropout": {"from": 0.5, "to": 1.5}}, "dropout"),
        ({"model.name": ["mlp", "cnn"]}, "model 'cnn'"),
    ],
)
def test_every_value_of_a_space_is_tried_before_anything_is_trained(foundry, space, said):
    with pytest.raises(GlasshouseError, match=said):
        foundry.try_out(read_space(space))


def test_the_error_names_the_value_that_was_tried(foundry):
    with pytest.raises(GlasshouseError) as caught:
        foundry.try_out(read_space({"training.optimizer": ["adam", "adma"]}))
    assert caught.value.__notes__ == ["met while trying training.optimizer = 'adma' of the space"]


def test_a_rate_that_is_to_be_found_is_refused(ground):
    with pytest.raises(SettingError, match=r"training.learning_rate = 'find' in a sweep"):
        Foundry(Experiment(data="iris", training={"learning_rate": "find"}), ground, 1)


def test_settings_of_a_search_are_checked():
    with pytest.raises(SettingError, match="did you mean 'halving'"):
        SweepSettings.read({"strategy": "halvig"})
    with pytest.raises(SettingError, match="folds = 0"):
        SweepSettings.read({"folds": 0})
    with pytest.raises(SettingError, match="outer_folds = 1"):
        SweepSettings.read({"outer_folds": 1})

"""Strategies on a known function, where brute force knows the answer. No network is trained here."""

from __future__ import annotations

import math

import pytest

from glasshouse.core import optional
from glasshouse.core.errors import MissingDependencyError, SettingError
from glasshouse.search import read_space
from glasshouse.search.brackets import Brackets
from glasshouse.search.claims import Claims
from glasshouse.search.halving import rungs_of
from glasshouse.search.listed import Listed, grid_points, random_points
from glasshouse.search.measure import Measure
from glasshouse.search.standing import ranked
from glasshouse.search.tpe import TreeParzen
from glasshouse.search.trial import Trial

SPACE = read_space(
    {
        "training.learning_rate": {"from": 1e-4, "to": 1e-1, "scale": "log", "points": 7},
        "model.dropout": {"from": 0.0, "to": 0.6, "points": 5},
        "training.batch_size": [16, 32, 64],
    }
)
ACCURACY = Measure("accuracy")


def height(settings):
    """A hill with its top at a rate of 0.01, dropout 0.3 and batches of 32."""
    rate = math.log10(settings["training.learning_rate"]) + 2
    return (
        1
        - 0.1 * rate**2
        - (settings["model.dropout"] - 0.3) ** 2
        - 0.05 * (settings["training.batch_size"] != 32)
    )


def searched(source, folder):
    """All trials of a source, scored by the function."""
    done = {}
    with Claims(folder) as claims:
        while len(done) < source.total:
            unit = source.ask(done, claims)
            assert unit is not None
            for asked in unit.asked:
                assert asked.number not in done
                done[asked.number] = Trial(
                    asked.number, asked.settings, "finished", [[height(asked.settings)]]
                )
    return done


def test_a_grid_finds_what_brute_force_finds(tmp_path):
    done = searched(Listed(grid_points(SPACE, 1000), at_once=7), tmp_path)
    assert len(done) == 7 * 5 * 3
    assert ranked(done, ACCURACY)[0].settings == max(SPACE.grid(), key=height)


def test_random_search_tries_as_many_as_asked_for(tmp_path):
    done = searched(Listed(random_points(SPACE, 40, seed=0), at_once=16), tmp_path)
    assert sorted(done) == list(range(40))
    assert len({str(each.settings) for each in done.values()}) == 40


def test_tpe_comes_nearer_to_the_top_than_random_points(tmp_path):
    pytest.importorskip("optuna")
    found, drawn = [], []
    for seed in range(5):
        source = TreeParzen(SPACE, 48, 4, ACCURACY, seed)
        found.append(ranked(searched(source, tmp_path / f"tpe{seed}"), ACCURACY)[0].mean)
        points = Listed(random_points(SPACE, 48, seed), 4)
        drawn.append(ranked(searched(points, tmp_path / f"random{seed}"), ACCURACY)[0].mean)
    assert sum(found) > sum(drawn)
    assert min(found) > 0.97


def test_tpe_forgets_nothing_when_its_process_ends(tmp_path):
    pytest.importorskip("optuna")
    source = TreeParzen(SPACE, 12, 4, ACCURACY, 0)
    with Claims(tmp_path) as claims:
        first = source.ask({}, claims)
    done = {
        each.number: Trial(each.number, each.settings, "finished", [[height(each.settings)]])
        for each in first.asked
    }
    again = TreeParzen(SPACE, 12, 4, ACCURACY, 0)
    study = again.study(done)
    assert [each.value for each in study.trials] == [each.mean for each in done.values()]
    with Claims(tmp_path) as claims:
        assert [each.number for each in again.ask(done, claims).asked] == [4, 5, 6, 7]


def test_what_a_killed_process_had_asked_for_is_asked_again(tmp_path):
    pytest.importorskip("optuna")
    source = TreeParzen(SPACE, 12, 2, ACCURACY, 0)
    gone = Claims(tmp_path)
    gone.__enter__()
    first = source.ask({}, gone)
    gone._end.set()
    (tmp_path / f"{gone.worker}.alive").unlink()  # as if it were killed: its claims stay
    with Claims(tmp_path) as claims:
        second = source.ask({}, claims)
    assert [dict(each.settings) for each in second.asked] == [dict(each.settings) for each in first.asked]


def test_two_processes_are_never_given_the_same_trial(tmp_path):
    source = Listed(grid_points(SPACE, 1000), at_once=10)
    with Claims(tmp_path) as one, Claims(tmp_path) as other:
        given = [source.ask({}, who) for who in (one, other, one, other)]
        numbers = [each.number for unit in given for each in unit.asked]
    assert sorted(numbers) == list(range(40))


def test_tpe_proposes_settings_only_where_they_count(tmp_path):
    pytest.importorskip("optuna")
    space = read_space(
        {
            "training.optimizer": ["sgd", "momentum"],
            "training.optimizer.momentum": {
                "from": 0.5, "to": 0.9, "only_with": {"training.optimizer": "momentum"},
            },
            "training.batch_size": {"from": 8, "to": 64, "scale": "log"},
        }
    )  # fmt: skip
    with Claims(tmp_path) as claims:
        unit = TreeParzen(space, 30, 30, ACCURACY, 0).ask({}, claims)
    assert {each.settings["training.optimizer"] for each in unit.asked} == {"sgd", "momentum"}
    for each in unit.asked:
        assert ("training.optimizer.momentum" in each.settings) == (
            each.settings["training.optimizer"] == "momentum"
        )
        assert isinstance(each.settings["training.batch_size"], int)


def test_without_optuna_the_error_names_the_line_to_type(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(optional.importlib, "import_module", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'glasshouse\[sweeps\]'"):
        TreeParzen(SPACE, 3, 1, ACCURACY, 0)


def test_rungs_keep_one_of_three_and_end_at_all_epochs():
    rungs = rungs_of(81, 90, factor=3, rungs=4)
    assert [each.epochs for each in rungs] == [4, 10, 30, 90]
    assert [each.keep for each in rungs] == [27, 9, 3, 3]
    assert rungs_of(5, 9, factor=3, rungs=3)[0].keep == 2


def test_fewer_epochs_than_rungs_are_refused():
    with pytest.raises(SettingError, match="3 rungs in 2 epochs"):
        rungs_of(9, 2, factor=3, rungs=3)


def test_brackets_leave_out_trials_that_were_given_up_already(tmp_path):
    points = SPACE.grid()[:10]
    source = Brackets(points, size=6, epochs=9, factor=3, rungs=2)
    done = {number: Trial(number, points[number], "dropped", [[0.1]]) for number in (0, 4)}
    with Claims(tmp_path) as one, Claims(tmp_path) as other:
        first, second = source.ask(done, one), source.ask(done, other)
        assert source.ask(done, one) is None
    assert [each.number for each in first.asked] == [1, 2, 3, 5]
    assert first.rungs[0].keep == 2  # of the six that began, not of the four that are left
    assert [each.number for each in second.asked] == [6, 7, 8, 9]

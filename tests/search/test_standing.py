"""Who is ahead, by how much, and which settings matter: against closed forms and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from glasshouse.search import read_space
from glasshouse.search.importance import importance, levels_of
from glasshouse.search.measure import Measure, curves_of
from glasshouse.search.standing import corrected_error, lead, ranked, standing_of, warning_of
from glasshouse.search.trial import Trial

ACCURACY, LOSS = Measure("accuracy"), Measure("loss")


def trial(number, cells, parameters=10, state="finished", settings=None, losses=None):
    return Trial(number, settings or {}, state, cells, losses or [], parameters=parameters)


def test_the_lead_is_the_paired_t_test_when_folds_share_nothing():
    generator = np.random.default_rng(0)
    one, other = generator.normal(0.9, 0.02, (5, 2)), generator.normal(0.88, 0.02, (5, 2))
    found = lead(trial(0, one.tolist()), trial(1, other.tolist()), ACCURACY, held_share=0.0)
    expected = stats.ttest_rel(one.reshape(-1), other.reshape(-1)).confidence_interval(0.95)
    assert found == pytest.approx((one.mean() - other.mean(), *expected))


def test_shared_rows_widen_the_interval_as_nadeau_and_bengio_say():
    values = np.array([0.01, 0.03, -0.02, 0.02, 0.01])
    plain, corrected = corrected_error(values, 0.0), corrected_error(values, 0.25)
    assert corrected / plain == pytest.approx(math.sqrt((1 / 5 + 0.25) / (1 / 5)))


def test_a_lead_in_loss_is_positive_when_the_loss_is_lower():
    assert lead(trial(0, [[0.1], [0.2]]), trial(1, [[0.3], [0.3]]), LOSS, 0.25)[0] == pytest.approx(0.15)


def test_the_best_is_the_highest_mean_and_failures_are_left_out():
    trials = {
        0: trial(0, [[0.7], [0.9]]),
        1: trial(1, [[0.85], [0.85]]),
        2: trial(2, [[0.99]], state="dropped"),
        3: trial(3, [], state="failed"),
    }
    assert [each.number for each in ranked(trials, ACCURACY)] == [1, 0]
    assert [each.number for each in ranked(trials, LOSS)] == [0, 1]


def test_of_equal_scores_the_lower_loss_comes_first_and_the_warning_says_so():
    trials = {
        0: trial(0, [[0.9], [0.9]], losses=[[0.5], [0.5]]),
        1: trial(1, [[0.9], [0.9]], losses=[[0.4], [0.4]]),
    }
    standing = standing_of(trials, ACCURACY, 0.25)
    assert standing.best == 1
    assert (
        warning_of(standing, ACCURACY)
        == "trials 1 and 0 are equal in accuracy; 1 is named because its loss is lower"
    )


def test_less_than_the_noise_is_warned_of_and_more_is_not():
    near = standing_of({0: trial(0, [[0.90], [0.80]]), 1: trial(1, [[0.80], [0.88]])}, ACCURACY, 0.25)
    assert not near.decided
    assert "trial 0 is ahead of trial 1 by 0.01 in accuracy, which is less than the noise" in warning_of(
        near, ACCURACY
    )
    cells = [[0.90], [0.91], [0.92], [0.89]]
    behind = [[each[0] - 0.2 + 0.001 * place] for place, each in enumerate(cells)]
    far = standing_of({0: trial(0, cells), 1: trial(1, behind)}, ACCURACY, 0.25)
    assert far.decided
    assert warning_of(far, ACCURACY) == ""


def test_one_network_per_trial_cannot_tell_noise_and_says_so():
    standing = standing_of({0: trial(0, [[0.9]]), 1: trial(1, [[0.5]])}, ACCURACY, 0.2)
    assert not standing.decided
    assert "how much of a score is chance cannot be told" in warning_of(standing, ACCURACY)


def test_the_simplest_within_one_standard_error_is_named():
    trials = {
        0: trial(0, [[0.9], [0.8]], parameters=1000),
        1: trial(1, [[0.85], [0.83]], parameters=10),
        2: trial(2, [[0.1], [0.1]], parameters=1),
    }
    standing = standing_of(trials, ACCURACY, 0.25)
    assert standing.within == (0, 1)
    assert standing.simplest == 1


def test_nothing_finished_has_no_standing():
    assert standing_of({0: trial(0, [], state="failed")}, ACCURACY, 0.25) is None


def test_importance_is_epsilon_squared_of_a_one_way_analysis_of_variance():
    generator = np.random.default_rng(1)
    space = read_space({"training.batch_size": [8, 16, 32]})
    effect = {8: 0.0, 16: 0.05, 32: 0.1}
    trials = {}
    for number in range(60):
        size = (8, 16, 32)[number % 3]
        trials[number] = trial(
            number, [[effect[size] + generator.normal(0, 0.05)]], settings={"training.batch_size": size}
        )
    groups = [
        [each.mean for each in trials.values() if each.settings["training.batch_size"] == size]
        for size in effect
    ]
    f = stats.f_oneway(*groups).statistic
    expected = (f - 1) / (f + (60 - 3) / (3 - 1))  # epsilon squared in terms of F
    assert importance(trials, space)["training.batch_size"] == pytest.approx(expected)


def test_a_setting_without_effect_explains_nearly_nothing():
    generator = np.random.default_rng(2)
    space = read_space({"model.dropout": {"from": 0.0, "to": 0.5}})
    trials = {
        number: trial(
            number, [[generator.normal()]], settings={"model.dropout": float(generator.random() / 2)}
        )
        for number in range(400)
    }
    assert importance(trials, space)["model.dropout"] < 0.03


def test_ranges_are_cut_into_bands_of_equal_counts():
    space = read_space({"model.dropout": {"from": 0.0, "to": 0.5}})
    levels = levels_of(space.dimensions[0], np.linspace(0, 0.5, 100).tolist())
    assert np.bincount(levels).tolist() == [20] * 5


def test_too_few_trials_have_no_importance():
    space = read_space({"training.batch_size": [8, 16]})
    assert importance({0: trial(0, [[0.5]], settings={"training.batch_size": 8})}, space) == {
        "training.batch_size": None
    }


def test_curves_are_means_and_deviations_and_count_shorter_trainings_as_long_as_they_went():
    histories = [
        [
            {"train": {"loss": 1.0}, "validation": {"loss": 2.0, "r2": None}},
            {"train": {"loss": 3.0}, "validation": {"loss": 1.0, "r2": 0.5}},
        ],
        [{"train": {"loss": 2.0}, "validation": {"loss": 4.0, "r2": 0.25}}],
    ]
    found = curves_of(histories)
    assert found["train_loss"] == {"mean": [1.5, 3.0], "spread": [pytest.approx(0.707107), 0.0]}
    assert found["validation_loss"]["mean"] == [3.0, 1.0]
    assert found["validation_r2"]["mean"] == [0.25, 0.5]

"""Schedules: what their cards say, the arithmetic that they write, and what holds whatever the settings."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

import glasshouse as gh
from glasshouse.core.errors import SettingError
from glasshouse.schedules import SCHEDULES, Clock
from glasshouse.testing import check_card

WITH_WARMUP = [name for name in SCHEDULES if name not in ("warmup", "one_cycle", "range_test")]
SPECS = [
    *SCHEDULES,
    *({"name": name, "warmup": 0.25} for name in WITH_WARMUP),
    {"name": "cosine", "floor": 0.1, "restart": 0.7, "growth": 1.5},
    {"name": "cyclic", "mode": "triangular2"},
    {"name": "cyclic", "mode": "exp_range", "period": 1.3},
    {"name": "one_cycle", "three_phases": True, "shape": "linear"},
    {"name": "polynomial", "power": 0.9, "floor": 0.2},
    {"name": "range_test", "shape": "linear"},
    {"name": "step_decay", "at": [1, 2]},
    {"name": "warmup", "share": 0.3, "start": 0.2},
]
CLOCKS = [Clock(step, 7, 5) for step in range(35)]


def factors(spec, clocks=CLOCKS):
    schedule = SCHEDULES.build(spec)
    return [schedule.factor(clock) for clock in clocks]


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_cards(name):
    check_card(SCHEDULES[name])
    assert SCHEDULES[name].conventions


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_the_written_arithmetic_has_the_value_of_the_factor(spec):
    schedule = SCHEDULES.build(spec)
    for clock in CLOCKS:
        assert schedule.expand(clock).value == pytest.approx(schedule.factor(clock), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_factors_lie_between_0_and_1_also_in_the_shortest_runs(spec):
    for steps, epochs in ((7, 5), (1, 1), (1, 2), (2, 1), (3, 1)):
        seen = factors(spec, [Clock(step, steps, epochs) for step in range(steps * epochs)])
        assert all(0 <= each <= 1 + 1e-12 for each in seen), (steps, epochs, seen)


@pytest.mark.parametrize("warmup", [0.1, 1 / 3, 0.5])
@pytest.mark.parametrize("name", WITH_WARMUP)
def test_after_a_warm_up_a_schedule_runs_over_what_is_left(name, warmup):
    seen = factors({"name": name, "warmup": warmup}, [Clock(step, 6, 5) for step in range(30)])
    rising = round(30 * warmup)
    assert seen[:rising] == pytest.approx([step / rising for step in range(rising)])
    alone = SCHEDULES.build(name)
    left = [alone.factor(Clock(step, 6, (30 - rising) / 6)) for step in range(30 - rising)]
    assert seen[rising:] == pytest.approx(left, rel=1e-12)


@pytest.mark.parametrize("restart", [0.1, 0.3, 0.7, 1.1])
def test_restarts_come_exactly_on_time(restart):
    steps = round(restart * 10)
    seen = factors({"name": "cosine", "restart": restart}, [Clock(step, 10, 50) for step in range(500)])
    expected = [0.5 * (1 + math.cos(math.pi * (step % steps) / steps)) for step in range(500)]
    assert seen == pytest.approx(expected, abs=1e-9)


def test_cycles_grow():
    seen = factors(
        {"name": "cosine", "restart": 0.3, "growth": 2}, [Clock(step, 10, 3) for step in range(22)]
    )
    tops = [step for step, factor in enumerate(seen) if factor == pytest.approx(1.0, abs=1e-9)]
    assert tops == [0, 3, 9, 21]


def test_the_swings_of_triangular2_halve():
    seen = factors(
        {"name": "cyclic", "mode": "triangular2", "period": 2, "floor": 0.2},
        [Clock(s, 1, 6) for s in range(6)],
    )
    assert seen == pytest.approx([0.2, 1.0, 0.2, 0.6, 0.2, 0.4])


def test_one_cycle_rises_falls_and_ends_low():
    seen = factors({"name": "one_cycle", "rise": 0.4}, [Clock(step, 10, 2) for step in range(20)])
    assert seen[0] == pytest.approx(1 / 25)
    assert seen.index(max(seen)) == 7
    assert max(seen) == pytest.approx(1.0)
    assert seen[-1] == pytest.approx(1 / 25 / 10_000)
    assert all(before > after for before, after in itertools.pairwise(seen[7:]))


def test_the_range_test_multiplies_or_adds_alike():
    geometric = factors("range_test")
    ratios = [after / before for before, after in itertools.pairwise(geometric)]
    assert ratios == pytest.approx([ratios[0]] * len(ratios))
    linear = factors({"name": "range_test", "shape": "linear"})
    differences = [after - before for before, after in itertools.pairwise(linear)]
    assert differences == pytest.approx([differences[0]] * len(differences))
    assert geometric[0] == pytest.approx(1e-7)


def test_exponential_decay_leaves_what_its_card_says():
    assert gh.schedules.Exponential(gamma=0.95).factor(Clock(100, 1, 200)) == pytest.approx(0.006, abs=1e-4)


def test_settings_are_multiplied_with_the_learning_rate_in_training():
    points = torch.linspace(-1, 1, 40).reshape(-1, 1)
    schedule = {"name": "one_cycle", "rise": 0.5}
    run = gh.fit(torch.nn.Linear(1, 1), (points, 2 * points), epochs=3, learning_rate=0.1, schedule=schedule)
    rates = run.steps["learning_rate"].to_list()
    clocks = [Clock(step, len(rates) // 3, 3) for step in range(len(rates))]
    assert rates == pytest.approx([0.1 * each for each in factors(schedule, clocks)])


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"name": "warmup", "share": 0}, "share = 0"),
        ({"name": "warmup", "start": 1.5}, "start = 1.5"),
        ({"name": "step_decay", "at": [3, 3]}, "epochs in rising order"),
        ({"name": "step_decay", "at": [0]}, r"at\[0\] = 0"),
        ({"name": "exponential", "warmup": -0.1}, "warmup = -0.1"),
        ({"name": "cosine", "growth": 2}, "growth = 2.* without restart"),
        ({"name": "cosine", "restart": 1, "growth": 0.5}, "growth = 0.5"),
        ({"name": "cyclic", "mode": "triangle"}, "did you mean 'triangular'"),
        ({"name": "cyclic", "rise": 1.0}, "rise = 1.0"),
        ({"name": "one_cycle", "rise": 0.6, "three_phases": True}, "rise = 0.6 with three phases"),
        ({"name": "one_cycle", "shape": "cos"}, "did you mean 'cosine'"),
        ({"name": "one_cycle", "warmup": 0.1}, "has no setting 'warmup'"),
        ({"name": "polynomial", "power": 0}, "power = 0"),
        ({"name": "plateau", "cooldown": -1}, "cooldown = -1"),
        ({"name": "range_test", "lowest": 1.0}, "lowest = 1.0"),
    ],
    ids=str,
)
def test_refused_settings(spec, said):
    with pytest.raises(SettingError, match=said):
        SCHEDULES.build(spec)

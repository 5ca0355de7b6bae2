"""Schedules against PyTorch's, step by step."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch.optim import lr_scheduler

from glasshouse.core.errors import SettingError
from glasshouse.schedules import SCHEDULES, Clock

EPOCHS, STEPS = 6, 5
ALL = EPOCHS * STEPS


def ours(spec):
    schedule = SCHEDULES.build(spec)
    return [schedule.factor(Clock(step, STEPS, EPOCHS)) for step in range(EPOCHS * STEPS)]


def theirs(make, per_epoch=False):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    for step in range(EPOCHS * STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if not per_epoch or (step + 1) % STEPS == 0:
            scheduler.step()
    return rates


ALL = EPOCHS * STEPS


def swings(optimizer, **settings):
    return lr_scheduler.CyclicLR(optimizer, 0.2, 1.0, cycle_momentum=False, **settings)


def one_cycle(optimizer, **settings):
    return lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=ALL, cycle_momentum=False, **settings)


def after_a_rise(optimizer, then):
    rise = lr_scheduler.LinearLR(optimizer, 0.1, 1.0, total_iters=STEPS)
    return lr_scheduler.SequentialLR(optimizer, [rise, then], [STEPS])


CASES = [
    ("constant", lambda o: lr_scheduler.ConstantLR(o, factor=1.0), False),
    ("cosine", lambda o: lr_scheduler.CosineAnnealingLR(o, ALL), False),
    ({"name": "cosine", "floor": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, ALL, eta_min=0.1), False),
    (
        {"name": "cosine", "restart": 2, "floor": 0.1},
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2 * STEPS, eta_min=0.1),
        False,
    ),
    (
        {"name": "cosine", "restart": 0.8, "growth": 2},
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 4, T_mult=2),
        False,
    ),
    ({"name": "step_decay", "every": 2, "gamma": 0.3}, lambda o: lr_scheduler.StepLR(o, 2, gamma=0.3), True),
    (
        {"name": "step_decay", "at": [1, 2, 5], "gamma": 0.3},
        lambda o: lr_scheduler.MultiStepLR(o, [1, 2, 5], gamma=0.3),
        True,
    ),
    (
        {"name": "exponential", "gamma": 0.5},
        lambda o: lr_scheduler.ExponentialLR(o, 0.5 ** (1 / STEPS)),
        False,
    ),
    (
        {"name": "step_decay", "every": 1, "gamma": 0.5},
        lambda o: lr_scheduler.ExponentialLR(o, 0.5),
        True,
    ),
    ("linear", lambda o: lr_scheduler.PolynomialLR(o, ALL), False),
    ({"name": "linear", "floor": 0.2}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, total_iters=ALL), False),
    ({"name": "polynomial", "power": 2.5}, lambda o: lr_scheduler.PolynomialLR(o, ALL, power=2.5), False),
    (
        {"name": "cyclic", "period": 2, "floor": 0.2},
        lambda o: swings(o, step_size_up=STEPS),
        False,
    ),
    (
        {"name": "cyclic", "period": 2, "floor": 0.2, "mode": "triangular2"},
        lambda o: swings(o, step_size_up=STEPS, mode="triangular2"),
        False,
    ),
    (
        {"name": "cyclic", "period": 2, "floor": 0.2, "mode": "exp_range", "gamma": 0.7, "rise": 0.3},
        lambda o: swings(o, step_size_up=3, step_size_down=7, mode="exp_range", gamma=0.7 ** (1 / STEPS)),
        False,
    ),
    ("one_cycle", one_cycle, False),
    (
        {"name": "one_cycle", "rise": 0.45, "start": 0.1, "end": 0.01, "shape": "linear"},
        lambda o: one_cycle(o, pct_start=0.45, div_factor=10, final_div_factor=10, anneal_strategy="linear"),
        False,
    ),
    (
        {"name": "one_cycle", "rise": 0.4, "start": 0.1, "end": 0.01, "three_phases": True},
        lambda o: one_cycle(o, pct_start=0.4, div_factor=10, final_div_factor=10, three_phase=True),
        False,
    ),
    (
        {"name": "warmup", "share": 0.5, "start": 0.1},
        lambda o: lr_scheduler.LinearLR(o, 0.1, 1.0, total_iters=ALL // 2),
        False,
    ),
]


@pytest.mark.parametrize(("spec", "make", "per_epoch"), CASES, ids=[str(each[0]) for each in CASES])
def test_equals_pytorchs_scheduler(spec, make, per_epoch):
    assert ours(spec) == pytest.approx(theirs(make, per_epoch), abs=1e-12)


PLATEAUS = [
    ({"patience": 1}, {"patience": 1}),
    ({"patience": 0, "cooldown": 2, "threshold": 0.2}, {"patience": 0, "cooldown": 2, "threshold": 0.2}),
    ({"patience": 0, "floor": 0.3}, {"patience": 0, "min_lr": 0.3}),
]


@pytest.mark.parametrize(("settings", "pytorchs"), PLATEAUS, ids=str)
def test_plateau_drops_when_pytorchs_does(settings, pytorchs):
    losses = [1.0, 0.9, 0.9, 0.91, 0.9, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.1, float("nan"), 0.2, 0.2]
    schedule = SCHEDULES.build({"name": "plateau", "gamma": 0.5, **settings})
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, **pytorchs)
    for loss in losses:
        schedule.observe(loss)
        scheduler.step(loss)
        assert schedule.factor(Clock(0, 1, 1)) == optimizer.param_groups[0]["lr"]
        again = SCHEDULES.build({"name": "plateau", "gamma": 0.5, **settings})
        again.restore(schedule.state())
        assert again.state() == schedule.state()
        schedule = again
    assert schedule.factor(Clock(0, 1, 1)) < 0.4


def test_a_schedule_after_a_warm_up_equals_pytorchs_sequence():
    # PyTorch's rise can't begin at 0, so the two are compared from its end on, and the rise by itself.
    mine = ours({"name": "cosine", "warmup": 1 / EPOCHS})
    left = ALL - STEPS
    their = theirs(lambda o: after_a_rise(o, lr_scheduler.CosineAnnealingLR(o, left)))
    assert mine[STEPS:] == pytest.approx(their[STEPS:], abs=1e-12)
    assert mine[:STEPS] == pytest.approx([step / STEPS for step in range(STEPS)])
    stairs = ours({"name": "step_decay", "every": 1, "gamma": 0.5, "warmup": 1 / EPOCHS})
    their = theirs(lambda o: after_a_rise(o, lr_scheduler.StepLR(o, STEPS, gamma=0.5)))
    assert stairs[STEPS:] == pytest.approx(their[STEPS:], abs=1e-12)


def test_warm_up_rises_from_zero_to_the_full_rate():
    rates = ours({"name": "constant", "warmup": 0.5})
    assert rates[0] == 0.0
    assert rates[15:] == [1.0] * 15
    assert all(a < b for a, b in itertools.pairwise(rates[:16]))


@pytest.mark.parametrize(
    "spec",
    [
        {"name": "step_decay", "every": 0},
        {"name": "exponential", "gamma": 0.0},
        {"name": "cosine", "floor": 1.5},
        {"name": "cyclic", "period": -1},
        {"name": "plateau", "patience": -1},
        {"name": "constant", "warmup": 1.0},
        {"name": "cosine", "speed": 1},
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(spec):
    with pytest.raises(SettingError, match=list(spec)[1]):
        SCHEDULES.build(spec)

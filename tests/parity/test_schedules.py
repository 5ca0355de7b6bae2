"""Schedules against PyTorch's, step by step."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch.optim import lr_scheduler

from glasshouse.core.errors import SettingError
from glasshouse.schedules import SCHEDULES, Clock

EPOCHS, STEPS = 6, 5


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
CASES = [
    ("constant", lambda o: lr_scheduler.ConstantLR(o, factor=1.0), False),
    ("cosine", lambda o: lr_scheduler.CosineAnnealingLR(o, ALL), False),
    ({"name": "cosine", "floor": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, ALL, eta_min=0.1), False),
    ({"name": "step_decay", "every": 2, "gamma": 0.3}, lambda o: lr_scheduler.StepLR(o, 2, gamma=0.3), True),
    (
        {"name": "exponential", "gamma": 0.5},
        lambda o: lr_scheduler.ExponentialLR(o, 0.5 ** (1 / STEPS)),
        False,
    ),
    (
        {"name": "cyclic", "period": 2, "floor": 0.2},
        lambda o: lr_scheduler.CyclicLR(o, 0.2, 1.0, step_size_up=STEPS, cycle_momentum=False),
        False,
    ),
]


@pytest.mark.parametrize(("spec", "make", "per_epoch"), CASES, ids=[str(each[0]) for each in CASES])
def test_equals_pytorchs_scheduler(spec, make, per_epoch):
    assert ours(spec) == pytest.approx(theirs(make, per_epoch), abs=1e-12)


def test_plateau_drops_when_pytorchs_does():
    losses = [1.0, 0.9, 0.9, 0.91, 0.9, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    schedule = SCHEDULES.build({"name": "plateau", "patience": 1, "gamma": 0.5})
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    for loss in losses:
        schedule.observe(loss)
        scheduler.step(loss)
        assert schedule.factor(Clock(0, 1, 1)) == optimizer.param_groups[0]["lr"]
    again = SCHEDULES.build({"name": "plateau", "patience": 1, "gamma": 0.5})
    again.restore(schedule.state())
    assert again.state() == schedule.state()


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
    with pytest.raises(SettingError):
        SCHEDULES.build(spec)

"""Threads divide what is written and no sum, so any number of them comes to the very same bits."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.models.mlp import mlp
from glasshouse.training.fused import codes, threads
from glasshouse.training.fused.threads import Team, alone, usable

from ..conftest import make_job
from ..test_dense_equality import hidden, outputs_for, trained
from .test_run import assert_goes_on_exactly

pytest.importorskip("numba")

SHAPES = {
    "fewer rows than a tile": {"batch_size": 3},
    "rows that do not divide": {"batch_size": 21},
    "one batch": {"batch_size": 83},
}
PIECES = {
    "relu": {"build": hidden("relu")},
    "tanh": {"build": hidden("tanh")},
    "gelu": {"build": hidden("gelu")},
    "dropout": {"build": hidden("relu", dropout=0.3)},
    "batch norm": {"build": hidden("relu", normalization="batch")},
    "layer norm": {"build": hidden("relu", normalization="layer")},
    "one unit": {"build": lambda: mlp((6,), 3, hidden=[1, 5], activation="sigmoid")},
    "a linear layer alone": {"build": lambda: nn.Sequential(nn.Linear(6, 3))},
    "wide rows that crowd": {"build": lambda: mlp((6,), 3, hidden=[256, 40])},
    "wide tanh": {"build": lambda: mlp((6,), 3, hidden=[200, 40], activation="tanh")},
    "wide gelu": {"build": lambda: mlp((6,), 3, hidden=[72, 100], activation="gelu", dropout=0.2)},
    "wide norms": {"build": lambda: mlp((6,), 3, hidden=[72, 100], activation="elu", normalization="batch")},
    "nadam": {"build": hidden("relu"), "optimizer": "nadam"},
    "decay": {"build": hidden("relu"), "optimizer": "adamw", "weight_decay": 0.1},
    "clipping": {"build": hidden("relu"), "clip_norm": 0.1, "clip_value": 0.05},
    "penalties": {"build": hidden("relu"), "regularizers": ["l1", "l2"]},
    "looks": {"build": hidden("relu"), "probe_every": 3},
}


@pytest.fixture
def many(monkeypatch):
    """Threads beyond the cores: they wait for each other longer, and come to the same."""
    monkeypatch.setattr(threads, "cores", lambda: 64)


def assert_same_bits(count, loss="cross_entropy", dtype=torch.float32, **changes):
    build = changes.pop("build", hidden("relu"))
    one, records = trained("fused", build, loss, dtype, threads=1, **dict(changes))
    several, found = trained("fused", build, loss, dtype, threads=count, **dict(changes))
    for key, value in one.state_dict().items():
        assert torch.equal(value, several.state_dict()[key]), key
    assert found.steps == records.steps
    assert found.probes == records.probes


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_number_of_threads_ends_with_the_same_bits(many, count, shape):
    assert_same_bits(count, **SHAPES[shape])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("piece", PIECES)
def test_every_piece_is_divided_without_changing_a_bit(many, piece, dtype):
    assert_same_bits(2, dtype=dtype, **PIECES[piece])


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "huber", "mae", "mse", "quadratic"])
def test_every_loss_is_divided_without_changing_a_bit(many, loss):
    assert_same_bits(2, loss, build=hidden("tanh", outputs_for(loss)))


def test_a_run_that_was_cut_off_goes_on_exactly_on_two_threads(many, tmp_path):
    assert_goes_on_exactly(tmp_path, 26, threads=2)


def test_a_loss_that_is_not_finite_ends_it_on_every_thread(many):
    from glasshouse.core.errors import NonFiniteError
    from glasshouse.training.loop import train

    with pytest.raises(NonFiniteError):
        train(make_job(engine="fused", threads=2, optimizer="sgd", learning_rate=1e30))


def test_the_threads_meet_as_often_as_they_are_asked_to(many):
    seen = []

    def run(steps, team):
        own, count, gate = team
        assert len(gate) == codes.GATE
        seen.append((own, count, steps))

    Team(run, 3).run(7)
    assert sorted(seen) == [(0, 3, 7), (1, 3, 7), (2, 3, 7)]


def test_when_one_gives_up_the_others_are_told():
    left = threading.Event()

    def run(team):
        own, _, gate = team
        if own == 0:
            raise MemoryError("no room")
        while not gate[codes.GATE_GIVEN_UP]:
            time.sleep(0.001)
        left.set()

    with pytest.raises(MemoryError):
        Team(run, 2).run()
    assert left.wait(10)


def test_a_failure_of_another_thread_is_not_lost():
    def run(team):
        if team[0]:
            raise MemoryError("no room")

    with pytest.raises(MemoryError):
        Team(run, 2).run()


def test_threads_are_no_more_than_cores_and_one_where_they_cannot_yield(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 4)
    assert [usable(wanted) for wanted in (1, 3, 9)] == [1, 3, 4]
    monkeypatch.delattr("os.sched_yield")
    assert usable(3) == 1


def test_a_loop_of_one_thread_starts_no_other():
    before = threading.active_count()
    Team(lambda team: None, 1).run()
    assert threading.active_count() == before
    assert np.array_equal(alone()[2], np.zeros(codes.GATE))


def test_threads_that_wait_give_their_core_away():
    # A gate of three at which only two come: they wait, and this thread still gets on.
    from numba import njit

    from glasshouse.training.fused.native.team import meet

    wait = njit(nogil=True)(lambda team: meet(team))
    gate = np.zeros(codes.GATE, dtype=np.int64)
    wait((0, 1, gate))
    waiting = [threading.Thread(target=wait, args=((own, 3, gate),)) for own in (0, 1)]
    for each in waiting:
        each.start()
    deadline = time.monotonic() + 20
    while gate[codes.GATE_HERE] < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert gate[codes.GATE_HERE] == 2
    assert all(each.is_alive() for each in waiting)
    wait((2, 3, gate))
    for each in waiting:
        each.join(20)
    assert not any(each.is_alive() for each in waiting)
    assert (gate[codes.GATE_HERE], gate[codes.GATE_MEETINGS]) == (0, 1)

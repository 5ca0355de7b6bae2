"""Which runs the fused loop is chosen for, and what happens where Numba is not installed."""

from __future__ import annotations

import importlib

import pytest
import torch
from torch import nn

from glasshouse.core.errors import MissingDependencyError
from glasshouse.data.parts import Part
from glasshouse.training.choose_engine import choose_engine
from glasshouse.training.fused import loading, worth
from glasshouse.training.loop import train

from ..conftest import make_job, points

LONG = 10_000
"""Epochs of ten steps."""


@pytest.fixture
def ready(monkeypatch):
    monkeypatch.setattr(worth, "is_compiled", lambda dtype: True)
    monkeypatch.setattr(worth, "available", lambda: True)


def test_auto_takes_the_fused_loop_for_many_small_steps(ready):
    choice = choose_engine(make_job(epochs=LONG))
    assert choice.name == "fused"
    assert choice.why == "every piece has compiled code, and the steps are small and many"


def wide() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 600), nn.ReLU(), nn.Linear(600, 700), nn.ReLU(), nn.Linear(700, 2))


AGAINST = [
    ({"epochs": 3}, "30 steps: from 12000 on it repays its loading"),
    ({"network": wide()}, "423902 parameters: from 400000 on it gains nothing"),
    (
        {"network": nn.Sequential(nn.Linear(2, 500), nn.GELU(), nn.Linear(500, 2))},
        "5500 numbers per step through GELU or softplus, which it computes one by one",
    ),
    ({"accumulate": 2}, "training.accumulate: its steps are of one batch"),
    ({"regularizers": ["max_norm"]}, "regularizer MaxNorm: the fused loop has no code for it"),
]


@pytest.mark.parametrize(("changes", "reason"), AGAINST, ids=[reason for _, reason in AGAINST])
def test_auto_takes_the_dense_engine_where_fused_is_not_faster_and_says_why(ready, changes, reason):
    choice = choose_engine(make_job(**{"epochs": LONG, **changes}))
    assert choice.name == "dense"
    assert choice.why == f"every layer and the loss have rules (not fused: {reason})"


def test_auto_takes_as_many_threads_as_the_run_may_have(ready, monkeypatch):
    monkeypatch.setattr(worth, "usable", lambda wanted: wanted)
    assert choose_engine(make_job(epochs=LONG, threads=2)).name == "fused"


def test_auto_takes_larger_networks_on_several_threads(ready, monkeypatch):
    monkeypatch.setattr(worth, "usable", lambda wanted: wanted)
    assert choose_engine(make_job(epochs=LONG, network=wide(), threads=1)).name == "dense"
    assert choose_engine(make_job(epochs=LONG, network=wide(), threads=2)).name == "fused"


def test_auto_takes_the_dense_engine_where_threads_could_not_wait_politely(ready, monkeypatch):
    monkeypatch.setattr(worth, "usable", lambda wanted: 1)
    choice = choose_engine(make_job(epochs=LONG, threads=2))
    assert choice.name == "dense"
    assert choice.why.endswith("(not fused: training.threads = 2: here it runs on one)")


def test_auto_does_not_compile_for_a_run_that_would_not_repay_it(ready, monkeypatch):
    monkeypatch.setattr(worth, "is_compiled", lambda dtype: False)
    choice = choose_engine(make_job(epochs=LONG))
    assert choice.name == "dense"
    assert choice.why.endswith(
        "(not fused: 100000 steps: from 300000 on it repays its compiling, which "
        "`python -m glasshouse.training.fused` does once and for all)"
    )
    assert choose_engine(make_job(epochs=10 * LONG)).name == "fused"


@pytest.fixture
def without_numba(monkeypatch):
    real = importlib.import_module

    def absent(name, package=None):
        if name.split(".")[0] == "numba":
            raise ModuleNotFoundError("No module named 'numba'", name="numba")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", absent)
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    loading.loop.cache_clear()


def test_without_numba_auto_falls_back_and_records_the_reason(without_numba):
    outcome = train(make_job(epochs=2))
    assert outcome.engine == "dense"
    assert outcome.engine_why.endswith("(not fused: Numba is not installed: pip install 'glasshouse[fast]')")


def test_without_numba_asking_for_fused_says_what_to_install(without_numba):
    with pytest.raises(MissingDependencyError) as caught:
        choose_engine(make_job(engine="fused"))
    assert caught.value.received == (
        "the package 'numba' is needed for training.engine = 'fused' and is not installed"
    )
    assert caught.value.fix == "pip install 'glasshouse[fast]'"


def test_numba_is_not_imported_to_choose_another_engine(ready, monkeypatch):
    def refuse(*_args, **_named):
        raise AssertionError("it was imported")

    monkeypatch.setattr(loading, "require", refuse)
    loading.loop.cache_clear()
    assert train(make_job(epochs=2)).engine == "dense"


def test_class_weights_that_do_not_fit_are_left_to_the_loss(ready):
    from glasshouse.losses import LOSSES
    from glasshouse.objectives import Supervised

    loss = LOSSES.build({"name": "cross_entropy", "class_weights": [1.0, 2.0, 3.0]})
    choice = choose_engine(make_job(epochs=LONG, objective=Supervised(loss)))
    assert choice.name == "dense"
    assert "the class weights: there are not as many as outputs" in choice.why


def test_targets_out_of_range_never_reach_the_loop(ready):
    part = points()
    choice = choose_engine(make_job(epochs=LONG, part=Part(part.inputs, part.targets - 1, part.rows)))
    assert choice.name == "dense"
    assert choice.why.endswith("(not fused: the targets: they do not fit the outputs)")


def test_what_is_compiled_is_remembered_by_type(tmp_path, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(loading.pooch, "os_cache", lambda name: tmp_path)
    assert not loading.is_compiled(torch.float32)
    loading.note_compiled(torch.float32)
    assert loading.is_compiled(torch.float32)
    assert not loading.is_compiled(torch.float64)

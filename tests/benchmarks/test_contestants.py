"""Everybody gets the same network."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch


def test_jax_computes_what_the_torch_network_does():
    jax = pytest.importorskip("jax")
    from contestants.jax_run import forward
    from contestants.jax_scan import described, weighted
    from measuring.cases import lenet5, mlp

    for network, shape in ((mlp(4, 8, 3), (5, 4)), (lenet5(), (2, 1, 28, 28))):
        x = torch.rand(shape)
        weights = [(each.weight.detach().numpy(), each.bias.detach().numpy()) for each in weighted(network)]
        seen = x.movedim(1, -1).numpy() if x.dim() == 4 else x.numpy()
        found = torch.from_numpy(jax.device_get(forward(described(network), weights, seen)).copy())
        assert torch.allclose(found, network(x), atol=1e-5)


def test_keras_computes_what_the_torch_network_does(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    from contestants.keras_fit import counterpart
    from measuring.cases import lenet5, mlp

    keras.config.set_image_data_format("channels_first")
    for network, shape in ((mlp(4, 8, 3), (5, 4)), (lenet5(), (2, 1, 28, 28))):
        x = torch.rand(shape)
        found = torch.as_tensor(counterpart(network, shape[1:])(x))
        assert torch.allclose(found, network(x), atol=1e-5)


def test_a_contestant_for_rows_takes_no_pictures():
    from contestants import CONTESTANTS, ENGINES

    assert not CONTESTANTS["scikit_learn"].takes((1, 28, 28))
    assert CONTESTANTS["scikit_learn"].takes((4,))
    assert not CONTESTANTS["channels_last"].takes((4,))
    assert ENGINES["glasshouse_autograd"].takes((1, 28, 28))


def test_rows_that_are_held_back_judge():
    from measuring.cases import CASES, Rows, Task, scored

    zeros, ones = torch.zeros(4, 4), torch.ones(4, dtype=torch.int64)
    network = torch.nn.Linear(4, 2)
    torch.nn.init.zeros_(network.weight)
    network.bias.data = torch.tensor([0.0, 1.0])
    task = Task(CASES["tiny"], 1, Rows(zeros, 1 - ones, (zeros, ones)), 0, None)
    assert scored(network, task).accuracy == 1.0


def test_the_products_alone_are_those_of_a_step(tmp_path):
    from contestants.products_alone import train
    from measuring.cases import CASES, Rows, Task
    from measuring.clock import EpochEnds
    from torch.utils.flop_counter import FlopCounterMode

    case = replace(CASES["tiny"], steps=2)
    with FlopCounterMode(display=False) as counted:
        train(Task(case, 3, Rows(torch.zeros(4, 4), torch.zeros(4)), 0, tmp_path), EpochEnds())
    forward, before = 4 * 64 + 64 * 32 + 32 * 3, 64 * 32 + 32 * 3  # nothing comes before the first layer
    assert counted.get_total_flops() == 3 * 2 * 2 * 32 * (2 * forward + before)


def test_scikit_learn_is_judged_alike_in_either_precision(tmp_path):
    pytest.importorskip("sklearn")
    from contestants.scikit_learn_mlp import train
    from measuring.cases import CASES, Task, rows_of
    from measuring.clock import EpochEnds

    case = replace(CASES["tiny"], steps=4)
    rows = rows_of(case)
    single, double = (
        train(Task(case, 2, rows, 0, tmp_path), EpochEnds(), double=each) for each in (False, True)
    )
    assert single.loss == pytest.approx(double.loss, rel=1e-3)

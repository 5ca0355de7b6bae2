"""Parameters in one flat buffer, and where that pays."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from glasshouse.training.flat import FEW, FlatParameters, can_flatten, flattening_pays, grouped
from glasshouse.training.loop import Training, train
from glasshouse.training.records import Records

from .conftest import CPU, make_job, network


def test_flat_parameters_keep_values_formats_and_give_memory_back():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(5, 2))
    model = model.to(memory_format=torch.channels_last)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    flat = FlatParameters(grouped(model, 0.01))
    with flat.installed():
        for name, value in model.state_dict().items():
            assert torch.equal(value, before[name])
        assert model[0].weight.is_contiguous(memory_format=torch.channels_last)
        starts = {each.data_ptr() % 64 for each in model.parameters()}
        assert len(starts) == 1  # each begins as the buffer does, at a multiple of 64 bytes
        model[0].weight.grad.fill_(1.0)
        assert sum(float(g.leaves[0].grad.sum()) for g in flat.groups) == model[0].weight.numel()
        flat.zero_gradients()
        assert float(model[0].weight.grad.abs().sum()) == 0.0
    assert all(each.grad is None for each in model.parameters())
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_sparse_embeddings_and_mixed_types_are_not_flattened():
    assert can_flatten(nn.Linear(2, 2), CPU)
    assert not can_flatten(nn.Embedding(5, 2, sparse=True), CPU)
    assert not can_flatten(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).double()), CPU)
    assert not can_flatten(nn.Linear(2, 2), torch.device("cuda"))


def test_a_buffer_pays_up_to_so_many_numbers_of_a_tensor_on_average():
    at_most = nn.Linear(2 * FEW - 1, 1)  # with its bias, twice as many numbers in two tensors
    assert flattening_pays(grouped(at_most))
    assert not flattening_pays(grouped(nn.Linear(2 * FEW, 1)))


@pytest.mark.parametrize(("engine", "flat"), [("autograd", False), ("dense", True)])
def test_large_tensors_lie_in_one_buffer_for_the_dense_engine_only(monkeypatch, engine, flat):
    monkeypatch.setattr("glasshouse.training.flat.FEW", 0)
    training = Training(make_job(engine=engine), Records(None), None, ())
    assert (training.leading.flat is not None) is flat
    assert training.choice.name == engine


@pytest.mark.parametrize("optimizer", ["adamw", {"name": "momentum", "momentum": 0.9}])
def test_training_ends_with_the_same_weights_in_one_buffer_and_in_many(monkeypatch, optimizer):
    def trained():
        job = make_job(engine="autograd", optimizer=optimizer, probe_every=3)
        records = Records(None)
        train(job, records)
        return job.network.state_dict(), [(row["step"], row["layer"]) for row in records.probes]

    flat, seen = trained()
    monkeypatch.setattr("glasshouse.training.flat.FEW", 0)
    apart, seen_apart = trained()
    torch.testing.assert_close(apart, flat)  # kernels end their vectors at other places
    assert seen == seen_apart


def test_biases_and_norms_are_not_decayed():
    groups = {group.decayed: group.members for group in grouped(network(), 0.01)}
    assert {each.dim() for each in groups[True]} == {2}
    assert {each.dim() for each in groups[False]} == {1}

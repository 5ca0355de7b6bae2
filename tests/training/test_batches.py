"""Batches: every row once in an epoch, in an order that the seed decides."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import Dataset, TensorDataset

from glasshouse.training.batches import InMemoryBatches, cut
from glasshouse.training.dataset_batches import DatasetBatches
from glasshouse.training.loop import train

from .conftest import make_job, network, points


@given(st.integers(1, 300), st.integers(1, 64), st.integers(1, 5))
def test_batches_cover_every_row_once_and_none_has_a_single_row(rows, batch_size, accumulate):
    steps = cut(rows, min(batch_size, rows), accumulate)
    sizes = [size for step in steps for size in step]
    assert sum(sizes) == rows
    assert all(len(step) <= accumulate for step in steps)
    if rows > 1 and batch_size > 1:
        assert min(sizes) > 1


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 60), st.integers(1, 20), st.integers(1, 3), st.data())
def test_an_epoch_shows_every_row_once_and_can_be_taken_up_at_any_step(rows, batch_size, accumulate, data):
    part = points(rows)
    batches = InMemoryBatches(part, min(batch_size, rows), accumulate=accumulate, seed=5)
    whole = [[(b.inputs.clone(), b.targets.clone()) for b in step] for step in batches.epoch(2)]
    seen = torch.cat([inputs for step in whole for inputs, _ in step])
    assert sorted(map(tuple, seen.tolist())) == sorted(map(tuple, part.inputs.tolist()))
    start = data.draw(st.integers(0, batches.steps))
    rest = [[(b.inputs, b.targets) for b in step] for step in batches.epoch(2, start)]
    for one, other in zip(whole[start:], rest, strict=True):
        for (a, b), (c, d) in zip(one, other, strict=True):
            assert torch.equal(a, c)
            assert torch.equal(b, d)


def test_the_order_changes_from_epoch_to_epoch_and_with_the_seed():
    batches = InMemoryBatches(points(50), 10, seed=1)
    assert not torch.equal(batches.order(0), batches.order(1))
    assert not torch.equal(batches.order(0), InMemoryBatches(points(50), 10, seed=2).order(0))
    assert torch.equal(batches.order(4), InMemoryBatches(points(50), 25, seed=1).order(4))


def test_small_and_large_inputs_give_the_same_batches(monkeypatch):
    part = points(37)
    small = [b.inputs for step in InMemoryBatches(part, 5, seed=1).epoch(0) for b in step]
    monkeypatch.setattr("glasshouse.training.batches.SMALL", 0)
    large = [b.inputs for step in InMemoryBatches(part, 5, seed=1).epoch(0) for b in step]
    assert all(torch.equal(a, b) for a, b in zip(small, large, strict=True))


def test_pictures_stay_in_the_channels_last_format():
    part = points(12)
    pictures = torch.randn(12, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    batches = InMemoryBatches(type(part)(pictures, part.targets, part.rows), 5)
    for step in batches.epoch(0):
        assert step[0].inputs.is_contiguous(memory_format=torch.channels_last)


def test_a_data_set_trains_like_the_tensors_it_holds():
    part = points()
    tensors = make_job(network=network(dropout=0.0), validation=None)
    samples = DatasetBatches(TensorDataset(part.inputs, part.targets), 10, seed=3)
    streamed = make_job(network=network(dropout=0.0), validation=None, batches=samples)
    train(tensors)
    train(streamed)
    for a, b in zip(tensors.network.parameters(), streamed.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_data_set_with_random_changes_is_asked_anew_in_every_epoch():
    class Noisy(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, row):
            return torch.full((2,), float(row)) + torch.rand(2), row % 2

    batches = DatasetBatches(Noisy(), 8, seed=0)
    first, second = next(iter(batches.epoch(0)))[0], next(iter(batches.epoch(0)))[0]
    assert not torch.equal(first.inputs, second.inputs)
    assert torch.equal(first.targets, second.targets)

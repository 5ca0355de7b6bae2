"""The range test finds a rate that learns."""

from __future__ import annotations

import torch

from glasshouse.training.loop import train
from glasshouse.training.range_test import range_test
from glasshouse.training.records import Records

from .conftest import make_job, network


def test_the_range_test_finds_a_rate_that_learns_and_changes_nothing():
    job = make_job(network=network(dropout=0.0))
    before = {name: value.clone() for name, value in job.network.state_dict().items()}
    state = torch.get_rng_state()
    found = range_test(job)
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in job.network.state_dict().items():
        assert torch.equal(value, before[name])
    assert found.rates == sorted(found.rates)
    assert 1e-4 < found.suggestion < 1.0
    records = Records(None)
    train(make_job(network=network(dropout=0.0), learning_rate=found.suggestion), records)
    assert records.epochs[-1]["train"]["loss"] < 0.8 * records.epochs[0]["train"]["loss"]

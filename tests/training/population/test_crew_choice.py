"""Which networks crews take, and how many train beside each other."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.population import Cohort
from glasshouse.training.population.compiled import Reader

from .jobs import (
    BATCH,
    fused,
    network,
    part,
)

pytest.importorskip("numba")


def test_what_crews_do_not_know_is_named() -> None:
    refused: dict[str, dict[str, Any]] = {
        "probes: they look at one network at a time": {"probe_every": 5},
        "training.engine: 'dense' was asked for": {"engine": "dense"},
        "regularizer MaxNorm: the fused loop has no code for it": {"regularizers": ["max_norm"]},
        "layer 'activation1' (Softmax): the fused loop has no code for it": {
            "network": network(0, "softmax")
        },
        "training.accumulate: its steps are of one batch": {
            "batches": InMemoryBatches(part(), batch_size=BATCH, accumulate=2)
        },
        "the targets: they do not fit the outputs": {
            "validation": Part(part().inputs, part().targets + 7, part().rows)
        },
        "the validation part: its rows are not like those that are learnt": {
            "validation": Part(part().inputs.double(), part().targets, part().rows)
        },
        "rows with weights: the fused loop has no code for them": {
            "validation": Part(part().inputs, part().targets, part().rows, torch.ones(83))
        },
        "optimizer Adagrad: its memory does not begin empty": {
            "optimizer": {"name": "adagrad", "initial_sum": 0.5}
        },
    }
    for reason, changes in refused.items():
        with pytest.raises(UnsupportedError) as caught:
            Reader().read(fused(0, **changes))
        assert str(caught.value) == reason


def test_large_networks_are_for_crews_where_there_are_several_cores() -> None:
    wide = fused(
        0, network=nn.Sequential(nn.Linear(6, 600), nn.ReLU(), nn.Linear(600, 700), nn.Linear(700, 3))
    )
    assert Reader(cores=2).read(wide).plan.parameters == 427_003
    with pytest.raises(UnsupportedError, match="427003 parameters: from 400000 on it gains nothing"):
        Reader(cores=1).read(wide)


def test_the_rows_of_several_networks_are_copied_only_where_they_are_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from glasshouse.training.population import cohort as module

    rows = [part(seed=seed) for seed in range(2)]

    def crews() -> list[int]:
        jobs = [fused(seed, rows=rows[seed % 2]) for seed in range(8)]
        return [len(each.members) for each in Cohort(jobs, cores=1)._crews]

    assert crews() == [4, 4]
    rows = [part(seed=seed) for seed in range(4)]
    monkeypatch.setattr(module, "MOST_COPIED", 1)
    jobs = [fused(seed, rows=rows[seed % 4]) for seed in range(8)]
    assert [len(each.members) for each in Cohort(jobs, cores=1)._crews] == [2, 2, 2, 2]

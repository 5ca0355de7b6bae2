"""Networks in crews end as each would have ended alone by the fused loop, to the last bit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.job import Job
from glasshouse.training.loop import train
from glasshouse.training.population import Cohort, crew_buffers
from glasshouse.training.population.crew import Crew
from glasshouse.training.records import Records

from .jobs import (
    Build,
    fused,
    layered,
    network,
    part,
    weights,
)

pytest.importorskip("numba")


def compare(build: Build, cores: int = 2) -> Cohort:
    """Hold crews against the members trained alone: weights and training losses to the bit, what is
    measured on the rows that judge to the rounding of another order of adding.
    """
    alone, together = build(), build()
    records = [Records(None) for _ in alone]
    expected = [train(each, record) for each, record in zip(alone, records, strict=True)]
    cohort = Cohort(together, cores=cores)
    cohort.advance(max(each.epochs for each in together))
    assert cohort.engines == ["fused"] * len(together)
    assert all(isinstance(each, Crew) for each in cohort._crews)
    for one, other in zip(together, alone, strict=True):
        for (name, mine), theirs in zip(
            one.network.state_dict().items(), other.network.state_dict().values(), strict=True
        ):
            assert torch.equal(mine, theirs), name
    for found, wanted in zip(cohort.outcomes, expected, strict=True):
        neutral = {"seconds": 0.0, "engine_why": ""}
        assert replace(found, **neutral) == replace(wanted, **neutral)
    for member, record in zip(cohort.members, records, strict=True):
        assert member.records.steps == record.steps
        for mine, theirs in zip(member.records.epochs, record.epochs, strict=True):
            assert list(mine) == list(theirs)
            judged, wanted = mine.get("validation", {}), theirs.get("validation", {})
            assert list(judged) == list(wanted)
            assert list(judged.values()) == pytest.approx(list(wanted.values()), rel=1e-5, abs=1e-6)
            assert mine.get("penalty", 0.0) == pytest.approx(theirs.get("penalty", 0.0), rel=1e-5)
            got, due = dict(mine["train"]), dict(theirs["train"])
            if "r2" in due:
                assert got.pop("r2") == pytest.approx(due.pop("r2"), rel=1e-12)
            assert got == due
            assert mine["learning_rate"] == theirs["learning_rate"]
    return cohort


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "binary_cross_entropy"])
def test_every_kind_of_loss_ends_as_alone(loss: str, dtype: torch.dtype) -> None:
    outputs = {"mse": 2, "binary_cross_entropy": 1}.get(loss, 3)
    compare(
        lambda: [
            fused(seed, loss=loss, network=network(seed, outputs=outputs).to(dtype)) for seed in range(3)
        ]
    )


@pytest.mark.parametrize(
    "optimizer",
    ["sgd", "momentum", "nesterov", "adam", "adamw", "nadam", "rmsprop", "adagrad", "adadelta"],
)
def test_every_optimizer_ends_as_alone(optimizer: str) -> None:
    compare(
        lambda: [
            fused(seed, optimizer=optimizer, learning_rate=0.01 * (seed + 1), weight_decay=0.02)
            for seed in range(3)
        ]
    )


SETTINGS: dict[str, list[dict[str, Any]]] = {
    "schedules": [
        {"schedule": "cosine"},
        {"schedule": {"name": "exponential", "gamma": 0.8}},
        {"schedule": "plateau"},
        {"schedule": {"name": "cosine", "warmup": 0.2}, "epochs": 4},
    ],
    "decays and penalties": [
        {"weight_decay": 0.1},
        {"weight_decay": 0.01, "regularizers": ["l1"]},
        {"regularizers": [{"name": "l2", "strength": 0.05}]},
        {"regularizers": ["elastic_net", "l1"]},
    ],
    "clipping": [{"clip_norm": 0.3}, {"clip_value": 0.01}, {"clip_norm": 0.5, "clip_value": 0.02}],
    "layer rates": [{"layer_rates": {"output": 0.1}}, {"layer_rates": {"output": 0.0}}],
    "losses": [
        {"loss": {"name": "cross_entropy", "class_weights": [1.0, 2.0, 0.5]}},
        {"loss": {"name": "cross_entropy", "class_weights": [1.0, 1.0, 0.1]}},
        {"loss": {"name": "cross_entropy", "label_smoothing": 0.1}},
        {"loss": "cross_entropy"},
    ],
    "rows": [{"rows": part(seed=seed)} for seed in range(3)],
    "threads": [{"threads": 2}, {"threads": 2, "clip_norm": 0.3}, {"threads": 1}],
    "nobody judges": [{"validation": None}, {"validation": None, "train_metric": False}],
    "stopping": [
        {"stopping": EarlyStopping(patience=1, least_change=10.0)},
        {"stopping": EarlyStopping(patience=2, part="train"), "learning_rate": 0.4},
        {"stopping": EarlyStopping(patience=2), "learning_rate": 0.5, "epochs": 30},
    ],
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_its_own_end_as_alone(name: str) -> None:
    def build() -> list[Job]:
        found = []
        for seed, changes in enumerate(SETTINGS[name]):
            given = dict(changes)
            if "stopping" in given:
                watch = given["stopping"]
                given["stopping"] = EarlyStopping(watch.patience, "loss", watch.least_change, watch.part)
            found.append(fused(seed, **given))
        return found

    compare(build)


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
def test_dropout_norms_and_activations_end_as_alone(normalization: str) -> None:
    names = ["relu", "tanh", "silu", "leaky_relu"]
    compare(lambda: [fused(s, network=layered(s, normalization, name)) for s, name in enumerate(names)])


def test_a_dropout_at_the_end_is_left_out_when_rows_judge() -> None:
    def build() -> list[Job]:
        torch.manual_seed(0)
        layers = [nn.Sequential(nn.Dropout(0.2), nn.Linear(6, 3), nn.Dropout(0.3)) for _ in range(2)]
        return [fused(seed, network=each) for seed, each in enumerate(layers)]

    compare(build)


def test_pictures_are_flattened_as_alone() -> None:
    def shaped(given: Part) -> Part:
        return Part(given.inputs.reshape(-1, 2, 3), given.targets, given.rows)

    def build() -> list[Job]:
        made = []
        for seed in range(2):
            torch.manual_seed(seed)
            net = nn.Sequential(nn.Flatten(), nn.Linear(6, 5, bias=False), nn.ELU(), nn.Linear(5, 3))
            rows, judge = shaped(part(seed=seed)), shaped(part(40, seed=2))
            made.append(fused(seed, network=net, rows=rows, validation=judge))
        return made

    compare(build)


@pytest.mark.parametrize("limit", ["MOST_WORK", "MOST_MASKS"])
def test_calls_may_be_cut_at_any_step(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_buffers, limit, 1500)
    compare(lambda: [fused(seed, network=layered(seed, "batch", "tanh")) for seed in range(4)])
    net = [network(seed, outputs=2) for seed in range(4)]
    compare(lambda: [fused(s, loss="mse", network=network(s, outputs=2)) for s in range(len(net))])


def test_a_metric_that_is_not_defined_is_none_as_alone() -> None:
    given = part(loss="mse")
    flat = Part(given.inputs, torch.ones_like(given.targets), given.rows)
    built = [
        fused(seed, loss="mse", rows=flat, validation=flat, network=network(seed, outputs=2))
        for seed in (0, 1)
    ]
    cohort = Cohort(built)
    cohort.advance(1)
    assert [row["train"]["r2"] for history in cohort.histories for row in history] == [None, None]
    assert [row["validation"]["r2"] for history in cohort.histories for row in history] == [None, None]


def test_a_held_out_loss_that_is_not_finite_is_none() -> None:
    given = part(40, seed=2)
    inputs = given.inputs.clone()
    inputs[3, 1] = math.inf
    bad = Part(inputs, given.targets, given.rows)
    cohort = Cohort([fused(0, validation=bad), fused(1)])
    cohort.advance(2)
    assert [row["validation"]["loss"] for row in cohort.histories[0]] == [None, None]
    assert np.isfinite([row["validation"]["loss"] for row in cohort.histories[1]]).all()
    assert len(weights([cohort.members[0].job])) == 1

"""A population computes for every member what training it alone computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.models.mlp import mlp
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.job import Job
from glasshouse.training.loop import train
from glasshouse.training.population import Cohort
from glasshouse.training.population.structure import read_structure
from glasshouse.training.records import Records

from .jobs import (
    BATCH,
    Build,
    job,
    network,
    part,
)

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}


def compare(build: Build, tolerance: float = 1e-5) -> Cohort:
    """Hold a population against the members trained alone: outcomes, histories and weights."""
    alone, together = build(), build()
    records = [Records(None) for _ in alone]
    expected = [train(each, record) for each, record in zip(alone, records, strict=True)]
    cohort = Cohort(together)
    cohort.advance(max(each.epochs for each in together))
    for found, wanted in zip(cohort.outcomes, expected, strict=True):
        neutral = {"seconds": 0.0, "engine": "", "engine_why": ""}
        assert replace(found, **neutral) == replace(wanted, **neutral)
    for one, other in zip(together, alone, strict=True):
        for mine, theirs in zip(
            one.network.state_dict().values(), other.network.state_dict().values(), strict=True
        ):
            close(mine, theirs, tolerance)
    for found, record in zip(cohort.histories, records, strict=True):
        assert [list(row) for row in found] == [list(row) for row in record.epochs]
        for mine, theirs in zip(found, record.epochs, strict=True):
            # Validation is judged in float32, whatever the network's type.
            judged, expected_judged = mine.pop("validation", {}), theirs.pop("validation", {})
            assert numbers(judged) == pytest.approx(numbers(expected_judged), rel=1e-5, abs=1e-5)
            assert numbers(mine) == pytest.approx(numbers(theirs), rel=tolerance, abs=tolerance)
    for member, record in zip(cohort.members, records, strict=True):
        assert member.records.steps["loss"] == pytest.approx(
            record.steps["loss"], rel=tolerance, abs=tolerance
        )
        assert member.records.steps["learning_rate"] == record.steps["learning_rate"]
    return cohort


def close(mine: torch.Tensor, theirs: torch.Tensor, tolerance: float) -> None:
    largest = float(theirs.abs().max())
    assert float((mine - theirs).abs().max()) <= tolerance * max(1.0, largest)


def numbers(row: dict[str, Any]) -> list[float]:
    """All numbers of a row; a metric that has no value counts -1."""
    flat: list[float] = []
    for value in row.values():
        flat.extend(numbers(value) if isinstance(value, dict) else [-1 if value is None else value])
    return flat


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "binary_cross_entropy"])
def test_every_loss_trains_as_alone(loss: str, dtype: torch.dtype) -> None:
    outputs = {"mse": 2, "binary_cross_entropy": 1}.get(loss, 3)

    def build() -> list[Job]:
        return [job(seed, loss=loss, network=network(seed, outputs=outputs).to(dtype)) for seed in range(4)]

    cohort = compare(build, TOLERANCE[dtype])
    assert cohort.engines == ["population"] * 4


@pytest.mark.parametrize(
    "optimizers",
    [
        ["sgd", "momentum", {"name": "momentum", "momentum": 0.5}],
        ["adam", "adamw", {"name": "adam", "beta1": 0.5, "epsilon": 1e-4}, {"name": "adamw", "beta2": 0.9}],
    ],
)
def test_optimizers_of_one_family_with_rates_schedules_and_decays_of_their_own(optimizers: list[Any]) -> None:
    schedules: list[Any] = ["constant", "cosine", {"name": "exponential", "gamma": 0.8}, "plateau"]

    def build() -> list[Job]:
        return [
            job(
                number,
                optimizer=optimizer,
                learning_rate=0.01 * (number + 1),
                schedule=schedules[number],
                weight_decay=0.02 * number,
            )
            for number, optimizer in enumerate(optimizers)
        ]

    assert compare(build).engines == ["population"] * len(optimizers)


def test_dropout_draws_what_it_would_draw_alone() -> None:
    def build() -> list[Job]:
        return [job(seed, network=network(seed, dropout=0.1 * seed)) for seed in range(5)]

    assert compare(build).engines == ["population"] * 5


def test_activations_may_differ_within_a_population() -> None:
    names = [
        "relu",
        "tanh",
        "sigmoid",
        "gelu",
        "silu",
        "elu",
        "mish",
        "relu",
        "linear",
        "hard_sigmoid",
        "leaky_relu",
    ]

    def build() -> list[Job]:
        return [job(seed, network=network(seed, name)) for seed, name in enumerate(names)]

    assert compare(build).engines == ["population"] * len(names)


def test_penalties_and_class_weights_of_their_own() -> None:
    weighted = {"name": "cross_entropy", "class_weights": [1.0, 2.0, 0.5]}
    penalties: list[list[Any]] = [[], ["l1"], [{"name": "l2", "strength": 0.05}], ["elastic_net", "l1"]]

    def build() -> list[Job]:
        return [
            job(number, regularizers=given, loss=weighted if number % 2 else "cross_entropy")
            for number, given in enumerate(penalties)
        ]

    assert compare(build).engines == ["population"] * 4


def test_folds_of_their_own_and_no_validation() -> None:
    def build() -> list[Job]:
        return [job(seed, rows=part(seed=seed), validation=None) for seed in range(3)]

    compare(build)


def pictures(seed: int) -> nn.Module:
    """Layers in every place that a population knows."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Flatten(),
        nn.Dropout(0.1 * seed),
        nn.Sequential(nn.Linear(6, 5, bias=False), nn.Tanh(), nn.Dropout(0.3)),
        nn.Identity(),
        nn.Linear(5, 7),
        nn.Linear(7, 2),
        nn.Softplus() if seed % 2 else nn.ELU(),
    ).double()


def test_pictures_dropout_of_inputs_missing_biases_and_an_activation_at_the_end() -> None:
    def shaped(given: Part) -> Part:
        return Part(given.inputs.reshape(-1, 2, 3), given.targets, given.rows)

    rows = shaped(part(loss="mse", dtype=torch.float64))
    watching = shaped(part(40, "mse", torch.float64, seed=2))

    def build() -> list[Job]:
        return [
            job(seed, rows=rows, network=pictures(seed), loss="mse", validation=watching) for seed in range(4)
        ]

    assert compare(build, 1e-10).engines == ["population"] * 4


def test_what_populations_do_not_know_is_named() -> None:
    odd = part(loss="mse")
    refused = {
        "probes: they look at one network at a time": {"probe_every": 5},
        "training.engine: 'dense' was asked for": {"engine": "dense"},
        "training.layer_rates: all layers of a population learn at one rate": {
            "layer_rates": {"output": 0.1}
        },
        "regularizer MaxNorm: populations have L1 and L2": {"regularizers": ["max_norm"]},
        "loss Huber: populations do not know it with these settings": {"loss": "huber", "rows": odd},
        "layer 'activation1' (Softmax): populations have linear layers, activations and dropout": {
            "network": network(0, "softmax")
        },
        "the data: its batches are not plain rows in memory": {
            "batches": InMemoryBatches(part(), batch_size=BATCH, augment=lambda x, _: x)
        },
        "training.accumulate: a step of a population is one batch": {
            "batches": InMemoryBatches(part(), batch_size=BATCH, accumulate=2)
        },
        "a training step: 113 million operations fill a core by themselves": {
            "network": mlp(6, 3, hidden=[1000, 2340])
        },
    }
    for reason, changes in refused.items():
        with pytest.raises(UnsupportedError) as caught:
            read_structure(job(0, **changes))
        assert str(caught.value) == reason


def test_shapes_make_groups_and_what_is_alone_says_why() -> None:
    def build() -> list[Job]:
        torch.manual_seed(0)
        return [
            job(0),
            job(1, network=mlp(6, 3, hidden=[5])),
            job(2),
            job(3, network=mlp(6, 3, hidden=[5])),
            job(4, network=mlp(6, 3, hidden=[5], normalization="batch")),
            job(5, clip_norm=1.0),
            job(6, optimizer="rmsprop"),
            job(7, network=mlp(6, 3, hidden=[4])),
            job(8),
            job(9, network=mlp(6, 3, hidden=[5])),
        ]

    cohort = compare(build)
    assert cohort.engines == ["population"] * 4 + ["dense"] * 4 + ["population"] * 2
    assert cohort.reasons == [
        *[""] * 4,
        "layer 'norm1' (BatchNorm1d): populations have linear layers, activations and dropout",
        "clipping: the gradients of a population are not clipped",
        "optimizer rmsprop: populations have SGD, momentum as a sum, Adam and AdamW in their usual form",
        "fewer than 3 networks have its shape, its batches and its kind of optimizer",
        *[""] * 2,
    ]
    outcome = cohort.outcomes[7]
    assert not isinstance(outcome, Exception)
    assert outcome.engine_why.endswith("trained alone: " + cohort.reasons[7])

"""Networks in crews end as each would have ended alone by the fused loop, to the last bit."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.core.errors import DataError, NonFiniteError, TrainingStoppedError
from glasshouse.data.parts import Part
from glasshouse.models.mlp import mlp
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.job import Job
from glasshouse.training.loop import Training, train
from glasshouse.training.population import Cohort, crew_buffers, train_together
from glasshouse.training.population.compiled import Reader
from glasshouse.training.population.crew import Crew
from glasshouse.training.records import Records

from .test_equality import BATCH, job, network, part
from .test_members import poisoned, same_bits, weights

pytest.importorskip("numba")

Build = Callable[[], list[Job]]


def fused(seed: int = 0, **changes: Any) -> Job:
    return job(seed, **{"engine": "fused", **changes})


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


def layered(seed: int, normalization: str, activation: str) -> nn.Module:
    torch.manual_seed(seed)
    return mlp(
        6, 3, hidden=[17, 9], activation=activation, dropout=0.1 * (seed + 1), normalization=normalization
    )


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


def seven(changed: dict[int, dict[str, Any]]) -> list[Job]:
    """Seven jobs of one shape with dropout and batch norm, some of them changed."""
    names = ["tanh", "relu", "elu", "tanh", "relu", "tanh", "elu"]
    return [
        fused(
            seed,
            **{"network": layered(seed, "batch", name), "optimizer": "momentum", **changed.get(seed, {})},
        )
        for seed, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {2: {"learning_rate": 1e30}},
        {0: {"learning_rate": 1e25}, 5: {"learning_rate": 1e30}},
        {1: {"rows": poisoned()}},
        {3: {"epochs": 1}, 6: {"stopping": EarlyStopping(patience=1, least_change=10.0)}},
        {seed: {"epochs": 2} for seed in range(5)},
    ],
    ids=["diverging", "two diverge", "nan in its rows", "ends early", "most end early"],
)
@pytest.mark.parametrize("cores", [1, 2])
def test_the_others_have_the_same_bits(changed: dict[int, dict[str, Any]], cores: int) -> None:
    quiet, troubled = seven({}), seven(changed)
    before, after = Cohort(quiet, cores=1), Cohort(troubled, cores=cores)
    before.advance(5)
    after.advance(5)
    assert set(before.engines + after.engines) == {"fused"}
    same_bits(quiet, troubled, but=list(changed))
    for place in range(7):
        if place not in changed:
            assert before.histories[place] == after.histories[place]


def test_a_network_whose_loss_is_no_number_ends_as_it_would_alone() -> None:
    changed: dict[int, dict[str, Any]] = {2: {"learning_rate": 1e30}, 4: {"rows": poisoned()}}
    alone, together = seven(changed), seven(changed)
    outcomes = train_together(together, cores=2)
    for place, (one, outcome) in enumerate(zip(alone, outcomes, strict=True)):
        if place not in changed:
            assert train(one).steps == outcome.steps  # type: ignore[union-attr]
            continue
        with pytest.raises(NonFiniteError) as caught:
            train(one)
        assert isinstance(outcome, NonFiniteError)
        assert str(outcome) == str(caught.value)
    assert "the inputs of that batch are not finite" in str(outcomes[4])
    same_bits(alone, together, but=[])


def test_after_a_good_epoch_a_failed_network_has_its_best_weights() -> None:
    def build() -> list[Job]:
        strong = [{"name": "l2", "strength": 500.0}]
        return seven({1: {"regularizers": strong, "network": network(1)}})

    alone, together = build(), build()
    record = Records(None)
    with pytest.raises(NonFiniteError) as caught:
        Training(alone[1], record, None, ()).run()
    cohort = Cohort(together)
    cohort.advance(5)
    assert len(record.epochs) >= 1
    assert cohort.errors[1] == caught.value.received
    assert "the best so far, are kept" in cohort.errors[1]
    same_bits(alone[1:2], together[1:2], but=[])


def test_in_portions_and_among_fewer_it_is_the_same_to_the_bit() -> None:
    at_once, portions = seven({}), seven({})
    train_together(at_once)
    cohort = Cohort(portions, cores=2)
    cohort.advance(1)
    assert [len(each) for each in cohort.histories] == [1] * 7
    cohort.advance(2)
    cohort.keep([5, 0, 2])
    cohort.advance(4)
    cohort.keep([2, 0, 1])
    cohort.advance(5)
    assert [row["epoch"] for row in cohort.histories[1]] == [1, 2, 3, 4, 5]
    same_bits(at_once, portions, but=[1, 3, 4, 6])


def test_best_weights_are_found_again_after_others_have_gone() -> None:
    def build() -> list[Job]:
        return [
            fused(
                seed, network=layered(seed, "batch", "relu"), learning_rate=0.4, epochs=14,
                stopping=EarlyStopping(patience=20),
            )
            for seed in range(3)
        ]  # fmt: skip

    alone, together = build(), build()
    cohort = Cohort(together)
    for epochs in range(1, 15):
        cohort.advance(epochs)
        cohort.keep([0, 1, 2])
    for one, two, outcome in zip(alone, together, cohort.outcomes, strict=True):
        wanted = train(one)
        assert outcome.best_epoch == wanted.best_epoch < 14  # type: ignore[union-attr]
        for name, value in one.network.state_dict().items():
            assert torch.equal(value, two.network.state_dict()[name]), name


def test_networks_have_their_present_weights_between_two_portions() -> None:
    ended, going = fused(0, epochs=2, stopping=EarlyStopping()), fused(0, stopping=EarlyStopping())
    no_validation = [replace(each, validation=None) for each in (ended, going)]
    train(no_validation[0])
    Cohort(no_validation[1:]).advance(2)
    same_bits(no_validation[:1], no_validation[1:], but=[])


def test_targets_that_fit_no_loss_are_refused_as_alone() -> None:
    given = part()
    wrong = Part(given.inputs, given.targets + 5, given.rows)
    with pytest.raises(DataError) as alone:
        train(job(1, rows=wrong))
    with pytest.raises(DataError) as together:
        train_together([job(0), job(1, rows=wrong), job(2)])
    assert str(together.value) == str(alone.value)


def test_random_states_and_threads_of_the_caller_are_left_alone() -> None:
    jobs = seven({2: {"rows": poisoned()}})
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    train_together(jobs, cores=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_a_signal_stops_everybody() -> None:
    class Press(EarlyStopping):
        def improved(self, epoch: int, measured: dict[str, float | None]) -> bool:
            if epoch == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().improved(epoch, measured)

    jobs = [fused(seed, epochs=100_000, stopping=Press()) for seed in range(4)]
    with pytest.raises(TrainingStoppedError, match="training was stopped by SIGTERM after"):
        train_together(jobs, cores=2)


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

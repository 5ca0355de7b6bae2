"""The loop does what plain PyTorch does, and what it promises beyond."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.losses import CrossEntropy
from glasshouse.objectives import Supervised
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.loop import train
from glasshouse.training.observers import Plan
from glasshouse.training.precision import Precision
from glasshouse.training.records import Records

from .conftest import CPU, network, points


def plain(epochs: int, job: Any, clip: float | None = None) -> nn.Module:
    """The same training as anybody would write it in PyTorch, on the same batches."""
    model = network(dropout=0.0)
    decayed = [each for each in model.parameters() if each.dim() > 1]
    others = [each for each in model.parameters() if each.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}], lr=0.02
    )
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * job.batches.steps)
    model.train()
    for epoch in range(epochs):
        for step in job.batches.epoch(epoch):
            inputs = torch.cat([batch.inputs for batch in step])
            targets = torch.cat([batch.targets for batch in step])
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), targets).backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            scheduler.step()
    return model


def largest_difference(one: nn.Module, other: nn.Module) -> float:
    return max(
        float((a - b).abs().max())
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("clip", [None, 0.05])
def test_equals_a_plain_pytorch_loop(job, clip):
    ours = job(network=network(dropout=0.0), validation=None, epochs=3, clip_norm=clip)
    train(ours)
    assert largest_difference(ours.network, plain(3, ours, clip)) < 2e-6


def test_accumulation_equals_one_large_batch_with_a_ragged_last_window():
    # 101 rows: windows of 30 (10 + 10 + 10), the last one 11 rows in one batch; without batch norm the
    # gradient of a window must be that of its rows at once.
    from .conftest import make_job

    def straight() -> nn.Sequential:
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))

    weights = Supervised(CrossEntropy(class_weights=[1.0, 3.0]))
    many = make_job(network=straight(), batch_size=10, accumulate=3, objective=weights, validation=None)
    once = make_job(network=straight(), batch_size=30, objective=weights, validation=None)
    assert [sum(len(b.targets) for b in step) for step in many.batches.epoch(0)] == [30, 30, 30, 11]
    train(many)
    train(once)
    assert largest_difference(many.network, once.network) < 1e-6


def test_clipping_by_value_bounds_every_entry(job):
    seen: list[float] = []
    ours = job(network=network(dropout=0.0), clip_value=1e-3, optimizer="sgd", schedule="constant", epochs=1,
               learning_rate=1.0, weight_decay=0.0)  # fmt: skip
    before = [each.detach().clone() for each in ours.network.parameters()]
    train(job(network=ours.network, clip_value=1e-3, optimizer="sgd", schedule="constant", epochs=1,
              learning_rate=1.0, weight_decay=0.0, validation=None, batch_size=101))  # fmt: skip
    for old, new in zip(before, ours.network.parameters(), strict=True):
        seen.append(float((new.detach() - old).abs().max()))
    assert max(seen) == pytest.approx(1e-3, rel=1e-4)


class Nosy:
    """An observer that uses up random numbers and time."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def started(self, plan: Plan) -> None:
        self.told.append(f"started {plan.epochs}x{plan.steps}")

    def stepped(self, step: int, rows: int, loss: float | None) -> None:
        assert loss is not None

    def epoch_ended(self, row: dict[str, Any], timing: dict[str, Any]) -> None:
        self.told.append(f"epoch {row['epoch']}")

    def ended(self, reason: str) -> None:
        self.told.append(reason)


def test_observers_and_probes_leave_the_weights_bit_identical(job, tmp_path):
    bare, watched = job(), job(probe_every=1)
    train(bare)
    nosy = Nosy()
    train(watched, Records(tmp_path), observers=[nosy])
    for name, value in bare.network.state_dict().items():
        assert torch.equal(value, watched.network.state_dict()[name]), name
    assert nosy.told[0] == "started 4x10"
    assert nosy.told[-1] == "all 4 epochs done"


def test_same_seed_same_weights_other_seed_other_weights(job):
    first, again, other = job(), job(), job(seed=4)
    for each in (first, again, other):
        train(each)
    assert largest_difference(first.network, again.network) == 0.0
    assert largest_difference(first.network, other.network) > 0.0


def test_the_callers_random_states_and_threads_are_left_alone(job):
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    expected = (random.random(), np.random.rand(), float(torch.rand(1)))
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    made = job(network=network())
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    threads = torch.get_num_threads()
    train(made)
    assert (random.random(), np.random.rand(), float(torch.rand(1))) == expected
    assert torch.get_num_threads() == threads


def test_the_network_stays_a_plain_module_whose_parameters_own_their_memory(job):
    ours = job()
    train(ours)
    pointers = [each.untyped_storage().data_ptr() for each in ours.network.parameters()]
    assert len(set(pointers)) == len(pointers)
    assert all(each.grad is None for each in ours.network.parameters())
    assert all(each.untyped_storage().nbytes() == each.numel() * 4 for each in ours.network.parameters())


def test_early_stopping_restores_the_best_epoch(job):
    # a rate far too high: validation loss is best early and gets worse
    ours = job(
        learning_rate=1.5,
        schedule="constant",
        epochs=30,
        stopping=EarlyStopping(patience=3),
        optimizer="adam",
    )
    records = Records(None)
    outcome = train(ours, records)
    losses = [row["validation"]["loss"] for row in records.epochs]
    assert outcome.best_epoch == 1 + int(np.argmin(losses))
    assert outcome.epochs == outcome.best_epoch + 3 < 30
    assert outcome.ended == f"stopped early: loss was best in epoch {outcome.best_epoch}, 3 epochs ago"
    part = points(40, seed=1)
    ours.network.eval()
    with torch.no_grad():
        again = float(F.cross_entropy(ours.network(part.inputs), part.targets))
    assert again == pytest.approx(min(losses), rel=1e-6)


def test_bfloat16_trains_and_keeps_float32_weights(job):
    ours = job(precision=Precision("bfloat16", CPU), epochs=10)
    records = Records(None)
    train(ours, records)
    assert all(each.dtype == torch.float32 for each in ours.network.parameters())
    assert records.epochs[-1]["train"]["loss"] < 0.8 * records.epochs[0]["train"]["loss"]


def test_an_epochs_record_holds_exactly_what_was_computed(job):
    ours = job(validation=None, epochs=1, network=network(dropout=0.0), batch_size=101)
    model = network(dropout=0.0).train()
    records = Records(None)
    step = next(iter(ours.batches.epoch(0)))[0]
    outputs = model(step.inputs)
    train(ours, records)
    row = records.epochs[0]
    assert row["train"]["loss"] == pytest.approx(F.cross_entropy(outputs, step.targets).item(), rel=1e-6)
    assert row["train"]["accuracy"] == float((outputs.argmax(1) == step.targets).double().mean())
    assert records.steps["loss"] == [row["train"]["loss"]]


def test_frozen_and_shared_parameters_are_respected(job):
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.inner = nn.Linear(2, 2)
            self.frozen = nn.Linear(2, 2).requires_grad_(False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(torch.tanh(self.inner(self.frozen(x))))

    model = Tied()
    before = model.frozen.weight.clone()
    moved = model.inner.weight.clone()
    train(job(network=model, epochs=1))
    assert torch.equal(model.frozen.weight, before)
    assert not torch.equal(model.inner.weight, moved)

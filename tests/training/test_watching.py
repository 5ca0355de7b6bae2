"""Those who look on while a network learns: the log, metrics, probes, the progress bar, TensorBoard."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from rich.console import Console
from sklearn.metrics import accuracy_score, r2_score
from torch import nn

from glasshouse.models.outputs import outputs_of
from glasshouse.training.epoch_log import EpochLog
from glasshouse.training.loop import train
from glasshouse.training.observers import Plan
from glasshouse.training.progress_bar import ProgressBar
from glasshouse.training.quick import quick_metric
from glasshouse.training.records import Records

from .conftest import CPU, make_job, network, points


def test_quick_metrics_are_scikit_learns():
    generator = torch.Generator().manual_seed(0)
    logits, classes = torch.randn(50, 4, generator=generator), torch.randint(0, 4, (50,), generator=generator)
    assert quick_metric("logits", logits, classes) == accuracy_score(classes, logits.argmax(1))
    values, truth = torch.randn(50, 1, generator=generator), torch.randn(50, 1, generator=generator)
    assert quick_metric("values", values, truth) == pytest.approx(r2_score(truth, values), rel=1e-6)
    single = torch.randn(50, 1, generator=generator)
    assert quick_metric("logit", single, classes % 2) == accuracy_score(classes % 2, (single > 0).int())
    assert quick_metric("values", values, torch.ones(50, 1)) is None  # no spread: R2 says nothing


def test_asking_a_network_leaves_its_mode_and_the_random_state_alone():
    model = network(dropout=0.5).train()
    model[1].eval()
    state = torch.get_rng_state()
    outputs = outputs_of(model, points(30).inputs)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training
    assert not model[1].training
    assert model[3].training
    assert outputs.shape == (30, 2)
    assert not outputs.requires_grad


def test_the_epoch_log_means_by_weight_and_survives_a_round_trip():
    log = EpochLog()
    for loss, weight in ((1.0, 3.0), (2.0, 1.0)):
        log.answers(torch.full((2, 2), loss), torch.zeros(2))
        log.step(torch.tensor(loss), weight, 0.1)
    state = log.state()
    again = EpochLog()
    again.restore(state, CPU)
    assert log.mean_loss() == again.mean_loss() == 1.25
    assert torch.equal(log.gathered()[0], again.gathered()[0])
    log.drop_last()
    assert log.losses == [1.0]
    assert log.gathered()[0].shape == (2, 2)


def test_the_epoch_log_gives_up_outputs_that_are_too_many(monkeypatch):
    monkeypatch.setattr("glasshouse.training.epoch_log.MOST_OUTPUTS", 5)
    log = EpochLog()
    for _ in range(2):
        log.answers(torch.zeros(2, 2), torch.zeros(2))
        log.step(torch.tensor(1.0), 2.0, 0.1)
    assert log.gathered() is None
    assert log.state()["full"]
    assert log.settle() is None
    assert log.mean_loss() == 1.0


def test_the_progress_bar_shows_what_matters_on_a_terminal_and_nothing_elsewhere(monkeypatch):
    monkeypatch.setattr("glasshouse.training.progress_bar.REFRESH", 0.0)
    for terminal in (True, False):
        stream = io.StringIO()
        bar = ProgressBar(Console(file=stream, force_terminal=terminal, width=120))
        bar.started(Plan(epochs=2, steps=10, rows=100, metric="accuracy"))
        bar.stepped(1, 10, 0.5)
        bar.epoch_ended(
            {"epoch": 1, "step": 10, "train": {"loss": 0.4}, "validation": {"loss": 0.3, "accuracy": 0.9}}, {}
        )
        bar.stepped(11, 10, 0.25)
        bar.ended("done")
        shown = stream.getvalue()
        if terminal:
            for word in ("epoch", "loss 0.2500", "accuracy 0.9000", "samples/s", "left"):
                assert word in shown
        else:
            assert shown == ""


def test_tensorboard_events_hold_every_curve(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from glasshouse.training.tensorboard import TensorBoard

    records = Records(None)
    train(make_job(epochs=2), records, observers=[TensorBoard(tmp_path)])
    events = EventAccumulator(str(tmp_path)).Reload()
    points_written = [each.value for each in events.Scalars("validation/loss")]
    assert points_written == pytest.approx([row["validation"]["loss"] for row in records.epochs], rel=1e-6)
    assert "train/accuracy" in events.Tags()["scalars"]


def test_probes_note_what_numpy_computes():
    from glasshouse.probes import Probes

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    inputs = torch.randn(7, 3) + 100.0  # a mean far larger than the spread
    probes = Probes(model, every=2)
    weights: list[np.ndarray] = []
    for step in range(3):
        with probes.look(step):
            model(inputs).square().mean().backward()
            probes.before_update()
            old = [each.detach().clone() for each in model[0].parameters()]
            gradient = [each.grad.clone() for each in model[0].parameters()]
            hidden = model[0](inputs).detach().double().numpy()
            optimizer.step()
        if step == 0:
            weights = [each.detach().clone() for each in model[0].parameters()]
            first = (hidden, gradient, old, weights)
        optimizer.zero_grad()
    rows = {(row["step"], row["layer"]): row for row in probes.rows}
    assert sorted({step for step, _ in rows}) == [0, 2]
    hidden, gradient, old, new = first
    row = rows[0, "0"]
    assert row["activation_mean"] == pytest.approx(hidden.mean(), rel=1e-5)
    assert row["activation_spread"] == pytest.approx(hidden.std(), rel=1e-3)
    assert row["activation_zeros"] == 0.0
    assert row["gradient_norm"] == pytest.approx(
        float(torch.cat([g.flatten() for g in gradient]).norm()), rel=1e-5
    )
    size = float(torch.cat([w.flatten() for w in new]).norm())
    moved = float(torch.cat([(a - b).flatten() for a, b in zip(new, old, strict=True)]).norm())
    assert row["weight_norm"] == pytest.approx(size, rel=1e-5)
    assert row["relative_update"] == pytest.approx(moved / size, rel=1e-4)
    relu = rows[0, "1"]
    assert relu["activation_zeros"] == pytest.approx((hidden <= 0).mean(), abs=1e-6)
    assert relu["gradient_norm"] is None
    assert not model[0]._forward_hooks

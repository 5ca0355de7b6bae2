"""A run by the fused loop keeps every promise of the loop: records, probes, resume, errors."""

from __future__ import annotations

import os
import signal

import polars as pl
import pytest
import torch
from torch import nn

from glasshouse.core.errors import DataError, NonFiniteError, TrainingStoppedError
from glasshouse.data.parts import Part
from glasshouse.losses import LOSSES, CrossEntropy
from glasshouse.objectives import Supervised
from glasshouse.probes.scalars import SAMPLE
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.loop import train
from glasshouse.training.records import Records
from glasshouse.training.settings import CheckpointSettings

from ..conftest import make_job, points
from ..test_resume import KillAt, Killed, assert_same, evidence

pytest.importorskip("numba")

EVERYTHING = {
    # dropout, shuffling, batch norm, a schedule, clipping and probes, all at once
    "engine": "fused",
    "batch_size": 7,
    "schedule": {"name": "cosine", "warmup": 0.2},
    "clip_norm": 0.5,
    "probe_every": 3,
    "epochs": 4,
}
OPTIMIZERS = ["sgd", "momentum", "nesterov", "adam", "rmsprop", "nadam", "adagrad", "adadelta"]


def finish(folder, **changes):
    job = make_job(**{**EVERYTHING, "checkpoint": CheckpointSettings(seconds=1e9, steps=4), **changes})
    return job, train(job, Records(folder), CheckpointFolder(folder / "checkpoints", "run"))


def assert_goes_on_exactly(tmp_path, step, **changes):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole, **changes))
    job = make_job(**{**EVERYTHING, "checkpoint": CheckpointSettings(seconds=1e9, steps=4), **changes})
    with pytest.raises(Killed):
        train(job, Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [KillAt(step)])
    assert_same(expected, evidence(cut, *finish(cut, **changes)))


@pytest.mark.parametrize("step", [1, 4, 5, 14, 15, 23, 39, 56])
def test_cut_off_at_any_step_ends_with_the_same_bits(tmp_path, step):
    assert_goes_on_exactly(tmp_path, step)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_on_exactly(tmp_path, optimizer):
    assert_goes_on_exactly(tmp_path, 26, optimizer=optimizer, schedule="plateau", probe_every=0)


def test_a_resumed_run_keeps_the_engine_that_it_began_with(tmp_path):
    checkpoints = CheckpointFolder(tmp_path / "checkpoints", "run")
    settings = {**EVERYTHING, "checkpoint": CheckpointSettings(seconds=1e9, steps=4)}
    with pytest.raises(Killed):
        train(make_job(**settings), Records(tmp_path), checkpoints, [KillAt(9)])
    resumed = make_job(**{**settings, "engine": "autograd"})
    assert train(resumed, Records(tmp_path), checkpoints).engine == "fused"


def test_ctrl_c_saves_and_the_run_goes_on_from_that_step(tmp_path):
    class Press(KillAt):
        def stepped(self, step, rows, loss):
            if step == self.at:
                os.kill(os.getpid(), signal.SIGTERM)

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole))
    with pytest.raises(TrainingStoppedError, match=r"SIGTERM in epoch 1, step 13; its state is saved"):
        train(make_job(**EVERYTHING), Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [Press(11)])
    assert_same(expected, evidence(cut, *finish(cut)))


def assert_seen_alike(seen, expected):
    for one, other in zip(seen, expected, strict=True):
        for key, value in other.items():
            if isinstance(value, float) and key not in ("activation_spread", "activation_zeros"):
                # A mean is a sum of numbers of the size of the spread, and may itself be next to nothing.
                size = abs(value) + (other["activation_spread"] if key == "activation_mean" else 0)
                # A move is the difference of two single-precision weights, each rounded to 2^-24 of its size.
                rounding = 2**-24 if key == "relative_update" else 0
                assert one[key] == pytest.approx(value, abs=1e-5 * size + rounding), key
            else:
                assert one[key] == (pytest.approx(value, rel=1e-5) if isinstance(value, float) else value), (
                    key
                )


@pytest.mark.parametrize("every", [1, 3, 100])
def test_probes_see_what_hooks_see(every):
    rows = {}
    for engine in ("autograd", "fused"):
        records = Records(None)
        train(make_job(engine=engine, probe_every=every, epochs=11), records)
        rows[engine] = records.probes
    assert len(rows["fused"]) == len(rows["autograd"]) > 5
    assert_seen_alike(rows["fused"], rows["autograd"])


def test_probes_look_at_the_first_rows_of_large_layers():
    """Measured against double precision: the sums of the hooks are in single, and lose a digit here."""
    settings = {"probe_every": 2, "epochs": 1, "validation": None, "learning_rate": 1e-4}
    seen = {"0": [], "1": [], "2": []}
    networks = []
    for _ in range(2):
        torch.manual_seed(0)
        networks.append(nn.Sequential(nn.Linear(2, 5000), nn.ReLU(), nn.Linear(5000, 2)))
    for name, layer in networks[0].named_children():

        def keep(_module, _inputs, output, name=name):
            rows = max(1, SAMPLE * len(output) // output.numel()) if output.numel() > SAMPLE else len(output)
            seen[name].append(output[:rows].detach().double())

        layer.register_forward_hook(keep)
    train(make_job(engine="autograd", network=networks[0], **settings), Records(None))
    records = Records(None)
    train(make_job(engine="fused", network=networks[1], **settings), records)
    assert {row["layer"] for row in records.probes} == {"0", "1", "2"}
    assert len(seen["1"][0]) < len(seen["2"][0])
    for row in records.probes:
        rows = seen[row["layer"]][row["step"]]
        spread = float(rows.std(unbiased=False))
        assert row["activation_spread"] == pytest.approx(spread, rel=1e-5)
        assert row["activation_mean"] == pytest.approx(float(rows.mean()), abs=1e-5 * spread)
        assert row["activation_zeros"] == pytest.approx(float((rows == 0).double().mean()), abs=1e-9)


def test_watching_changes_no_bit():
    bare, watched = make_job(engine="fused"), make_job(engine="fused", probe_every=1)
    train(bare), train(watched)
    for name, value in bare.network.state_dict().items():
        assert torch.equal(value, watched.network.state_dict()[name]), name


def test_the_metrics_of_an_epoch_are_those_of_autograd():
    epochs = {}
    for engine in ("autograd", "fused"):
        records = Records(None)
        train(make_job(engine=engine), records)
        epochs[engine] = records.epochs
    for one, other in zip(epochs["autograd"], epochs["fused"], strict=True):
        assert other["train"]["accuracy"] == one["train"]["accuracy"]
        assert other["train"]["loss"] == pytest.approx(one["train"]["loss"], rel=1e-5)
        assert other["validation"]["loss"] == pytest.approx(one["validation"]["loss"], rel=1e-5)
        assert other["learning_rate"] == one["learning_rate"]


def test_early_stopping_brings_back_the_best_epoch():
    job = make_job(
        engine="fused", learning_rate=1.5, schedule="constant", epochs=30, stopping=EarlyStopping(patience=3)
    )
    records = Records(None)
    outcome = train(job, records)
    losses = [row["validation"]["loss"] for row in records.epochs]
    assert outcome.best_epoch == 1 + losses.index(min(losses))
    assert outcome.epochs == outcome.best_epoch + 3


class Steps:
    """An observer that notes the steps of which it is told."""

    def __init__(self) -> None:
        self.seen = []

    def started(self, plan): ...
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

    def stepped(self, step, rows, loss):
        self.seen.append((step, rows, loss))


def test_observers_are_told_of_every_step():
    steps, records = Steps(), Records(None)
    train(make_job(engine="fused", epochs=2, batch_size=30, probe_every=3), records, observers=[steps])
    assert [step for step, _, _ in steps.seen] == list(range(1, 9))
    assert [rows for _, rows, _ in steps.seen] == [30, 30, 30, 11] * 2
    assert [loss for _, _, loss in steps.seen] == records.steps["loss"]


def test_the_network_owns_its_memory_afterwards():
    job = make_job(engine="fused")
    train(job)
    pointers = [each.untyped_storage().data_ptr() for each in job.network.parameters()]
    assert len(set(pointers)) == len(pointers)
    assert all(each.grad is None for each in job.network.parameters())
    job.network.eval()
    CrossEntropy()(job.network(points().inputs), points().targets).backward()


def test_batches_are_counted_by_batch_norm():
    job = make_job(engine="fused", epochs=3)
    train(job)
    assert int(job.network[1].num_batches_tracked) == 30


@pytest.mark.parametrize(
    "activation", [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.Hardtanh, nn.Hardswish, nn.Mish]
)
def test_a_row_that_is_no_number_is_found_behind_any_activation(activation):
    part = points()
    bad = Part(part.inputs.clone(), part.targets, part.rows)
    bad.inputs[7, 1] = float("nan")
    made = nn.Sequential(nn.Linear(2, 5), activation(), nn.Linear(5, 2))
    with pytest.raises(NonFiniteError, match="the inputs of that batch are not finite"):
        train(make_job(engine="fused", network=made, part=bad))


def test_a_loss_that_is_no_number_keeps_the_state_before_that_step(tmp_path):
    def job(engine):
        torch.manual_seed(0)
        made = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
        part = points()
        values = Part(part.inputs, part.inputs[:, :1] * 100, part.rows)
        return make_job(
            engine=engine, network=made, part=values, optimizer="sgd", schedule="constant", learning_rate=0.2,
            objective=Supervised(LOSSES.build("mse")), validation=None, weight_decay=0.0,
        )  # fmt: skip

    said, kept = [], []
    for engine in ("autograd", "fused"):
        folder = CheckpointFolder(tmp_path / engine, "run")
        with pytest.raises(NonFiniteError) as caught:
            train(job(engine), Records(None), folder)
        said.append(caught.value.received)
        kept.append(folder.newest()[0].state["progress"] if folder.newest()[0] else None)
    assert said[0] == said[1]
    assert kept[0] == kept[1]


def test_targets_of_the_wrong_kind_get_the_losss_own_message():
    part = points()
    wrong = Part(part.inputs, part.targets + 5, part.rows)
    with pytest.raises(DataError, match=r"target [56] at place 0\n  expected: a class index from 0 to 1"):
        train(make_job(part=wrong, epochs=10_000))


def test_records_are_the_same_bytes_when_the_run_is_repeated(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        train(make_job(engine="fused", probe_every=2), Records(tmp_path / name))
    read = [(tmp_path / name / "metrics.jsonl").read_bytes() for name in ("one", "two")]
    assert read[0] == read[1]


def test_steps_are_on_record(tmp_path):
    train(make_job(engine="fused", epochs=2), Records(tmp_path), CheckpointFolder(tmp_path / "kept", "run"))
    assert pl.read_parquet(tmp_path / "steps.parquet")["loss"].len() == 20

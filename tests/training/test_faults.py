"""What goes wrong in training is said plainly, and nothing that was computed is lost."""

from __future__ import annotations

import errno
import json
import os
import pickle

import pytest
import torch
from torch import nn

from glasshouse.core import files
from glasshouse.core.errors import CheckpointError, NonFiniteError, SettingError, StorageError, TrainingError
from glasshouse.data.parts import Part
from glasshouse.objectives import Supervised
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.loop import train
from glasshouse.training.precision import Precision
from glasshouse.training.records import Records
from glasshouse.training.settings import CheckpointSettings

from .conftest import CPU, make_job, network, points
from .test_resume import HARD, KillAt, Killed


class Poisoned(nn.Module):
    """A network whose second layer overflows in a given forward pass of training."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(2, 4), nn.Linear(4, 2)
        self.at, self.calls = at, 0

    def forward(self, x):
        if self.training:
            self.calls += 1
        with torch.no_grad():
            if self.training and self.calls == self.at:
                self.second.bias.fill_(float("inf"))
        return self.second(torch.relu(self.first(x)))


def exploding(x, _targets):
    return (x.exp().exp()).mean()


def test_a_loss_that_overflows_says_where_it_began_and_what_is_kept(tmp_path):
    job = make_job(
        network=network(dropout=0.0), optimizer="sgd", schedule="constant", learning_rate=1e6, epochs=5,
        objective=Supervised(exploding), stopping=make_job().stopping, clip_norm=None,
    )  # fmt: skip
    with pytest.raises(NonFiniteError) as caught:
        train(job, Records(tmp_path), CheckpointFolder(tmp_path / "checkpoints", "run"))
    text = str(caught.value)
    assert text.startswith(
        "the loss became inf at step 3 (epoch 1, step 3 of 10); every layer's output is finite, "
    )
    assert "so the loss itself overflowed; the state before that step is kept" in text
    assert "lower training.learning_rate (it was 1e+06)" in text


def test_the_first_layer_that_is_not_finite_is_named(tmp_path):
    class Overflow(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.scale, self.last = nn.Linear(2, 4), nn.Identity(), nn.Linear(4, 2)
            self.calls = 0

        def forward(self, x):
            self.calls += self.training
            hidden = self.first(x)
            if self.calls >= 15:
                hidden = hidden / 0
            return self.last(self.scale(hidden))

    folder = CheckpointFolder(tmp_path / "checkpoints", "run")
    records = Records(tmp_path)
    job = make_job(network=Overflow())
    with pytest.raises(NonFiniteError) as caught:
        train(job, records, folder)
    assert "at step 15 (epoch 2, step 5 of 10)" in caught.value.received
    assert "the first output that is not finite is that of layer 'scale'" in caught.value.received
    assert "the weights of epoch 1, the best so far, are kept" in caught.value.received
    assert [row["epoch"] for row in records.epochs] == [1]
    # the state before the bad step is on disk, whole and finite
    newest, problems = folder.newest()
    assert newest is not None
    assert not problems
    assert newest.step == 14
    assert all(bool(torch.isfinite(value).all()) for value in newest.state["network"].values())


def test_inputs_that_are_not_finite_are_named():
    part = points()
    part.inputs[7, 1] = float("nan")
    with pytest.raises(NonFiniteError, match="the inputs of that batch are not finite"):
        train(make_job(part=part))


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(SettingError) as caught:
        InMemoryBatches(points(20), 21)
    assert str(caught.value) == (
        "training.batch_size = 21 with 20 training rows\n"
        "  expected: from 1 to 20\n"
        "  fix: set training.batch_size to 20, or leave it at auto"
    )


def test_a_network_without_trainable_parameters_is_refused():
    with pytest.raises(TrainingError, match="no trainable parameters"):
        train(make_job(network=nn.Linear(2, 2).requires_grad_(False)))


def test_float16_on_a_cpu_is_refused():
    with pytest.raises(SettingError, match=r"training.precision = 'float16' on cpu"):
        Precision("float16", CPU)


def cut_run(folder, steps=(4, 8)):
    """A run with two checkpoints that was killed."""
    job = make_job(**{**HARD, "checkpoint": CheckpointSettings(seconds=1e9, steps=4)})
    with pytest.raises(Killed):
        train(job, Records(folder), CheckpointFolder(folder / "checkpoints", "run"), [KillAt(steps[-1] + 1)])
    return CheckpointFolder(folder / "checkpoints", "run")


def test_a_damaged_newest_checkpoint_is_passed_over_for_the_one_before(tmp_path):
    folder = cut_run(tmp_path)
    assert folder.steps() == [4, 8]
    newest = tmp_path / "checkpoints" / "step-000000008.safetensors"
    data = bytearray(newest.read_bytes())
    data[-1] ^= 1  # one flipped bit
    newest.write_bytes(data)
    found, problems = folder.newest()
    assert found is not None
    assert found.step == 4
    assert problems == [
        f"checkpoint {newest} is damaged: its SHA-256 is not the one noted when it was written"
    ]


@pytest.mark.parametrize("damage", ["truncate", "empty", "missing", "pickle"])
def test_checkpoints_that_are_all_damaged_are_an_error_that_names_them(tmp_path, damage):
    folder = cut_run(tmp_path)
    for step in folder.steps():
        path = tmp_path / "checkpoints" / f"step-{step:09d}.safetensors"
        if damage == "missing":
            path.unlink()
            continue
        content = {"truncate": path.read_bytes()[:100], "empty": b"", "pickle": pickle.dumps({"a": 1})}[
            damage
        ]
        path.write_bytes(content)
        noted = path.with_suffix(".json")
        noted.write_text(
            json.dumps({"step": step, "sha256": files.sha256(path)})
        )  # even with a right checksum
    with pytest.raises(CheckpointError) as caught:
        folder.newest()
    assert "step-000000008.safetensors" in caught.value.received
    assert caught.value.fix == "restore the checkpoints folder from a copy, or start the run again"


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    cut_run(tmp_path)
    with pytest.raises(CheckpointError, match="belongs to run 'run', not 'other'"):
        CheckpointFolder(tmp_path / "checkpoints", "other").newest()


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    cut_run(tmp_path)
    job = make_job(**{**HARD, "network": nn.Linear(2, 2)})
    with pytest.raises(CheckpointError, match="does not fit the network"):
        train(job, Records(tmp_path), CheckpointFolder(tmp_path / "checkpoints", "run"))


def test_a_full_disk_keeps_the_checkpoints_before_and_says_so(tmp_path, monkeypatch):
    folder = cut_run(tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "checkpoints").iterdir()}

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StorageError) as caught:
        folder.save(12, {"network": {"weight": torch.zeros(3)}})
    assert caught.value.received.startswith("the disk is full: ")
    assert "glasshouse resume" in caught.value.fix
    after = {path.name: path.read_bytes() for path in (tmp_path / "checkpoints").iterdir()}
    assert after == before  # nothing lost, nothing half-written, no temporary file left
    monkeypatch.undo()
    assert folder.newest()[0].step == 8


def test_a_network_that_moves_its_parameters_while_training_is_caught():
    class Restless(nn.Linear):
        def forward(self, x):
            if self.training:
                self.weight.data = self.weight.data.clone()
            return super().forward(x)

    with pytest.raises(TrainingError, match="replaced the memory or the gradient of a parameter"):
        train(make_job(network=Restless(2, 2)))


def test_data_sets_whose_items_do_not_fit_together_are_named():
    from glasshouse.core.errors import DataError
    from glasshouse.training.dataset_batches import fetch

    with pytest.raises(DataError, match=r"samples 0 and following of the data set cannot be put together"):
        fetch([(torch.zeros(2), 0), (torch.zeros(3), 1)], [0, 1])


def test_validation_part_of_another_width_fails_before_the_disk_is_touched(tmp_path):
    part = Part(torch.zeros(5, 3), torch.zeros(5, dtype=torch.long), points(5).rows)
    with pytest.raises(RuntimeError):
        train(make_job(validation=part, epochs=1), Records(tmp_path))
    assert not (tmp_path / "metrics.jsonl").exists()

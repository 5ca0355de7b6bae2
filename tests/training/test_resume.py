"""A run that is cut off anywhere ends with the same bits as one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import polars as pl
import pytest
import torch

from glasshouse.core.errors import TrainingStoppedError
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.loop import train
from glasshouse.training.records import Records
from glasshouse.training.settings import CheckpointSettings

from .conftest import make_job

HARD = {
    # dropout, shuffling, batch norm, augmentation, a schedule, clipping, accumulation and probes, all at once
    "augment": lambda inputs, generator: inputs + 0.1 * torch.randn(inputs.shape, generator=generator),
    "accumulate": 2,
    "batch_size": 7,
    "schedule": {"name": "cosine", "warmup": 0.2},
    "clip_norm": 0.5,
    "probe_every": 3,
    "epochs": 5,
}
SCHEDULES = ["plateau", {"name": "step_decay", "every": 2}]
OPTIMIZERS = [
    *("sgd", "nesterov", "rmsprop", "nadam", "adagrad", "adadelta"),
    {"name": "momentum", "form": "average"},
    {"name": "adamw", "decay": "times_schedule"},
]


class Killed(BaseException):
    """Stands for SIGKILL inside one process: nothing may clean up after it."""


class KillAt:
    """An observer that ends the run at a step."""

    def __init__(self, step: int) -> None:
        self.at = step

    def started(self, plan): ...
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

    def stepped(self, step, rows, loss):
        if step == self.at:
            raise Killed


def finish(folder: Path, **changes):
    job = make_job(**{**HARD, "checkpoint": CheckpointSettings(seconds=1e9, steps=4), **changes})
    outcome = train(job, Records(folder), CheckpointFolder(folder / "checkpoints", "run"))
    return job, outcome


def evidence(folder: Path, job, outcome):
    """Everything that must agree to the bit."""
    return {
        "weights": {name: value.clone() for name, value in job.network.state_dict().items()},
        "metrics": (folder / "metrics.jsonl").read_bytes(),
        "steps": pl.read_parquet(folder / "steps.parquet"),
        "probes": pl.read_parquet(folder / "probes.parquet"),
        "best": outcome.best_epoch,
    }


def assert_same(one, other):
    for name, value in one["weights"].items():
        assert torch.equal(value, other["weights"][name]), name
    assert one["metrics"] == other["metrics"]
    assert one["steps"].equals(other["steps"])
    assert one["probes"].equals(other["probes"])
    assert one["best"] == other["best"]


@pytest.mark.parametrize("step", [1, 4, 6, 8, 9, 15, 16, 23, 31, 39])
def test_cut_off_at_any_step_ends_with_the_same_bits(tmp_path, step):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole))
    job = make_job(**{**HARD, "checkpoint": CheckpointSettings(seconds=1e9, steps=4)})
    with pytest.raises(Killed):
        train(job, Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [KillAt(step)])
    assert_same(expected, evidence(cut, *finish(cut)))


def test_cut_off_before_its_first_checkpoint_it_begins_again_and_no_epoch_is_there_twice(tmp_path):
    seldom = {"checkpoint": CheckpointSettings(seconds=1e9, steps=30)}
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole, **seldom))
    with pytest.raises(Killed):
        train(
            make_job(**{**HARD, **seldom}),
            Records(cut),
            CheckpointFolder(cut / "checkpoints", "run"),
            [KillAt(20)],
        )
    assert (cut / "metrics.jsonl").stat().st_size > 0
    assert_same(expected, evidence(cut, *finish(cut, **seldom)))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", {"name": "momentum", "momentum": 0.9}], ids=str)
def test_parameters_that_lie_apart_go_on_exactly_too(tmp_path, monkeypatch, optimizer):
    monkeypatch.setattr("glasshouse.training.flat.FEW", 0)
    changes = {"engine": "autograd", "optimizer": optimizer}
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole, **changes))
    job = make_job(**{**HARD, "checkpoint": CheckpointSettings(seconds=1e9, steps=4), **changes})
    with pytest.raises(Killed):
        train(job, Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [KillAt(26)])
    assert_same(expected, evidence(cut, *finish(cut, **changes)))


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_every_optimizer_and_schedule_goes_on_exactly(tmp_path, optimizer, schedule):
    changes = {"optimizer": optimizer, "schedule": schedule}
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole, **changes))
    job = make_job(**{**HARD, "checkpoint": CheckpointSettings(seconds=1e9, steps=4), **changes})
    with pytest.raises(Killed):
        train(job, Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [KillAt(26)])
    assert_same(expected, evidence(cut, *finish(cut, **changes)))


def test_cut_off_twice_and_after_the_end(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole))
    for step in (10, 30):
        job = make_job(**{**HARD, "checkpoint": CheckpointSettings(seconds=1e9, steps=4)})
        with pytest.raises(Killed):
            train(job, Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [KillAt(step)])
    assert_same(expected, evidence(cut, *finish(cut)))
    assert_same(expected, evidence(cut, *finish(cut)))  # a finished run only brings its best weights back


class Threads:
    """An observer that notes how many threads a step has."""

    def __init__(self) -> None:
        self.seen = set()

    def started(self, plan): ...
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

    def stepped(self, step, rows, loss):
        self.seen.add(torch.get_num_threads())


def test_a_resumed_run_has_as_many_threads_as_it_began_with(tmp_path):
    # Threads decide in which order sums are added up, and so the last bits.
    before = torch.get_num_threads()
    checkpoints = CheckpointFolder(tmp_path / "checkpoints", "run")
    with pytest.raises(Killed):
        job = make_job(**HARD, threads=2, checkpoint=CheckpointSettings(seconds=1e9, steps=4))
        train(job, Records(tmp_path), checkpoints, [KillAt(9)])
    seen = Threads()
    train(make_job(**HARD, threads=1), Records(tmp_path), checkpoints, [seen])
    assert seen.seen == {2}
    assert torch.get_num_threads() == before


SCRIPT = """
import sys
from pathlib import Path
import torch
sys.path.insert(0, {tests!r})
from training.conftest import make_job
from training.test_resume import HARD
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.loop import train
from glasshouse.training.records import Records
from glasshouse.training.settings import CheckpointSettings
import time

class Slow:
    def started(self, plan): print("started", flush=True)
    def stepped(self, step, rows, loss): time.sleep(0.01); print(step, flush=True)
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

folder = Path({folder!r})
job = make_job(**dict(HARD, checkpoint=CheckpointSettings(seconds=0.03)))
train(job, Records(folder), CheckpointFolder(folder / "checkpoints", "run"), [Slow()])
"""


NOISY = [
    {"name": "input_noise", "deviation": 0.1},
    {"name": "weight_noise", "deviation": 0.05},
    {"name": "elastic_net", "strength": 0.01},
    {"name": "max_norm", "limit": 0.8},
]


@pytest.mark.parametrize("step", [1, 6, 9, 23, 39])
def test_with_noise_penalties_and_a_constraint_it_goes_on_exactly(tmp_path, step):
    changes = {"regularizers": NOISY, "clip_adaptive": 0.1}
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole, **changes))
    job = make_job(**{**HARD, "checkpoint": CheckpointSettings(seconds=1e9, steps=4), **changes})
    with pytest.raises(Killed):
        train(job, Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [KillAt(step)])
    assert_same(expected, evidence(cut, *finish(cut, **changes)))


@pytest.mark.parametrize("kill_at", [5, 17, 33])
def test_sigkill_from_outside_ends_with_the_same_bits(tmp_path, kill_at):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole))
    script = textwrap.dedent(SCRIPT.format(tests=str(Path(__file__).parents[1]), folder=str(cut)))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.strip() == str(kill_at):
            os.kill(process.pid, signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert_same(expected, evidence(cut, *finish(cut)))


@pytest.fixture
def answers_ctrl_c():
    """Ctrl-C means something, even where the tests were started by something that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("answers_ctrl_c")
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole))

    class Press(KillAt):
        def stepped(self, step, rows, loss):
            if step == self.at:
                os.kill(os.getpid(), signal.SIGINT)

    job = make_job(**{**HARD, "checkpoint": CheckpointSettings(seconds=1e9)})
    with pytest.raises(
        TrainingStoppedError, match=r"stopped by SIGINT in epoch 2, step 11; its state is saved"
    ):
        train(job, Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [Press(11)])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert_same(expected, evidence(cut, *finish(cut)))

"""A run that is cut off while a layer learns goes on to the same bits."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time

import pytest
import torch

import glasshouse as gh
from glasshouse.experiment.toml import write_experiment

from .pretrained import METHODS, OFTEN, digits, made


class Killed(BaseException):
    """Stands for SIGKILL."""


class Kill:
    """Ends the run after so many steps, of whichever layer they are."""

    def __init__(self, at):
        self.left = at

    def started(self, plan): ...
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

    def stepped(self, step, rows, loss):
        self.left -= 1
        if self.left == 0:
            raise Killed


def assert_same(whole, cut):
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, cut.network.state_dict()[name]), name
    of_layers = ("metrics.jsonl", "steps.parquet", "weights.safetensors")
    files = [f"pretraining/{number}/{name}" for number in (1, 2) for name in of_layers]
    for name in (*files, "metrics.jsonl", "evaluation.json"):
        assert (whole.path / name).read_bytes() == (cut.path / name).read_bytes(), name


@pytest.mark.parametrize("method", METHODS)
def test_a_run_cut_off_in_any_layer_goes_on_to_the_same_bits(tmp_path, method):
    whole = made(tmp_path / "whole", method, training=OFTEN)
    per_layer = whole.record("pretraining")["layers"][0]["steps"]
    for at in (2, 7, per_layer, per_layer + 6, 2 * per_layer, 2 * per_layer + 5):
        with pytest.raises(Killed):
            made(tmp_path / str(at), method, training=OFTEN, observers=[Kill(at)])
        (folder,) = (tmp_path / str(at)).iterdir()
        assert_same(whole, gh.resume(folder, observers=[]))


def test_layers_that_are_done_are_not_trained_again(tmp_path):
    with pytest.raises(Killed):
        made(tmp_path, training=OFTEN, observers=[Kill(60)])
    (folder,) = tmp_path.iterdir()
    done = folder / "pretraining" / "1" / "weights.safetensors"
    before = done.stat().st_mtime_ns
    assert not (done.parent / "checkpoints").exists()
    gh.resume(folder, observers=[])
    assert done.stat().st_mtime_ns == before


PROGRAM = textwrap.dedent(
    """
    import sys, time
    import glasshouse as gh
    from glasshouse.experiment.toml import read_experiment
    from pathlib import Path

    class Slowly:
        def started(self, plan): ...
        def epoch_ended(self, row, timing): ...
        def ended(self, reason): ...
        def stepped(self, step, rows, loss):
            time.sleep(0.01)

    gh.run(read_experiment(Path(sys.argv[1])), out=sys.argv[2], observers=[Slowly()])
    """
)


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "seconds"), [(1, 0.05), (2, 0.3)])
def test_kill_9_in_a_layer_changes_nothing_at_the_end(tmp_path, layer, seconds):
    experiment = digits(training=OFTEN)
    write_experiment(tmp_path / "experiment.toml", experiment)
    out = tmp_path / "cut"
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path / "experiment.toml"), str(out)])
    limit = time.monotonic() + 100
    while not list(out.glob(f"*/pretraining/{layer}/checkpoints/*.json")) and process.poll() is None:
        assert time.monotonic() < limit
        time.sleep(0.01)
    time.sleep(seconds)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    (folder,) = out.iterdir()
    cut = gh.resume(folder, observers=[])
    assert_same(gh.run(experiment, out=tmp_path / "whole", observers=[]), cut)

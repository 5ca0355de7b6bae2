"""Runs that end badly, and what can be done with them afterwards."""

from __future__ import annotations

import json
import shutil
import signal

import polars as pl
import pytest

import glasshouse.project.pipeline as pipeline
from glasshouse.core.files import write_atomic
from glasshouse.training.interrupts import stop_request


@pytest.fixture
def cut_off(call, people, tmp_path, monkeypatch):
    """A run that failed right after training, which can be resumed."""

    def fails(*_arguments, **_more):
        raise OSError(5, "Input/output error", "somewhere")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "evaluate_network", fails)
        code, _, err = call("run", people, "--target", "income")
    assert code == 1
    assert "somewhere failed: Input/output error" in err
    (run,) = (tmp_path / "runs").iterdir()
    return run


def test_a_failed_run_says_so_and_goes_on_from_another_folder(call, document, cut_off, tmp_path, monkeypatch):
    assert json.loads((cut_off / "status.json").read_text())["state"] == "failed"
    code, _, err = call("compare", cut_off, cut_off)
    assert code == 0, err
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, found = document("resume", f"../runs/{cut_off.name}")
    assert code == 0
    assert found["metrics"]["test"]["accuracy"] is not None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda path: path.unlink(), "there is no file or folder"),
        (lambda path: path.write_text(path.read_text().replace("20,", "21,", 1)), "have changed"),
        (lambda path: path.write_text("age,job,income\n"), "has a header and no rows"),
    ],
    ids=["deleted", "changed", "emptied"],
)
def test_a_run_whose_data_are_gone_or_others_is_not_resumed(refused, cut_off, people, change, told):
    change(people)
    assert told in refused("resume", cut_off, run_folder=True)


def test_checkpoints_that_are_damaged_are_named(refused, cut_off):
    for path in (cut_off / "checkpoints").glob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:100])
    message = refused("resume", cut_off, run_folder=True)
    assert "is damaged" in message
    assert f"run {cut_off}" in message


def test_a_run_without_a_checkpoint_begins_anew(call, cut_off):
    shutil.rmtree(cut_off / "checkpoints")
    code, _, err = call("resume", cut_off)
    assert code == 0, err


def test_records_that_are_damaged_are_named(refused, cut_off):
    (cut_off / "status.json").write_text("{")
    assert "status.json is not valid JSON (line 1)" in refused("resume", cut_off, run_folder=True)


def test_ctrl_c_outside_training_is_noted(call, people, tmp_path, monkeypatch):
    def pressed(*_arguments, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "explore", pressed)
    code, _, err = call("run", people, "--target", "income")
    assert code == 1
    assert "stopped by Ctrl-C" in err
    (run,) = (tmp_path / "runs").iterdir()
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["stage"]) == ("interrupted", "exploration")


def test_a_loss_that_overflows_names_its_run_to_programs(document, people):
    code, found = document("run", people, "--target", "income", "--set", "training.learning_rate=1e30",
                           "--set", "training.batch_size=4")  # fmt: skip
    assert code == 1
    assert found["error"]["kind"] == "NonFiniteError"
    assert found["error"]["run"].startswith("runs/people-")


def test_a_disk_that_fills_up_below_another_library_is_said_and_leaves_nothing_half(tmp_path):
    def full(path):
        path.write_bytes(b"half")
        raise pl.exceptions.ComputeError("parquet: underlying IO error: No space left (os error 28)")

    with pytest.raises(Exception, match="the disk is full: .*table.parquet could not be written"):
        write_atomic(tmp_path / "table.parquet", full)
    assert not list(tmp_path.iterdir())


def test_out_that_is_a_file_is_refused(refused, people):
    assert "cannot be made: Not a directory" in refused("run", "iris", "--out", people)


@pytest.mark.parametrize("name", ["runs/people*", "runs/[b", "runs/**", ""])
def test_what_is_no_run_is_told_whatever_its_name(refused, name):
    assert "is no run" in refused("resume", name, code=2)


def test_a_signal_that_the_process_was_started_to_ignore_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_request() as request:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        assert request.by is None
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_one_run_is_not_compared(refused, cut_off):
    assert "expected two or more" in refused("compare", cut_off, code=2, run_folder=True)

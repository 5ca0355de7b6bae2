"""Where words go when they cannot go where they should, and what programs get when Glasshouse breaks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "glasshouse"]


def shell(line: str) -> subprocess.CompletedProcess[str]:
    command = " ".join(f"'{word}'" for word in COMMAND)
    return subprocess.run(
        ["bash", "-c", line.replace("glasshouse", command, 1)], capture_output=True, text=True, timeout=60
    )


def test_a_reader_that_leaves_early_is_no_error():
    done = shell("glasshouse list data | head -1")
    assert done.stdout.strip() == "data"
    assert not done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("more", ["", " --json"])
def test_an_output_that_is_full_is_told_on_the_other(more):
    done = shell(f"glasshouse list data{more} >/dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: standard output or another stream failed: No space left")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_an_output_that_is_closed_is_no_error():
    done = shell("glasshouse list data --json >&-")
    assert (done.returncode, done.stderr) == (0, "")


def test_letters_that_a_terminal_cannot_show_are_written_otherwise():
    done = shell("LC_ALL=C PYTHONUTF8=0 PYTHONIOENCODING=ascii glasshouse run größe.csv")
    assert done.returncode == 1
    assert "there is no file or folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_in_glasshouse_shows_its_traceback_and_programs_get_a_document(call, monkeypatch):
    def broken(*_arguments, **_more):
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr("glasshouse.experiment.environment.environment", broken)
    code, out, err = call("env", "--json")
    assert code == 1
    error = json.loads(out)["error"]
    assert error["kind"] == "ZeroDivisionError"
    assert "please report it" in error["fix"]
    assert "Traceback" in err
    code, out, err = call("env")
    assert (code, out) == (1, "")
    assert "Traceback" in err
    assert "please report it" in err


def test_ctrl_c_is_one_sentence_and_one_document(call, document, monkeypatch):
    def pressed(*_arguments, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("glasshouse.experiment.environment.environment", pressed)
    code, out, err = call("env")
    assert (code, out) == (1, "")
    assert "stopped by Ctrl-C" in err
    assert document("env") == (
        1,
        {"error": {"kind": "GlasshouseError", "received": "stopped by Ctrl-C", "expected": "", "fix": ""}},
    )


def test_numbers_stay_whole_on_a_narrow_terminal(call, people, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    code, out, _ = call("run", people, "--target", "income")
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith("accuracy"))
    assert len(row.split()) >= 4

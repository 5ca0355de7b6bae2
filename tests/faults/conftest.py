"""Commands as a clumsy user types them, in an empty folder."""

from __future__ import annotations

import json

import pytest

from glasshouse.cli.app import execute

SHORT = ["--set", "training.epochs=1", "--set", "output.onnx=false", "--set", "output.report=false"]


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Runs a command; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments):
        words = [str(each) for each in arguments]
        code = execute([*words, *SHORT] if words[0] == "run" else words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def refused(call, tmp_path):
    """Runs a command that must fail: it says so in words, without a traceback, and leaves no run behind."""

    def run(*arguments, code=None, run_folder=False):
        given, out, err = call(*arguments)
        assert given in (1, 2)
        assert code is None or given == code
        assert "Traceback" not in err
        assert "Error: " in err
        assert not out
        assert run_folder or not list(tmp_path.glob("runs/*"))
        return " ".join(err.split())

    return run


@pytest.fixture
def document(call):
    """Runs a command with --json; gives exit code and the one document."""

    def run(*arguments):
        code, out, _ = call(*arguments, "--json")
        return code, json.loads(out)

    return run


@pytest.fixture
def people(tmp_path):
    """A small table of one's own."""
    rows = [f"{20 + i % 40},{'clerk' if i % 3 else 'nurse'},{'high' if i % 2 else 'low'}" for i in range(60)]
    path = tmp_path / "people.csv"
    path.write_text("age,job,income\n" + "\n".join(rows) + "\n")
    return path

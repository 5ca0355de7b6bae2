"""``glasshouse sweep`` as people and programs call it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import glasshouse
from glasshouse.cli.app import execute
from glasshouse.search import Sweep

FAST = [
    "--set", "training.epochs=2", "--set", "output.onnx=false", "--set", "output.report=false",
    "--folds", "2", "--seeds", "1", "--strategy", "grid",
]  # fmt: skip


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Runs a command in a folder with a space file; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "space.toml").write_text(
        '"training.learning_rate" = {from = 1e-4, to = 1e-1, scale = "log", points = 3}\n'
    )

    def run(*arguments):
        code = execute([str(each) for each in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_a_sweep_shows_the_best_the_winner_and_where_everything_is(call, tmp_path):
    code, out, err = call("sweep", "iris", "--space", "space.toml", *FAST)
    assert code == 0
    assert "3 trials of 2 folds and 1 seed: 6 networks." in err
    assert "is best with a mean accuracy of" in err
    (folder,) = (tmp_path / "runs").glob("iris-sweep-*")
    assert out.split("\n")[0].split() == ["trial", "accuracy", "spread", "training.learning_rate"]
    assert f"report  runs/{folder.name}/report.html" in out
    assert f"winner  runs/{folder.name}/winner/iris-" in out


def test_json_is_one_document_and_a_finished_sweep_gives_it_again(call):
    code, out, _ = call("sweep", "iris", "--space", "space.toml", *FAST, "--json")
    assert code == 0
    document = json.loads(out)
    assert list(document) == [
        "sweep", "measure", "best", "standing", "warning", "importance", "trials", "seconds", "nested",
        "run", "metrics", "report", "bundle",
    ]  # fmt: skip
    assert document["trials"] == {"finished": 3, "dropped": 0, "failed": 0}
    assert Path(document["report"]).exists()
    code, out, _ = call("sweep", document["sweep"], "--json")
    assert code == 0
    assert json.loads(out) == document


def test_stream_is_a_line_for_each_trial_and_one_at_the_end(call):
    code, out, _ = call("sweep", "iris", "--space", "space.toml", *FAST, "--stream", "--no-refit")
    assert code == 0
    *trials, last = (json.loads(line) for line in out.splitlines())
    assert [each["number"] for each in trials] == [0, 1, 2]
    assert [each["done"] for each in trials] == [1, 2, 3]
    assert "curves" not in trials[0]
    assert last["best"]["trial"] in (0, 1, 2)
    assert last["run"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["iris"], "a sweep of iris without --space"),
        (["iris", "--space", "nowhere.toml"], "nowhere.toml does not exist"),
        (["iris", "--space", "space.toml", "--strategy", "gird"], "'gird' is not one of"),
        (["iris", "--space", "space.toml", "--folds", "0"], "--folds"),
        (["iris", "--space", "space.toml", "--strategy", "grid", "--trials", "2"], "a grid of 3 points"),
    ],
)
def test_wrong_usage_is_told_with_its_exit_code(call, tmp_path, arguments, said):
    code, out, err = call("sweep", *arguments)
    assert code == (1 if "nowhere.toml" in arguments else 2)
    assert said in err
    assert out == ""
    assert not (tmp_path / "runs").exists()


def test_a_bad_space_file_is_told_in_json_as_well(call, tmp_path):
    (tmp_path / "space.toml").write_text("training.learning_rate = {from = 0.1, to = 0.01}\n")
    code, out, _ = call("sweep", "iris", "--space", "space.toml", "--json")
    assert code == 2
    assert (
        json.loads(out)["error"]["received"]
        == "training.learning_rate: from = 0.1 and to = 0.01 in the space"
    )


def test_a_sweep_that_is_there_takes_no_other_settings(call):
    _, out, _ = call("sweep", "iris", "--space", "space.toml", *FAST, "--json", "--no-refit")
    folder = json.loads(out)["sweep"]
    code, _, err = call(
        "sweep", folder, "--space", "space.toml", "--trials", "9", "--set", "training.epochs=3"
    )
    assert code == 2
    assert f"--space, --trials, --set for the sweep {folder}, which has its own" in err


@pytest.mark.slow
def test_two_processes_share_the_work_and_ctrl_c_says_how_to_go_on(tmp_path):
    (tmp_path / "space.toml").write_text(
        '"training.learning_rate" = {from = 1e-4, to = 1e-1, scale = "log", points = 200}\n'
    )
    source = str(Path(glasshouse.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "glasshouse", "sweep"]
    options = ["--strategy", "grid", "--folds", "2", "--seeds", "1", "--set", "training.epochs=20"]
    process = subprocess.Popen(
        [*command, "iris", "--space", "space.toml", *options, "--processes", "2", "--stream", "--no-refit"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert json.loads(process.stdout.readline())["state"] == "finished"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    (folder,) = (tmp_path / "runs").iterdir()
    sweep = Sweep(folder)
    assert "of 200 trials are done" in process.stdout.read() if not process.stdout.closed else True
    known = {each.number: each for each in sweep.trials}
    done = subprocess.run(
        [*command, f"runs/{folder.name}", "--no-refit", "--processes", "2"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + errors
    final = {each.number: each for each in sweep.trials}
    assert sorted(final) == list(range(200))
    assert known.items() <= final.items()
    assert len({each.worker for each in final.values()} - {each.worker for each in known.values()}) >= 1

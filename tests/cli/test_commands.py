"""The commands as people and programs call them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from glasshouse.cli.app import app, execute

FAST = ["--set", "training.epochs=3", "--set", "output.onnx=false"]


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Runs a command in an empty folder; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments):
        code = execute([str(each) for each in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def people(tmp_path):
    """A small table of one's own."""
    rows = [
        f"{20 + i % 40},{'engineer' if i % 3 else 'nurse'},{'high' if i % 3 else 'low'}" for i in range(120)
    ]
    path = tmp_path / "people.csv"
    path.write_text("age,job,income\n" + "\n".join(rows) + "\n")
    return path


def test_run_prints_one_json_document_with_the_promised_keys(call, people):
    code, out, _ = call("run", people, "--target", "income", "--json", *FAST)
    assert code == 0
    document = json.loads(out)
    assert list(document) == ["run", "metrics", "report", "bundle"]
    assert list(document["metrics"]) == ["train", "validation", "test"]
    assert {"accuracy", "balanced_accuracy", "f1", "roc_auc", "log_loss"} <= set(document["metrics"]["test"])
    assert Path(document["run"]).parent.name == "runs"
    assert Path(document["report"]).exists()


def test_the_road_from_data_to_a_prediction(call, people, tmp_path):
    code, out, _ = call(
        "run", people, "--target", "income", "--out", "here", "--name", "first", "--seed", "3", *FAST
    )
    assert code == 0
    assert "report" in out
    (run,) = (tmp_path / "here").iterdir()
    assert run.name.startswith("first-")
    new = tmp_path / "new.csv"
    new.write_text("age,job\n30,nurse\n40,engineer\n")
    code, out, _ = call("predict", run, new, "--out", "answers.csv", "--json")
    assert code == 0
    assert [row["prediction"] for row in json.loads(out)["predictions"]] == ["low", "high"]
    assert pl.read_csv(tmp_path / "answers.csv")["prediction"].to_list() == ["low", "high"]
    code, out, _ = call("predict", run / "bundle", new)
    assert "prediction" in out
    code, out, _ = call("resume", run, "--json")
    assert code == 0
    assert json.loads(out)["run"] == str(run)


def test_compare_shows_what_differs(call, people, tmp_path):
    for epochs in (1, 4):
        call("run", people, "--target", "income", "--quiet", "--set", f"training.epochs={epochs}",
             "--set", "output.report=false", "--set", "output.bundle=false")  # fmt: skip
    runs = sorted((tmp_path / "runs").iterdir())
    code, out, _ = call("compare", *runs)
    assert code == 0
    assert "training.epochs" in out
    code, out, _ = call("compare", *runs, "--json")
    assert json.loads(out)["runs"] == [run.name for run in runs]
    code, _, err = call("compare", runs[0])
    assert code == 2
    assert "two" in err


def test_new_writes_a_file_that_runs(call, people, tmp_path):
    code, out, _ = call("new", people, "mine.toml", "--target", "income")
    assert code == 0
    assert "Written to mine.toml" in out
    text = (tmp_path / "mine.toml").read_text()
    assert "# Most passes over the training part" in text
    assert call("new", people, "mine.toml", "--target", "income")[0] == 2  # never replaced unasked
    code, out, _ = call("run", "mine.toml", "--json", *FAST)
    assert code == 0
    assert json.loads(out)["metrics"]["test"]["accuracy"] > 0.5


def test_options_and_settings_reach_the_experiment(call, people, tmp_path):
    table = ["--target", "-1", "--missing", "?", "--header", "--separator", ",", "--task", "classification"]
    code, _, err = call("run", people, *table, "--model", "perceptron", "--seed", "5", "--quiet", *FAST)
    assert code == 0, err
    (run,) = (tmp_path / "runs").iterdir()
    text = (run / "experiment.toml").read_text()
    assert 'name = "perceptron"' in text
    assert "seed = 5" in text
    assert 'separator = ","' in text


@pytest.mark.parametrize("what", [[], ["models"], ["data"], ["recipes"], ["concepts"]])
def test_list_shows_and_lists(call, what):
    code, out, _ = call("list", *what)
    assert code == 0
    document = json.loads(call("list", *what, "--json")[1])
    assert list(document) == (what or ["models", "data", "recipes", "concepts"])
    for rows in document.values():
        for row in rows:
            assert row["name"] in out


def test_models_are_listed_with_their_size_and_paper_and_none_is_built(call, monkeypatch):
    def refuse(*_args, **_settings):
        pytest.fail("a network was built for a list")

    monkeypatch.setattr("torch.nn.Module.__init__", refuse)
    code, out, _ = call("list", "models")
    assert code == 0
    (row,) = [line for line in out.splitlines() if line.startswith("resnet50 ")]
    for part in ("25,557,032", "4,089,184,256", "2015"):
        assert part in row
    rows = json.loads(call("list", "models", "--json")[1])["models"]
    found = {row["name"]: row for row in rows}["vgg16"]
    assert (found["parameters"], found["macs"]) == (138_357_544, 15_470_264_320)
    assert found["counted_for"] == {"input": [3, 224, 224], "outputs": 1000}
    assert (found["paper"], found["smallest_side"]) == ("Simonyan and Zisserman 2015", 32)


def test_env_says_what_is_installed(call):
    assert "torch" in call("env")[1]
    assert json.loads(call("env", "--json")[1])["packages"]["torch"]


WRONG = [
    (["run", "digts"], 1, "digits"),
    (["run", "iris", "--model", "mpl"], 2, "did you mean 'mlp'"),
    (["run", "iris", "--set", "training.epoch=3"], 2, "did you mean 'epochs'"),
    (["run", "iris", "--set", "training.epochs"], 2, "KEY=VALUE"),
    (["run"], 2, "Missing argument"),
    (["run", "iris", "--sed", "1"], 2, "--sed"),
    (["run", "nothing.toml"], 1, "does not exist"),
    (["predict", "nowhere", "x.csv"], 1, "nowhere"),
    (["resume", "nowhere"], 2, "is no run"),
    (["list", "animals"], 2, "animals"),
    (["dance"], 2, "dance"),
]


@pytest.mark.parametrize(("arguments", "exit_code", "text"), WRONG, ids=[" ".join(a) for a, _, _ in WRONG])
def test_wrong_usage_is_told_to_people_and_programs(call, arguments, exit_code, text):
    code, out, err = call(*arguments)
    assert code == exit_code
    assert text in err
    assert not out  # results only; words on the way are on standard error
    code, out, err = call(*arguments, "--json")
    assert code == exit_code
    assert not err
    error = json.loads(out)["error"]
    assert set(error) == {"kind", "received", "expected", "fix"}
    assert text in " ".join(error.values())


def test_every_command_has_help_and_json():
    for name, command in app.commands.items():
        assert command.get_short_help_str(100), name
        assert any("--json" in each.opts for each in command.params), name


def test_help_imports_nothing_heavy_and_answers_at_once():
    script = (
        "import sys; from glasshouse.cli.app import execute; execute(['--help']);"
        "heavy = {'torch', 'sklearn', 'polars', 'numpy', 'matplotlib', 'onnx', 'pydantic', 'scipy'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Commands:" in done.stdout

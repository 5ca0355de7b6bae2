"""Recipes on the command line."""

from __future__ import annotations

import json

import pytest

from glasshouse.cli.app import execute

FAST = ["--set", "training.epochs=1", "--set", "output.onnx=false", "--set", "output.report=false"]


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


def test_a_run_of_a_recipe_says_whether_it_passed(call):
    code, out, _ = call("run", "recipe:mlp", "--small", "--quiet")
    assert code == 0
    assert out.splitlines()[-1].startswith("recipe  mlp, small form: test accuracy 0.9")
    assert out.rstrip().endswith("at least 0.93 wanted: passed")


def test_a_run_that_does_not_pass_has_not_failed(call):
    rate = ["--set", "training.learning_rate=1e-9"]
    code, out, _ = call("run", "recipe:mlp", "--small", "--json", *rate, *FAST)
    assert code == 0
    document = json.loads(out)
    assert list(document) == ["run", "metrics", "report", "bundle", "recipe"]
    told = document["recipe"]
    assert told.pop("value") == document["metrics"]["test"]["accuracy"] < 0.5
    expected = {"name": "mlp", "small": True, "metric": "accuracy", "part": "test", "at_least": 0.93}
    assert told == {**expected, "passed": False}


def test_a_recipe_is_where_an_experiment_file_begins(call, tmp_path):
    code, out, _ = call("new", "recipe:mlp", "mine.toml", "--small", "--seed", "3")
    assert code == 0, out
    text = (tmp_path / "mine.toml").read_text()
    assert 'name = "mlp-small"' in text
    assert "hidden = [64]" in text
    assert "seed = 3" in text


def test_absent_data_name_the_small_form(call, monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSHOUSE_DATA", str(tmp_path))
    monkeypatch.setattr("glasshouse.data.builtin.download.pooch.os_cache", lambda _name: tmp_path / "cache")
    monkeypatch.setattr("glasshouse.data.builtin.download.pooch.retrieve", _no_network)
    code, _, err = call("run", "recipe:mlp")
    assert code == 1
    assert "mnist is not on this machine" in err
    assert "glasshouse run recipe:mlp --small" in err
    assert not (tmp_path / "runs").exists()


def _no_network(*_arguments, **_settings):
    raise OSError(101, "Network is unreachable")


def test_small_is_for_recipes(call):
    code, _, err = call("run", "digits", "--small")
    assert code == 2
    assert "--small together with digits" in err
    assert "glasshouse list recipes" in err


def test_recipes_are_listed_with_their_bars(call):
    code, out, _ = call("list", "recipes")
    assert code == 0
    (row,) = [line for line in out.splitlines() if line.startswith("mlp ")]
    assert "image classification" in row
    rows = json.loads(call("list", "recipes", "--json")[1])["recipes"]
    found = {row["name"]: row for row in rows}["mlp"]
    assert found["small"]["data"] == "digits"
    assert found["full"]["at_least"] > 0.9

"""Bundles that are asked what they cannot answer."""

from __future__ import annotations

import pytest


@pytest.fixture
def asked(call, refused, people, tmp_path):
    """A run, and how to ask it in vain."""
    code, _, err = call("run", people, "--target", "income")
    assert code == 0, err
    (run,) = (tmp_path / "runs").iterdir()

    def ask(content, *more):
        (tmp_path / "new.csv").write_text(content)
        return refused("predict", run, "new.csv", *more, run_folder=True)

    ask.run = run
    return ask


def test_rows_that_do_not_fit_are_told(asked, refused, tmp_path):
    assert "rename 'Age' to 'age'" in asked("Age,job\n30,nurse\n")
    assert "1 column is missing: 'job'" in asked("age\n30\n31\n")
    assert "line 2, column 'age': text where a number is due: 'old'" in asked("age,job\nold,nurse\n")
    assert "new.csv is empty" in asked("")
    (tmp_path / "folder").mkdir()
    message = refused("predict", asked.run, "folder", run_folder=True)
    assert "folder is a folder expected a table with the columns age, job" in message


def test_answers_that_could_not_be_written_are_refused_before_they_are_computed(asked, monkeypatch):
    def computed(*_arguments):
        raise AssertionError("computed for nothing")

    with monkeypatch.context() as patch:
        patch.setattr("glasshouse.ship.bundle.Bundle.predict", computed)
        assert "write to a.csv" in asked("age,job\n30,nurse\n", "--out", "a.xlsx")
        assert "write to predictions.csv" in asked("age,job\n30,nurse\n", "--out", ".csv")
    assert "a file stands where a folder is due" in asked("age,job\n30,nurse\n", "--out", "new.csv/a.csv")


def test_rows_without_any_value_are_told_with_their_line(call, asked, tmp_path):
    (tmp_path / "gap.csv").write_text("age,job\n30,nurse\n,\n31,clerk\n")
    code, _, err = call("predict", asked.run, "gap.csv")
    assert code == 0
    assert "Warning: 1 row without any value was left out (line 3)" in err


def test_a_run_without_a_bundle_says_how_to_get_one(refused, asked):
    (asked.run / "bundle").rename(asked.run / "away")
    message = refused("predict", asked.run, "people.csv", run_folder=True)
    assert "has no bundle" in message
    assert "--set output.bundle=true" in message


def test_a_bundle_without_onnx_is_not_asked_for_it(asked):
    assert "--backend torch" in asked("age,job\n30,nurse\n", "--backend", "onnx")

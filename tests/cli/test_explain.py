"""``glasshouse explain`` as people and programs call it."""

from __future__ import annotations

import json

import pytest
import torch

import glasshouse as gh
from glasshouse.cli.app import execute
from glasshouse.explain.arithmetic import evaluate
from glasshouse.project.explaining import of_experiment, of_run

SETTINGS = {
    "data": "iris",
    "training": {"epochs": 3},
    "output": {"onnx": False},
    "model": {"name": "mlp", "hidden": [5]},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return gh.run(gh.Experiment(**SETTINGS), out=tmp_path_factory.mktemp("runs"), observers=[])


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        code = execute([str(each) for each in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_command


def test_a_run_is_explained_in_lines_that_fit(call, run):
    code, out, _ = call("explain", run.path, "--row", "3")
    assert code == 0
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "weights of the best epoch" in out
    assert "Row 3 of the test part" in out
    assert "4 steps (4 checked)" in out
    assert "Every parameter gradient agrees with autograd's" in out


def test_the_numbers_are_those_of_the_trained_network_on_that_row(call, run):
    code, out, _ = call("explain", run.path, "--row", "3", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["schema"] == "glasshouse.explanation/1"
    specimen = of_run(run, 3)
    run.network.eval()
    with torch.no_grad():
        answer = run.network(specimen.x)
        loss = torch.nn.functional.cross_entropy(answer, specimen.y)
    assert document["loss_value"] == pytest.approx(float(loss), rel=1e-5)
    (found,) = [each for each in document["values"] if each["symbol"] == document["output"]]
    assert torch.allclose(torch.tensor(found["numbers"]), answer, rtol=1e-5)


def test_one_weight_with_its_whole_way_and_what_training_makes_of_it(call, run):
    code, out, _ = call("explain", run.path, "--row", "3", "--element", "output.weight:2,1")
    assert code == 0
    assert out.startswith("dW2[2,1] = ")
    assert "W2[2,1] new = " in out
    code, out, _ = call("explain", run.path, "--element", "z2:0,1", "--json")
    document = json.loads(out)
    assert evaluate(document["arithmetic"]) == pytest.approx(document["value"], rel=1e-9)


def test_files_are_written(call, run, tmp_path):
    code, out, _ = call("explain", run.path, "--html", "worked.html", "--latex", "worked.tex")
    assert code == 0
    assert out.splitlines() == ["Written to worked.html", "Written to worked.tex"]
    assert "<!doctype html>" in (tmp_path / "worked.html").read_text().lower()[:200]
    assert r"\frac" in (tmp_path / "worked.tex").read_text()


def test_a_network_before_training_and_its_shapes(call):
    code, out, _ = call("explain", "digits", "--model", "lenet5", "--part", "train", "--shapes")
    assert code == 0
    assert "61,706" in out
    specimen = of_experiment(gh.Experiment(data="iris"), row=-1, part="train")
    assert len(specimen.x) == 1


def test_a_bundle_takes_rows_from_a_file(call, run, tmp_path):
    (tmp_path / "flowers.csv").write_text(
        "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\n"
        "5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n"
    )
    code, out, err = call("explain", run.bundle, "--input", "flowers.csv", "--row", "1")
    assert code == 0, err
    assert "forward only" in out
    code, _, err = call("explain", run.bundle)
    assert code == 2
    assert "a bundle holds no data" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--row", "300"], "row 300 of the test part, which has 30 rows"),
        (["--part", "tset"], "did you mean 'test'?"),
        (["--element", "output.wieght:0,0"], "did you mean 'output.weight'"),
        (["--element", "output.weight:9,0"], "a place of a tensor of shape (3, 5)"),
        (["--element", "output.weight:a"], "a name, a colon and a place"),
    ],
)
def test_what_is_not_there_is_named_with_the_fix(call, run, arguments, said):
    code, _, err = call("explain", run.path, *arguments)
    assert code != 0
    assert said in err

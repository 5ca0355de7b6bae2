"""``glasshouse show`` and ``glasshouse list concepts`` as people and programs call them."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import glasshouse
from glasshouse.cli.app import execute
from glasshouse.concepts import everything


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Runs a command in an empty folder, 80 letters wide; gives exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        code = execute([str(each) for each in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_show_tells_all_that_the_card_knows(call):
    code, out, err = call("show", "SiLU")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    for told in (
        "swish",
        "also called silu",
        "f(x) = x σ(β x)",
        "∂f/∂β = x² σ(β x)(1 − σ(β x))",
        "β  steepness of the gate",
        "f′(x)",
        "When         As a smooth alternative",
        "Mind         It is not monotonic",
        "Conventions  SiLU is Swish with beta = 1",
        "Source       Elfwing",
        "= 0.31123",
        'activation = {name = "swish", beta = 1.0, learnable = false}',
        "swish = gh.activations.Swish(beta=1.0, learnable=False)",
    ):
        assert told in out, told


def test_show_prints_what_python_shows(call):
    assert call("show", "adam")[1].rstrip() == str(glasshouse.show("adam")).rstrip()


def test_show_prints_every_concept_of_that_name(call):
    out = call("show", "mae")[1]
    assert out.count("Mean of the absolute") == 2
    assert "─" * 80 in out
    out = call("show", "metric:mae")[1]
    assert "─" * 80 not in out
    assert "metric" in out.splitlines()[0]


def test_show_gives_programs_everything(call):
    code, out, _ = call("show", "mae", "--json")
    assert code == 0
    loss, metric = json.loads(out)["concepts"]
    assert list(loss) == [
        "kind", "name", "aliases", "also", "summary", "equation", "derivative", "symbols", "when",
        "pitfalls", "conventions", "source", "settings", "worked", "experiment", "python", "curve", "others",
    ]  # fmt: skip
    assert loss["equation"] == {
        "latex": r"L = \frac{1}{N D} \sum_{n,d} |y_{nd} - t_{nd}|",
        "text": "L = 1 / (N D) · Σ[n, d] |y_nd − t_nd|",
    }
    assert loss["worked"]["steps"][-1]["value"] == pytest.approx(loss["worked"]["computed"])
    assert [line["name"] for line in loss["curve"]["lines"]] == ["L", "∂L/∂y"]
    assert metric["curve"] is None


def test_every_card_is_valid_json(call):
    for concept in everything():
        code, out, _ = call("show", f"{concept.kind}:{concept.name}", "--json")
        assert code == 0
        assert json.loads(out)["concepts"][0]["summary"] == concept.summary


def test_show_writes_the_figure_as_a_file_of_its_own(call, tmp_path):
    code, out, _ = call("show", "swish", "--svg", "swish.svg")
    assert code == 0
    assert "Figure written to swish.svg" in out
    root = ElementTree.fromstring((tmp_path / "swish.svg").read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in "".join(root.itertext())


WRONG = [
    (["show", "adma"], 2, "did you mean 'adam'"),
    (["show", "mae", "--svg", "x.svg"], 2, "glasshouse show loss:mae --svg x.svg"),
    (["show", "linear", "--svg", "x.svg"], 2, "a figure of layer:linear"),
    (["show", "relu", "--svg", "taken/x.svg"], 1, "taken"),
    (["show"], 2, "Missing argument"),
    (["list", "concepts", "--kind", "optimiser"], 2, "did you mean 'optimizer'"),
    (["list", "models", "--kind", "loss"], 2, "--kind together with models"),
]


@pytest.mark.parametrize(("arguments", "exit_code", "text"), WRONG, ids=[" ".join(a) for a, _, _ in WRONG])
def test_what_cannot_be_shown_is_told(call, tmp_path, arguments, exit_code, text):
    (tmp_path / "taken").touch()
    code, out, err = call(*arguments)
    assert (code, out) == (exit_code, "")
    assert text in err
    code, out, err = call(*arguments, "--json")
    assert (code, err) == (exit_code, "")
    assert text in " ".join(json.loads(out)["error"].values())


def test_list_concepts_has_one_aligned_table_for_each_kind(call):
    code, out, _ = call("list", "concepts")
    assert code == 0
    lines = out.splitlines()
    for kind in ("activation", "layer", "loss", "optimizer", "schedule", "initializer", "metric", "model"):
        assert kind in lines
    columns = {line.index("what it is") for line in lines if line.startswith("name ")}
    assert len(columns) == 1
    rows = json.loads(call("list", "concepts", "--json")[1])["concepts"]
    assert len(rows) == len(everything())


def test_list_concepts_of_one_kind_has_also_those_of_other_kinds(call):
    rows = json.loads(call("list", "concepts", "--kind", "regularizers", "--json")[1])["concepts"]
    assert {"batch_norm", "dropout"} <= {row["name"] for row in rows}
    out = call("list", "--kind", "regularizer")[1]
    assert "layer, also a regularizer" in out
    assert "swish" not in out


def test_names_are_listed_without_loading_what_draws_and_trains():
    script = (
        "import sys; from glasshouse.cli.app import execute; execute(['list', 'concepts']);"
        "heavy = {'matplotlib', 'polars', 'onnx', 'glasshouse.training', 'glasshouse.experiment'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

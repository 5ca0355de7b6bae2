"""Learning rows themselves, on the whole road: run, report, bundle, alarms, codes, resume."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from PIL import Image

import glasshouse as gh
from glasshouse.cli import main
from glasshouse.core.errors import BundleError, DataError, SettingError, UsageError
from glasshouse.ship import load

from ..report.page import Page

SETTINGS = {"training": {"epochs": 3, "batch_size": 64}, "output": {"onnx": True}}


def trained(folder, model="autoencoder", **sections):
    settings = {**SETTINGS, **sections, "data": {"source": "digits", **sections.get("data", {})}}
    return gh.run(gh.Experiment.read({**settings, "model": model}), out=folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs"), "variational_autoencoder")


@pytest.fixture(scope="module")
def bundle(run):
    return load(run.path / "bundle")


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    from sklearn.datasets import load_digits

    path = tmp_path_factory.mktemp("pictures") / "digit.png"
    Image.fromarray((load_digits().images[0] * 15.9).astype(np.uint8)).save(path)
    return path


def test_the_page_shows_rows_beside_what_came_back_and_no_mistakes(run):
    page = Page((run.path / "report.html").read_text())
    sections = [attributes["id"] for attributes in page.all("section")]
    assert "reconstruction" in sections
    assert "mistakes" not in sections
    text = (run.path / "report.html").read_text()
    for words in (
        "Left as it is, right as it came back",
        "What came back worst",
        "New ones",
        "negative ELBO",
    ):
        assert words in text


def test_onnx_and_torch_answer_alike(run, picture):
    answers = [load(run.path / "bundle", backend=each).predict(picture) for each in ("onnx", "torch")]
    assert answers[0].values == pytest.approx(answers[1].values, rel=1e-4)
    assert answers[0].frame().columns == ["file", "error", "unusual"]


def test_the_error_is_that_of_the_reconstruction(bundle, picture):
    inputs = bundle.prepare(picture)
    back = bundle.module()(gh_tensor(inputs)).detach().numpy()
    assert bundle.predict(picture).values[0] == pytest.approx(((back - inputs) ** 2).mean(), rel=1e-5)


def gh_tensor(array):
    import torch

    return torch.from_numpy(array)


def test_a_lower_rate_of_false_alarms_has_a_higher_threshold(bundle, picture):
    often, seldom = (bundle.predict(picture, rate).threshold for rate in (0.2, 0.01))
    assert often < seldom
    assert bundle.predict(picture).threshold == seldom
    scores = np.array(bundle.schema.usual.scores)
    assert (scores > seldom).mean() <= 0.01


def test_a_rate_that_there_are_too_few_rows_for_is_refused(bundle, picture):
    with pytest.raises(SettingError, match="a false-alarm rate of 1e-05 from 270 usual rows"):
        bundle.predict(picture, 1e-5)


def test_codes_lead_back_to_pictures(bundle, picture):
    coder = bundle.coder()
    code = coder.encode(picture)
    assert code.shape == (1, 8)
    assert coder.decode(code).dtype == np.uint8
    assert coder.decode(code).shape == (1, 8, 8)
    assert np.array_equal(coder.reconstruct(picture), coder.decode(code))
    assert coder.between(picture, picture, steps=3).shape == (3, 8, 8)
    assert np.array_equal(coder.sample(4, seed=1), coder.sample(4, seed=1))
    assert not np.array_equal(coder.sample(4, seed=1), coder.sample(4, seed=2))


def test_the_nearest_code_of_a_row_is_its_own(bundle, picture):
    coder = bundle.coder()
    codes = np.vstack([coder.encode(picture) + 1, coder.encode(picture)])
    places, distances = coder.nearest(picture, codes, count=2)
    assert places.tolist() == [[1, 0]]
    assert distances[0, 0] == pytest.approx(0, abs=1e-6)


def test_what_cannot_be_coded_says_why(bundle, tmp_path):
    with pytest.raises(DataError, match=r"codes of shape \(1, 3\)"):
        bundle.coder().decode(np.zeros((1, 3)))
    other = load(trained(tmp_path, "mlp").path / "bundle")
    with pytest.raises(BundleError, match="a bundle of mlp, which has no code"):
        other.coder()
    with pytest.raises(UsageError, match="a false-alarm rate of 0.1 for a bundle of classification"):
        other.predict(np.zeros((8, 8), np.uint8), 0.1)


def test_a_plain_autoencoder_has_no_samples(tmp_path):
    coder = load(trained(tmp_path, output={"onnx": False}).path / "bundle").coder()
    with pytest.raises(BundleError, match="samples of autoencoder"):
        coder.sample(3)


def test_a_table_without_a_target_is_learnt_and_predicted(tmp_path):
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(120, 1)) @ np.array([[1.0, 2.0, -1.0]]) + 0.01 * chance.normal(size=(120, 3))
    path = tmp_path / "rows.csv"
    pl.DataFrame(rows, schema=["a", "b", "c"]).write_csv(path)
    run = gh.run(
        gh.Experiment.read(
            {
                "data": {"source": str(path), "task": "reconstruction"},
                "model": {"name": "autoencoder", "hidden": [], "code": 1},
                "training": {"epochs": 200, "learning_rate": 0.02},
            }
        ),
        out=tmp_path / "runs",
    )
    assert json.loads((run.path / "evaluation.json").read_text())["metrics"]["test"]["r2"] > 0.99
    odd = tmp_path / "odd.csv"
    pl.DataFrame({"a": [1.0, 1.0], "b": [2.0, -2.0], "c": [-1.0, -1.0]}).write_csv(odd)
    frame = load(run.path / "bundle").predict(odd, 0.1).frame()
    assert frame["unusual"].to_list() == [False, True]


def test_the_command_line_says_which_rows_are_unusual(run, picture, capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["predict", str(run.path), str(picture), "--false-alarms", "0.05", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["threshold"] > 0
    assert set(told["predictions"][0]) == {"file", "error", "unusual"}


@pytest.mark.parametrize(
    ("model", "objective"),
    [
        ("sparse_autoencoder", {"penalty": "kl"}),
        ("denoising_autoencoder", {"corruption": "masking"}),
        ("contractive_autoencoder", {}),
        ("convolutional_autoencoder", {}),
    ],
)
def test_every_kind_runs_and_reports(tmp_path, model, objective):
    run = trained(tmp_path, model, objective=objective, output={"onnx": False})
    record = json.loads((run.path / "evaluation.json").read_text())
    assert record["task"] == "reconstruction"
    assert np.isfinite(record["metrics"]["test"]["mse"])
    assert (record["reconstruction"]["denoising"] is not None) == (model == "denoising_autoencoder")


def test_one_class_is_normal_and_the_others_stand_out(tmp_path):
    run = trained(
        tmp_path,
        data={"task": "reconstruction", "normal": "0"},
        training={"epochs": 60, "batch_size": 32},
        output={"onnx": False},
    )
    unusual = json.loads((run.path / "evaluation.json").read_text())["reconstruction"]["unusual"]
    assert unusual["normal"] == "0"
    assert unusual["roc_auc"] > 0.9
    assert "Trained on “0” alone" in (run.path / "report.html").read_text()

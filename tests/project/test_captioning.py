"""Captions on the whole road: run, report, bundle, predict, resume."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import glasshouse as gh
from tests.project.test_sequences import cut_off

COLOURS = {"red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220), "yellow": (220, 220, 20)}


def picture(first, second, generator):
    pixels = np.zeros((8, 16, 3))
    pixels[:, :8], pixels[:, 8:] = COLOURS[first], COLOURS[second]
    return Image.fromarray(np.clip(pixels + generator.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two colours side by side: what stands left is to be named first."""
    folder = tmp_path_factory.mktemp("colours")
    generator = np.random.default_rng(0)
    lines = ["picture,caption"]
    for place in range(400):
        first, second = generator.choice(list(COLOURS), 2)
        picture(first, second, generator).save(folder / f"{place}.png")
        lines.append(f"{place}.png,{first} stands beside {second}")
    (folder / "colours.csv").write_text("\n".join(lines))
    experiment = gh.Experiment(
        data={"source": str(folder / "colours.csv"), "target": "caption", "task": "captioning"},
        model={"widths": [8, 8], "units": 32, "embedding": 16, "cell": "gru"},
        training={"epochs": 25, "batch_size": 16, "learning_rate": 0.01},
    )
    return gh.run(experiment, out=folder / "runs")


def test_what_stands_left_is_named_first(run):
    assert run.metrics["test"]["exact"] > 0.95
    baselines = {each["name"]: each["metrics"] for each in run.evaluation["baselines"]}
    assert baselines["commonest caption"]["exact"] < 0.3
    assert baselines["commonest caption"]["bleu"] < run.metrics["test"]["bleu"]


def test_the_report_shows_pictures_beside_what_is_written(run):
    page = run.report.read_text()
    assert 'class="captions"' in page
    assert page.count("word for word") > 5
    assert page.count('class="captions"') == 1
    assert "data:image/png" in page.partition('class="captions"')[2]


def test_the_bundle_writes_about_a_picture_and_says_why_one_graph_is_not_enough(run, tmp_path):
    picture("blue", "red", np.random.default_rng(1)).save(tmp_path / "new.png")
    bundle = gh.load(run.bundle)
    answers = bundle.predict(tmp_path / "new.png")
    assert answers.labels.tolist() == ["blue stands beside red"]
    assert answers.frame()["file"].to_list() == ["new.png"]
    assert "a caption is searched for word by word" in bundle.schema.onnx.reason
    assert [each.file for each in bundle.schema.graphs if each.checked] == ["encoder.onnx", "decoder.onnx"]
    assert "writes a caption about a picture" in bundle.card


def test_captioning_goes_on_bit_for_bit(run, tmp_path):
    assert cut_off(run.experiment, tmp_path, 60).history.equals(run.history)

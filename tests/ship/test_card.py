"""The card says what a person needs, its code runs, and nothing from the data can work as markup."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from glasshouse.ship import load
from glasshouse.ship.card import card
from glasshouse.ship.write_bundle import write_bundle

EVALUATION = {
    "metrics": {"test": {"accuracy": 0.8531, "log_loss": 0.41}},
    "intervals": {
        "part": "test",
        "level": 0.95,
        "method": "percentile bootstrap over 2,000 resamples",
        "metrics": {"accuracy": [0.841, 0.862]},
    },
    "baselines": [
        {"name": "majority class", "about": "...", "metrics": {"accuracy": 0.5}},
        {"name": "logistic regression", "about": "...", "metrics": {"accuracy": 0.81, "log_loss": 0.44}},
    ],
    "verdict": "The network is better than logistic regression.",
    "per_class": [
        {"class": "high", "precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 1200},
        {"class": "low", "precision": 0.4, "recall": 0.25, "f1": 0.3, "support": 1040},
    ],
    "calibration": {"bins": [], "ece": 0.0312},
}


@pytest.fixture
def full_card(classifier):
    schema = load(classifier).schema
    measured = {
        "part": "test",
        "values": EVALUATION["metrics"]["test"],
        "intervals": {"accuracy": [0.841, 0.862]},
    }
    state = {**schema.to_dict(), "metrics": measured, "notes": ["3 rows without a target were left out"]}
    return card(type(schema).model_validate(state), EVALUATION)


def test_card_says_what_it_predicts_how_well_and_where_it_is_weak(full_card):
    for line in (
        "A neural network that tells `income` (3 classes: `high`, `low`, `middle`) "
        "from 3 columns of a table.",
        "The network is better than logistic regression.",
        "| metric | on the test part | 95 % interval | majority class | logistic regression |",
        "| `accuracy` | 0.853 | 0.841 to 0.862 | 0.500 | 0.810 |",
        "| `log_loss` | 0.410 | – | – | 0.440 |",
        "- It is weakest on `low`: it finds 0.250 of its 1,040 rows (recall).",
        "- Its probabilities are off by 0.031 on average (expected calibration error).",
        "- 3 rows without a target were left out",
        "glasshouse predict path/of/this/folder rows.csv --out answers.csv",
    ):
        assert line in full_card
    assert re.search(r"\| `city` \| category \| 3 one-hot columns \| 3 \|", full_card)
    assert full_card.count("\n## ") == 7
    assert full_card.endswith("\n")
    assert not full_card.endswith("\n\n")


def test_card_of_an_unmeasured_network_says_so(classifier):
    assert "It was not evaluated on held-out rows" in load(classifier).card


def test_card_tells_of_every_kind_of_bundle(content, pictures, tmp_path):
    assert "from grey pictures of 16 x 16 pixels" in load(pictures).card
    made = content({"name": "mlp", "hidden": []}, "values", preparation=None, input_shape=(11,))
    text = load(write_bundle(tmp_path / "values", made, onnx=False)).card
    assert "predicts the number `year` from arrays of shape 11" in text
    assert "There is no ONNX file: it was not asked for" in text
    made = content({"name": "perceptron"}, "scores")
    assert "The scores are no probabilities." in load(write_bundle(tmp_path / "s", made, onnx=False)).card


def test_hostile_names_stay_text(content, tmp_path):
    hostile = ("<script>alert(1)</script>", "a|b", "# `x` [y](http://z)\n\n## End")
    made = content({"name": "mlp", "hidden": []}, classes=hostile, target_name="<b>|", name="*n* <i>")
    text = load(write_bundle(tmp_path / "bundle", made, onnx=False)).card
    prose = re.sub(r"(`+).+?\1", "", text)  # in code, markup is text
    assert not re.search(r"(?<!\\)<", prose)
    assert "\n## End" not in text
    assert "a\\|b" in text
    assert text.startswith("# \\*n\\* \\<i\\>\n")


def python_of(text: str, heading: str) -> str:
    return re.search(r"```python\n(.+?)```", text.split(f"## {heading}")[1], re.DOTALL)[1]


@pytest.mark.parametrize("bundle", ["pictures", "classifier"])
def test_code_for_onnx_runs_without_glasshouse_and_gives_the_same_answer(bundle, request, tmp_path):
    bundle = load(request.getfixturevalue(bundle))
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    picture = tmp_path / "picture.png"
    Image.fromarray(pixels).save(picture)
    code = python_of(bundle.card, "Without Glasshouse").replace('"picture.png"', repr(str(picture)))
    code += "import sys; assert 'glasshouse' not in sys.modules and 'torch' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=bundle.path, capture_output=True, text=True, check=True
    )
    found = np.array([float(each) for each in re.findall(r"[\d.]+(?:e[-+]\d+)?", done.stdout)])
    rows = picture if bundle.schema.kind == "images" else None
    expected = bundle.predict(rows).probabilities[0] if rows else None
    assert len(found) == 3
    if expected is not None:
        np.testing.assert_allclose(found, expected, atol=1e-6)

"""Strokes on the whole road: run, report, bundle, drawing, resume."""

from __future__ import annotations

import numpy as np
import pytest

import glasshouse as gh
from glasshouse.cli import main
from glasshouse.data import load
from glasshouse.data.settings import DataSettings
from glasshouse.models.mixture_density import numbers_of
from tests.project.test_sequences import cut_off


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    experiment = gh.Experiment(
        data={"source": "pendulum-strokes", "most_rows": 400},
        model={"units": 32, "components": 3},
        training={"epochs": 8, "batch_size": 16, "learning_rate": 0.01},
    )
    return gh.run(experiment, out=tmp_path_factory.mktemp("strokes"))


def test_a_mixture_is_less_surprised_than_a_single_gaussian(run):
    nats = {each["name"]: each["metrics"]["nats"] for each in run.evaluation["baselines"]}
    assert run.metrics["test"]["nats"] < nats["the step before"] - 0.5
    assert nats["the step before"] < nats["one Gaussian"]


def test_the_report_draws(run):
    page = run.report.read_text()
    assert "What it draws" in page
    assert page.count('aria-label="a drawing"') == 4 * 6
    assert "with a bias of 2 towards what is likely" in page


def test_both_backends_give_the_parameters_of_the_next_point(run):
    answers = [
        gh.load(run.bundle, backend=each).predict(["0.1,0.2,0 0.1,-0.2,1"]) for each in ("torch", "onnx")
    ]
    assert answers[0].values.shape == (1, numbers_of(3))
    np.testing.assert_allclose(answers[0].values, answers[1].values, atol=1e-4)


def test_strokes_are_drawn_from_the_bundle_and_the_command_line(run, tmp_path):
    bundle = gh.load(run.bundle, backend="torch")
    texts = bundle.sample(2, seed=1, bias=1.0).frame["strokes"].to_list()
    assert texts == run.sample(2, seed=1, bias=1.0).frame["strokes"].to_list()
    assert len(texts[0].split()) == run.experiment.model.spec()["steps"]
    out = tmp_path / "new.csv"
    with pytest.raises(SystemExit) as left:
        main(["sample", str(run.path), "--count", "2", "--seed", "1", "--bias", "1", "--out", str(out)])
    assert left.value.code == 0
    again = load(DataSettings(source=str(out), task="strokes"))
    assert again.frame["strokes"].to_list() == texts


def test_strokes_go_on_bit_for_bit(run, tmp_path):
    assert cut_off(run.experiment, tmp_path, 60).history.equals(run.history)

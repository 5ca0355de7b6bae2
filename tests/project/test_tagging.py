"""A tag for every step on the whole road: run, report, bundle, predict, resume."""

from __future__ import annotations

import numpy as np
import pytest

import glasshouse as gh
from tests.project.test_sequences import cut_off


@pytest.fixture(scope="module")
def reverse_run(tmp_path_factory):
    """The tag of a letter is the letter before it: one step of memory."""
    folder = tmp_path_factory.mktemp("tags")
    generator = np.random.default_rng(0)
    lines = {"".join(generator.choice(list("abc"), size=generator.integers(2, 7))) for _ in range(900)}
    rows = [f"{line}\t{'-' + line[:-1]}" for line in sorted(lines)]
    (folder / "letters.tsv").write_text("letters\tbefore\n" + "\n".join(rows))
    experiment = gh.Experiment(
        data={"source": str(folder / "letters.tsv"), "target": "before", "task": "tagging", "header": True},
        model={"cell": "gru", "units": 16, "embedding": 8, "bidirectional": False, "dropout": 0.0},
        training={"epochs": 12, "batch_size": 16, "learning_rate": 0.02},
    )
    return gh.run(experiment, out=folder / "runs")


def test_what_stands_before_is_remembered_where_counting_cannot(reverse_run):
    assert reverse_run.experiment.model.spec()["wiring"] == "many_to_many"
    assert reverse_run.metrics["test"]["whole"] > 0.95
    counted = {each["name"]: each["metrics"]["whole"] for each in reverse_run.evaluation["baselines"]}
    assert max(counted.values()) < 0.3


def test_both_backends_write_the_tags(reverse_run):
    answers = [
        gh.load(reverse_run.bundle, backend=each).predict(["abca", "cb"]) for each in ("torch", "onnx")
    ]
    assert [each.labels.tolist() for each in answers] == [["-abc", "-c"]] * 2
    assert gh.load(reverse_run.bundle).schema.outputs[0].shape[1] == "steps"


def test_the_report_shows_steps(reverse_run):
    assert "Step by step" in reverse_run.report.read_text()


def test_tagging_goes_on_bit_for_bit(reverse_run, tmp_path):
    assert cut_off(reverse_run.experiment, tmp_path, 60).history.equals(reverse_run.history)

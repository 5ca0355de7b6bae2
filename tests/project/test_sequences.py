"""Sequences on the whole road: run, report, bundle, predict, resume."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import glasshouse as gh
from glasshouse.evaluation.bag_of_tokens import BagOfTokens
from glasshouse.project.explaining import of_experiment


def texts(rows=120):
    """Whether "cold" stands before "hot": a bag of words cannot tell."""
    generator = np.random.default_rng(0)
    lines, kinds = [], []
    for row in range(rows):
        between = str(generator.choice(["tea", "rain", "sun", "day"]))
        pair = ["cold", between, "hot"] if row % 2 else ["hot", between, "cold"]
        words = list(generator.choice(["tea", "rain", "sun", "day"], size=generator.integers(1, 5)))
        place = generator.integers(0, len(words) + 1)
        lines.append(" ".join([*words[:place], *pair, *words[place:]]))
        kinds.append("rising" if row % 2 else "falling")
    return pl.DataFrame({"line": lines, "way": kinds})


@pytest.fixture(scope="module")
def text_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    texts().write_csv(folder / "texts.csv")
    experiment = gh.Experiment(
        data={"source": str(folder / "texts.csv"), "target": "way", "columns": {"line": "text"}},
        model={"name": "recurrent", "units": 16, "embedding": 8, "cell": "gru"},
        training={"epochs": 20, "learning_rate": 0.01, "batch_size": 8},
    )
    return gh.run(experiment, out=folder / "runs")


def test_a_recurrent_network_reads_order_that_a_bag_of_tokens_cannot(text_run):
    scores = {each["name"]: each["metrics"]["accuracy"] for each in text_run.evaluation["baselines"]}
    assert text_run.metrics["test"]["accuracy"] == 1.0
    assert scores["bag of tokens"] <= 0.75


def test_the_bundle_answers_texts_with_both_backends(text_run, tmp_path):
    lines = ["rain hot sun cold", "cold day hot", "tea tea sun cold tea hot day"]
    (tmp_path / "lines.txt").write_text("\n".join(lines))
    answers = [gh.load(text_run.bundle, backend=each).predict(lines) for each in ("torch", "onnx")]
    assert answers[0].labels.tolist() == ["falling", "rising", "rising"]
    np.testing.assert_allclose(answers[0].probabilities, answers[1].probabilities, atol=1e-5)
    from_file = gh.load(text_run.bundle).predict(tmp_path / "lines.txt")
    assert from_file.labels.tolist() == answers[0].labels.tolist()


def test_the_report_and_the_experiment_say_what_was_decided(text_run):
    page = text_run.report.read_text()
    assert "bag of tokens" in page
    assert text_run.experiment.model.spec()["tokens"] == 8
    assert text_run.experiment.training.clip_norm == 1.0


def test_a_text_is_explained_with_every_step_checked(text_run):
    assert set(of_experiment(text_run.experiment, row=1).explain().badges) <= {"checked", "no gradient"}


class Killed(BaseException):
    """Stands for a process that is killed."""


class Stops:
    """Fails in the middle of an epoch, as a killed process would."""

    def __init__(self, step):
        self.at = step

    def started(self, plan): ...
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

    def stepped(self, step, rows, loss):
        if step == self.at:
            raise Killed


def cut_off(experiment, out, step):
    """The same run cut off and taken up again."""
    checkpoint = {"seconds": 1e9, "steps": 7}
    training = experiment.training.replace(checkpoint=checkpoint).model_dump()
    short = experiment.replace(training=training, output={"report": False, "bundle": False})
    with pytest.raises(Killed):
        gh.run(short, out=out, observers=[Stops(step)])
    (folder,) = out.iterdir()
    return gh.resume(folder, observers=[])


def test_a_text_run_goes_on_bit_for_bit(text_run, tmp_path):
    assert cut_off(text_run.experiment, tmp_path, 60).history.equals(text_run.history)


def test_the_bag_counts_pairs_of_few_tokens():
    import torch

    from glasshouse.data.parts import Part

    part = Part(torch.tensor([[2, 3, 2, 3], [3, 2, 0, 0]]), torch.tensor([0, 1]), np.arange(2))
    counts = BagOfTokens(part, 4)(part).toarray()
    # pairs: (-,2) (2,3) (3,2) in the first row, (-,3) (3,2) in the second
    assert (counts[:, 4:] > 0).sum(axis=1).tolist() == [3, 2]
    assert counts[0, 2] / counts[0, 4:].max() == pytest.approx(1.0)  # both occur twice

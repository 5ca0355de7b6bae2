"""Sequences on the whole road: run, report, bundle, predict, resume."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import glasshouse as gh
from glasshouse.core.errors import BundleError
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


@pytest.fixture(scope="module")
def language_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("language")
    generator = np.random.default_rng(0)
    names = ["Ann", "Bob", "Cid"]
    lines = [f"{names[a]} sees {names[b]}.\n" for a, b in generator.integers(0, 3, (400, 2))]
    (folder / "seen.txt").write_text("".join(lines))
    experiment = gh.Experiment(
        data={"source": str(folder / "seen.txt"), "task": "language", "window": 20},
        model={"name": "language_model", "units": 32, "embedding": 8},
        training={"epochs": 20, "batch_size": 8, "learning_rate": 0.01},
    )
    return gh.run(experiment, out=folder / "runs")


def test_a_language_is_learnt_down_to_its_entropy(language_run):
    # Two of some 14 characters are drawn from three names: 2 ln 3 nats in 14 characters.
    entropy = 2 * np.log(3) / 14
    assert entropy - 0.03 < language_run.metrics["test"]["nats"] < 1.2 * entropy
    names = [each["name"] for each in language_run.evaluation["baselines"]]
    assert names == ["single characters", "pairs", "threes", "fives"]


def test_parts_of_a_text_follow_each_other(language_run):
    parts = language_run.record("exploration")["parts"]
    rows = pl.read_parquet(language_run.path / "predictions.parquet")
    ends = [rows.filter(part=name)["row"].to_list() for name in ("train", "validation", "test")]
    assert [row for part in ends for row in part] == list(range(sum(parts.values())))


def test_what_it_writes_is_in_the_report_and_like_the_text(language_run):
    page = language_run.report.read_text()
    assert "What it writes" in page
    assert "The worst mistakes" not in page
    written = language_run.samples["text"][-1]
    assert written.count(" sees ") > 10


def test_the_bundle_writes_on_and_foretells(language_run):
    bundle = gh.load(language_run.bundle, backend="torch")
    written = bundle.generate("Ann sees Bob.\n", 200, temperature=0.5, seed=3)
    assert len(written) == 200
    assert written == bundle.generate("Ann sees Bob.\n", 200, temperature=0.5, seed=3)
    assert written != bundle.generate("Ann sees Bob.\n", 200, temperature=0.5, seed=4)
    answers = [gh.load(language_run.bundle, backend=each).predict(["Ann see"]) for each in ("torch", "onnx")]
    assert [each.labels[0] for each in answers] == ["s", "s"]
    np.testing.assert_allclose(answers[0].probabilities, answers[1].probabilities, atol=1e-5)


def test_a_bundle_of_classes_writes_nothing(text_run):
    with pytest.raises(BundleError, match="a bundle for classification"):
        gh.load(text_run.bundle).generate("cold")


def test_a_language_run_goes_on_bit_for_bit_with_its_state(language_run, tmp_path):
    resumed = cut_off(language_run.experiment, tmp_path, 45)
    assert resumed.history.equals(language_run.history)
    assert resumed.samples.equals(language_run.samples)


@pytest.fixture(scope="module")
def translation_run(tmp_path_factory):
    """Digits in words, to be written backwards in another language."""
    folder = tmp_path_factory.mktemp("pairs")
    generator = np.random.default_rng(0)
    words = {"one": "un", "two": "deux", "three": "trois", "four": "quatre", "five": "cinq"}
    lines = set()
    while len(lines) < 500:
        chosen = list(generator.choice(list(words), size=generator.integers(1, 5)))
        lines.add(f"{' '.join(chosen)}\t{' '.join(words[each] for each in chosen[::-1])}")
    (folder / "pairs.tsv").write_text("en\tfr\n" + "\n".join(sorted(lines)))
    experiment = gh.Experiment(
        data={"source": str(folder / "pairs.tsv"), "target": "fr", "task": "translation"},
        model={"name": "seq2seq", "units": 48, "embedding": 16, "dropout": 0.0},
        training={"epochs": 30, "batch_size": 16, "learning_rate": 0.008},
    )
    return gh.run(experiment, out=folder / "runs")


def test_a_language_with_another_order_is_translated(translation_run):
    assert translation_run.metrics["test"]["exact"] > 0.9
    assert translation_run.metrics["test"]["bleu"] > 85
    copied = translation_run.evaluation["baselines"][1]
    assert copied["name"] == "nearest sentence"
    assert copied["metrics"]["bleu"] < 70


def test_it_looks_at_the_word_that_it_writes(translation_run):
    maps = translation_run.evaluation["translation"]["maps"]
    weights = np.array(maps[0]["weights"])
    words = len(maps[0]["source"])
    assert weights.shape == (words + 1, words)
    where = weights[:words].argmax(axis=1)
    assert (np.diff(where) < 0).mean() > 0.6  # from the end to the beginning


def test_the_bundle_translates_and_says_why_one_graph_is_not_enough(translation_run):
    bundle = gh.load(translation_run.bundle)
    assert bundle.predict(["one two three"]).labels.tolist() == ["trois deux un"]
    assert "searched for word by word" in bundle.schema.onnx.reason
    assert [each.file for each in bundle.schema.graphs if each.checked] == ["encoder.onnx", "decoder.onnx"]
    assert "translates a text into" in bundle.card


def test_the_report_shows_translations_and_attention(translation_run):
    page = translation_run.report.read_text()
    assert "Where it looked" in page
    assert "with a beam" in page


def test_a_translation_goes_on_bit_for_bit(translation_run, tmp_path):
    assert cut_off(translation_run.experiment, tmp_path, 100).history.equals(translation_run.history)

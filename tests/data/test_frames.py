"""Music as frames: what was written down, what comes next, and surprise by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import glasshouse as gh
from glasshouse.core.errors import BundleError, DataError
from glasshouse.data import assemble, fit_preparation, preparation_from_dict
from glasshouse.data.music.frames_preparation import FramesPreparation
from glasshouse.data.parts import Part, Split
from glasshouse.data.raw import RawTable
from glasshouse.data.settings import DataSettings
from glasshouse.evaluation.frames import simple_surprises
from glasshouse.models import language_model
from glasshouse.objectives.frames import Frames

PIECES = ["21-23 21 .", "108 21-108", "22"]


def prepared():
    raw = FramesPreparation(3).read(PIECES)
    settings = DataSettings(source="memory", task="frames")
    split = Split(np.arange(3), np.arange(0), np.arange(0), "random")
    preparation = fit_preparation(raw, split.train, settings)
    return raw, preparation, assemble(raw, split, preparation, "frames")


def test_the_input_is_the_frame_before_and_targets_end_with_the_piece():
    _, preparation, found = prepared()
    assert preparation.input_shape == (3, 88)
    inputs, targets = found.train.inputs, found.train.targets
    assert not inputs[:, 0].any()  # silence in front
    assert inputs[0, 1].nonzero().flatten().tolist() == [0, 2]
    assert targets[1, 1].nonzero().flatten().tolist() == [0, 87]
    assert (targets[..., 0] >= 0).sum(dim=1).tolist() == [3, 2, 1]


def test_it_comes_back_from_its_state():
    raw, preparation, _ = prepared()
    again = preparation_from_dict(preparation.to_dict())
    assert np.array_equal(again.transform(raw), preparation.transform(raw))


@pytest.mark.parametrize("note", ["20", "109", "x", "-5"])
def test_what_is_no_key_is_refused(note):
    preparation = FramesPreparation(3)
    with pytest.raises(DataError, match="in step 1 of piece 0"):
        preparation.transform(preparation.read([f"21 {note}"]))


def test_pieces_are_texts():
    with pytest.raises(BundleError, match="pieces given as a dict"):
        FramesPreparation(3).read({"notes": ["21"]})


def test_the_surprise_counts_every_note_of_every_frame_and_none_behind_the_end():
    torch.manual_seed(0)
    net = language_model((3, 88), 88, units=4).eval()
    _, _, found = prepared()
    logits = net.read(found.train.inputs)[0].detach().double()
    total, frames = 0.0, 0
    for row, steps in enumerate((3, 2, 1)):
        for step in range(steps):
            p = torch.sigmoid(logits[row, step])
            x = found.train.targets[row, step].double()
            total -= float((x * p.log() + (1 - x) * (1 - p).log()).sum())
            frames += 1
    assert Frames().judge(net, found.train).loss == pytest.approx(total / frames, rel=1e-5)
    step = Frames()(net, found.train.inputs, found.train.targets)
    assert float(step.loss.detach()) == pytest.approx(total / frames, rel=1e-5)


def test_simple_methods_by_hand():
    # One note over four frames of one piece: off, on, on, off.
    targets = torch.tensor([[[0.0], [1.0], [1.0], [0.0]]])
    inputs = torch.tensor([[[0.0], [0.0], [1.0], [1.0]]])
    part = Part(inputs, targets, np.arange(1))
    frequencies, before = (nats for _, _, nats in simple_surprises(part, part))
    assert frequencies == pytest.approx(np.log(2))  # 2 of 4, with one of each kind added: 3 / 6
    assert before == pytest.approx(np.log(2))  # 1 of 2 after either: 2 / 4


def test_a_tune_is_learnt_end_to_end(tmp_path, monkeypatch):
    generator = np.random.default_rng(0)

    def tunes():
        pieces = []
        for _ in range(200):
            start, steps = int(generator.integers(50, 54)), int(generator.integers(8, 12))
            pieces.append(" ".join(f"{start + step % 4}-{start + 12}" for step in range(steps)))
        raw = FramesPreparation(12).read(pieces)
        return RawTable(raw.frame, raw.columns, None, "tunes", layout=raw.layout)

    made = tunes()
    monkeypatch.setattr("glasshouse.data.builtin.chorales.chorales", lambda: made)
    experiment = gh.Experiment(
        data="chorales",
        model={"name": "language_model", "units": 48, "embedding": 32, "dropout": 0.0},
        training={"epochs": 25, "batch_size": 8, "learning_rate": 0.01},
    )
    run = gh.run(experiment, out=tmp_path)
    simple = {each["name"]: each["metrics"]["nats"] for each in run.evaluation["baselines"]}
    assert run.metrics["test"]["nats"] < 0.5 * min(simple.values())
    answers = [gh.load(run.bundle, backend=each).predict(["50-62 51-62"]) for each in ("torch", "onnx")]
    assert sorted(answers[0].values[0].argsort()[-2:] + 21) == [52, 62]
    np.testing.assert_allclose(answers[0].values, answers[1].values, atol=1e-4)
    assert "what sounded before" in run.report.read_text()

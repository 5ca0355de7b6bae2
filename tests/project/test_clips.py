"""Sounds and videos through the whole road: run, records, report, bundle."""

from __future__ import annotations

import wave

import numpy as np
import pytest

import glasshouse as gh
from glasshouse.core.errors import SettingError
from glasshouse.data import load
from glasshouse.data.settings import DataSettings


def experiment(data, **sections):
    values = {"data": data, "training": {"epochs": 4}, "output": {"onnx": False}, **sections}
    return gh.Experiment(**values)


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    settings = experiment({"source": "sounds"}, output={"onnx": True})
    return gh.run(settings, out=tmp_path_factory.mktemp("sounds"), observers=[])


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    settings = experiment(
        {"source": "motions", "most_rows": 600},
        model={"name": "cnn3d"},
        training={"epochs": 8, "learning_rate": 0.01},
        output={"onnx": True},
    )
    return gh.run(settings, out=tmp_path_factory.mktemp("motions"), observers=[])


def test_sounds_are_told_apart_and_shown_as_spectrograms(heard):
    assert heard.experiment.model.name == "cnn"
    assert heard.metrics["test"]["accuracy"] > 0.6
    page = heard.report.read_text()
    for words in ("How the sounds look", "time to the right, pitch upwards",
                  "test sounds were answered wrongly", "32 bands spaced in mel"):  # fmt: skip
        assert words in page, words
    assert "unexpected form" not in page
    first = heard.evaluation["mistakes"][0]
    assert (heard.path / first["picture"]).exists()
    assert first["where"].startswith("sound ")
    assert heard.evaluation["verdict"].startswith("Right for ")
    assert "test sounds" in heard.evaluation["verdict"]


def test_the_bundle_listens_to_wav_files(heard, tmp_path):
    raw = load(DataSettings(source="sounds"))
    with wave.open(str(tmp_path / "one.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(raw.values[7].astype("<i2").tobytes())
    bundle = gh.load(heard.bundle)
    assert bundle.backend.name == "onnx"
    from_file, from_array = bundle.predict(tmp_path / "one.wav"), bundle.predict(raw.values[7])
    assert from_file.files == (str(tmp_path / "one.wav"),)
    assert np.array_equal(from_file.probabilities, from_array.probabilities)
    assert "sound.wav" in bundle.card
    assert bundle.schema.kind == "sounds"


def test_moments_are_steps_for_a_recurrent_network(tmp_path):
    settings = experiment(
        {"source": "sounds", "sound": {"form": "stft", "window": 16}},
        model={"name": "recurrent", "units": 8}, training={"epochs": 1},
    )  # fmt: skip
    run = gh.run(settings, out=tmp_path, observers=[])
    assert run.record("network")["input_shape"] == [31, 65]
    assert gh.load(run.bundle).predict(load(DataSettings(source="sounds")).values[:2]).labels.shape == (2,)


def test_motion_is_seen_by_a_network_over_time_and_not_in_single_frames(seen):
    record = seen.evaluation
    assert record["metrics"]["test"]["accuracy"] > 0.9
    baselines = {each["name"]: each["metrics"]["accuracy"] for each in record["baselines"]}
    assert set(baselines) == {"majority class", "logistic regression", "single frame"}
    assert baselines["single frame"] == pytest.approx(0.25, abs=0.12)
    page = seen.report.read_text()
    assert "How the videos look" in page
    assert "its frames line by line" in page
    assert "unexpected form" not in page


def test_the_bundle_looks_at_videos(seen):
    raw = load(DataSettings(source="motions"))
    bundle = gh.load(seen.bundle)
    assert bundle.backend.name == "onnx"
    answers = bundle.predict(raw.values[:5, :, 0])
    assert answers.probabilities.shape == (5, 4)
    assert answers.labels.tolist() == ["up"] * 5
    assert bundle.schema.kind == "videos"


def test_videos_are_read_by_a_recurrent_network_where_none_is_named(tmp_path):
    run = gh.run(
        experiment({"source": "motions", "most_rows": 120}, training={"epochs": 1}),
        out=tmp_path,
        observers=[],
    )
    assert run.experiment.model.name == "lrcn"
    assert gh.resume(run.path).status["state"] == "finished"


def test_a_sound_is_not_mirrored_and_the_error_says_what_moves_it(tmp_path):
    with pytest.raises(
        SettingError, match=r"data\.augment\.flip_horizontal for sounds(.|\n)*time_shift moves it"
    ):
        gh.run(
            experiment({"source": "sounds", "augment": {"flip_horizontal": True}}, training={"epochs": 1}),
            out=tmp_path,
            observers=[],
        )


def test_sounds_are_verified_too(tmp_path):
    settings = experiment(
        {"source": "sounds", "task": "verification", "most_rows": 330},
        objective={"codes": 8},
        training={"epochs": 3},
    )
    run = gh.run(settings, out=tmp_path, observers=[])
    assert run.evaluation["metrics"]["test"]["roc_auc"] > 0.7
    assert "How far apart pairs are" in run.report.read_text()

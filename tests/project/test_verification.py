"""Verification through the whole road: run, records, report, bundle, comparison, resume."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import torch

import glasshouse as gh
from glasshouse.core.errors import BundleError, DataError, SettingError, TrainingStoppedError
from glasshouse.data.builtin.faces import faces
from glasshouse.data.settings import DataSettings
from glasshouse.project.materials import gather


def experiment(**sections):
    values = {
        "data": {"source": "digits", "task": "verification"},
        "objective": {"codes": 6},
        "training": {"epochs": 6},
        "output": {"onnx": False},
    }
    for key, changes in sections.items():
        values[key] = {**values.get(key, {}), **changes} if isinstance(changes, dict) else changes
    return gh.Experiment(**values)


HELD_OUT = {"split": {"method": "classes", "validation": 0.3, "test": 0.3}}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return gh.run(
        experiment(data=HELD_OUT, output={"onnx": True}),
        out=tmp_path_factory.mktemp("verification"),
        observers=[],
    )


def test_an_experiment_that_names_the_task_alone_is_decided(made):
    decided = made.experiment
    assert decided.objective.name == "verification"
    assert decided.objective.loss == "contrastive"
    assert decided.model.name == "cnn"
    assert decided.model.spec()["unit_length"] is True
    assert torch.allclose(made.network.eval()(torch.randn(3, 1, 8, 8)).norm(dim=1), torch.ones(3), atol=1e-5)


def test_no_class_is_in_two_parts_and_classes_that_were_never_seen_are_told_apart(made):
    materials = gather(made.experiment)
    classes = {name: set(part.targets.tolist()) for name, part in materials.prepared.parts().items()}
    assert [len(each) for each in classes.values()] == [4, 3, 3]
    assert len(set.union(*classes.values())) == 10
    record = made.evaluation
    assert record["verification"]["held_out"]
    assert record["metrics"]["test"]["roc_auc"] > 0.65
    assert set(record["metrics"]["test"]) == {
        "accuracy", "roc_auc", "equal_error_rate", "true_accepts", "false_accepts", "recall_at_1",
        "precision_at_5",
    }  # fmt: skip
    assert "3 classes that training never saw" in record["verdict"]


def test_classes_that_were_trained_on_are_found_again(tmp_path):
    run = gh.run(experiment(objective={"loss": "triplet"}), out=tmp_path, observers=[])
    record = run.evaluation
    assert not record["verification"]["held_out"]
    measured = record["metrics"]["test"]
    assert measured["recall_at_1"] > 0.85
    assert measured["accuracy"] > record["baselines"][0]["metrics"]["accuracy"]
    assert record["intervals"]["method"].startswith("the spread of the answers over rows")


def test_predictions_hold_every_pair_with_its_distance(made):
    frame = pl.read_parquet(made.path / "predictions.parquet").filter(pl.col("part") == "test")
    record = made.evaluation
    assert frame.height == record["intervals"]["rows"]
    assert frame["target"].mean() == 0.5
    assert (frame["target"] == frame["prediction"]).mean() == pytest.approx(
        record["metrics"]["test"]["accuracy"]
    )
    called = (frame["distance"] < record["verification"]["threshold"]).cast(pl.Int64)
    assert called.to_list() == frame["prediction"].to_list()
    assert record["mistaken"] == (frame["target"] != frame["prediction"]).sum()


def test_the_report_shows_pairs_neighbours_and_distances(made):
    page = made.report.read_text()
    for words in ("What is near, and what is far", "How far apart pairs are", "Nearest neighbours",
                  "Of two classes, and taken for one", "The plane of embeddings",
                  "No class of the test part was trained on."):  # fmt: skip
        assert words in page, words
    assert "unexpected form" not in page
    assert "The worst mistakes" not in page
    wrong = made.evaluation["verification"]["wrong"]
    for each in [*wrong["missed"], *wrong["mistaken"]]:
        assert (made.path / each["one"]["picture"]).exists()
    assert [each["distance"] for each in wrong["mistaken"]] == sorted(
        each["distance"] for each in wrong["mistaken"]
    )


def test_the_bundle_embeds_and_verifies_as_the_run_did(made):
    materials = gather(made.experiment)
    rows = materials.split.test[:40]
    pixels = materials.raw.pixels[rows][:, 0]
    bundle = gh.load(made.bundle)
    assert bundle.backend.name == "onnx"
    embeddings = bundle.embed(pixels)
    expected = made.network.eval()(materials.prepared.test.inputs[:40]).detach().numpy()
    assert embeddings == pytest.approx(expected, abs=1e-5)
    found = bundle.verify(pixels[:20], pixels[20:])
    apart = np.linalg.norm(expected[:20] - expected[20:], axis=1)
    assert found.distances == pytest.approx(apart, abs=1e-5)
    assert found.threshold == made.evaluation["verification"]["threshold"]
    assert found.same.tolist() == (found.distances < found.threshold).tolist()
    strict = bundle.verify(pixels[:1], pixels, false_alarms=0.01)
    assert len(strict) == 40
    assert strict.same[0]
    assert strict.threshold < found.threshold
    assert strict.threshold == pytest.approx(made.evaluation["verification"]["accepting"], abs=0.01)
    assert "glasshouse verify" in bundle.card
    with pytest.raises(SettingError, match="a false-alarm rate of 1e-05 from"):
        bundle.verify(pixels[:1], pixels, false_alarms=1e-5)
    with pytest.raises(DataError, match="3 rows to be compared with 2"):
        bundle.verify(pixels[:3], pixels[:2])


def test_a_bundle_of_classes_verifies_nothing(tmp_path):
    quick = gh.Experiment(data="iris", training={"epochs": 1}, output={"onnx": False})
    with pytest.raises(BundleError, match="is a bundle for classification"):
        gh.load(gh.run(quick, out=tmp_path, observers=[]).bundle).embed([[0.0, 0.0, 0.0, 0.0]])


def test_tables_are_compared_too_and_without_unit_length(tmp_path):
    plain = gh.Experiment(
        data={"source": "wine", "task": "verification"},
        objective={"codes": 2, "unit_length": False, "negatives": "random"},
        training={"epochs": 40},
        output={"onnx": False},
    )
    run = gh.run(plain, out=tmp_path, observers=[])
    assert run.evaluation["metrics"]["test"]["roc_auc"] > 0.85
    rows = gh.load(run.bundle).embed(gather(plain).raw.frame.head(3))
    assert rows.shape == (3, 2)
    assert not np.allclose(np.linalg.norm(rows, axis=1), 1.0)
    assert "wine" in run.report.read_text()


def test_two_runs_are_compared_pair_by_pair(made, tmp_path):
    worse = gh.run(experiment(data=HELD_OUT, training={"epochs": 1}), out=tmp_path, observers=[])
    found = gh.compare([worse, made])["paired"][0]
    assert found["difference"]["rows"] == made.evaluation["intervals"]["rows"]
    assert "accuracy" in found["sentence"]


class StopsAt:
    def __init__(self, step):
        self.at = step

    def started(self, plan): ...

    def stepped(self, step, rows, loss):
        if step == self.at:
            raise TrainingStoppedError("stopped", fix="go on")

    def epoch_ended(self, row, timing): ...

    def ended(self, reason): ...


def test_a_run_that_was_cut_off_ends_with_the_same_weights(tmp_path):
    settings = experiment(
        objective={"negatives": "random"},
        training={"epochs": 3, "checkpoint": {"steps": 5}},
        output={"bundle": False, "report": False},
    )
    whole = gh.run(settings, out=tmp_path / "whole", observers=[])
    with pytest.raises(TrainingStoppedError):
        gh.run(settings, out=tmp_path / "cut", observers=[StopsAt(23)])
    (cut,) = (tmp_path / "cut").iterdir()
    resumed = gh.resume(cut, observers=[])
    for one, other in zip(
        whole.network.state_dict().values(), resumed.network.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    assert whole.metrics == resumed.metrics


def test_faces_have_twenty_pictures_each_and_are_told_apart_by_name_alone():
    raw = faces(DataSettings(source="faces"))
    assert np.bincount(raw.target.values).tolist() == [20] * 100
    assert (raw.pixels == faces(DataSettings(source="faces")).pixels).all()
    split = gather(gh.Experiment(data="faces")).split
    labels = [set(raw.target.values[part].tolist()) for part in (split.train, split.validation, split.test)]
    assert [len(each) for each in labels] == [65, 15, 20]
    assert "65 classes are trained on, 15 validate, 20 test" in split.notes[0]


def test_too_few_classes_to_hold_whole_ones_out_are_refused():
    held = {"source": "iris", "task": "verification", "split": {"method": "classes"}}
    with pytest.raises(DataError, match="3 classes, of which whole ones are to be held out") as caught:
        gather(gh.Experiment(data=held))
    assert caught.value.fix.endswith("data.split.method = 'stratified'")


def test_numbers_cannot_be_verified():
    with pytest.raises(SettingError, match="data.task = 'regression' with the objective 'verification'"):
        gather(gh.Experiment(data={"source": "diabetes", "task": "regression"}, objective="verification"))


def test_the_command_line_verifies(made, tmp_path, capsys):
    from PIL import Image

    from glasshouse.cli.app import execute

    materials = gather(made.experiment)
    for number, row in enumerate(materials.split.test[:2]):
        Image.fromarray(materials.raw.pixels[row, 0]).save(tmp_path / f"{number}.png")
    words = ["verify", str(made.path), str(tmp_path / "0.png"), str(tmp_path / "1.png"), "--json"]
    assert execute(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["pairs"][0]) == {"pair", "same", "distance"}
    assert (
        execute(["verify", str(made.path), str(tmp_path / "0.png"), str(tmp_path / "0.png"), "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["pairs"][0]["same"]

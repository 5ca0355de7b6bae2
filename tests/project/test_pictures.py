"""Pictures from pictures, on the whole road: run, report, bundle, resume, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import glasshouse as gh
from glasshouse.cli import main
from glasshouse.core.errors import ModelError, SettingError, UsageError
from glasshouse.data import load as load_data
from glasshouse.data.settings import DataSettings
from glasshouse.ship import load, save

from ..report.page import Page

SMALL = {"name": "unet", "width": 0.0625, "depth": 1}


def experiment(**data):
    return {
        "data": {"source": "shapes", "most_rows": 60, **data},
        "training": {"epochs": 2, "batch_size": 16},
        "model": SMALL,
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return gh.run(gh.Experiment.read(experiment()), out=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def pixels():
    raw = load_data(DataSettings(source="shapes", most_rows=60))
    return raw.pixels.transpose(0, 2, 3, 1)


def test_the_run_is_decided_and_measured(run):
    decided = run.experiment
    assert (decided.objective.name, decided.objective.loss) == ("segmentation", "cross_entropy")
    assert decided.model.spec()["padding"] == "same"
    assert set(run.metrics["test"]) == {"mean_iou", "pixel_accuracy"}
    assert {"validation_mean_iou", "validation_pixel_accuracy", "validation_loss"} <= set(run.history.columns)
    assert [each["name"] for each in run.evaluation["baselines"]] == ["commonest class", "commonest by place"]


def test_the_page_shows_input_target_and_answer_side_by_side(run):
    text = (run.path / "report.html").read_text()
    page = Page(text)
    assert "pictures" in [attributes["id"] for attributes in page.all("section")]
    for words in (
        "What came out",
        "The worst",
        "overlap (IoU)",
        "triangle",
        "the true class where the answer",
    ):
        assert words in text
    assert "more classes are not shown" not in text
    assert "unexpected form" not in text
    shown = [attributes["alt"] for attributes in page.all("img")]
    assert sum("the answer" in each for each in shown) == 12


def test_both_backends_give_the_masks_of_the_network(run, pixels):
    answers = [load(run.path / "bundle", backend=each).predict(pixels) for each in ("onnx", "torch")]
    assert (answers[0].masks == answers[1].masks).mean() > 0.999
    bundle = load(run.path / "bundle", backend="torch")
    import torch

    said = bundle.module()(torch.from_numpy(bundle.prepare(pixels))).argmax(1).numpy()
    assert (said == answers[1].masks).all()
    shares = answers[1].frame()
    assert shares.columns == ["row", *(f"share_{name}" for name in bundle.schema.classes)]
    assert shares["share_background"].to_list() == pytest.approx((said == 0).mean(axis=(1, 2)).tolist())
    output = bundle.schema.outputs[0]
    assert (output.name, output.shape) == ("probabilities", ("batch", 4, 32, 32))


def test_masks_are_saved_as_pictures_whose_numbers_are_classes(run, pixels, tmp_path):
    Image.fromarray(pixels[0]).save(tmp_path / "one.png")
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(run.path), str(tmp_path / "one.png"), "--out", str(tmp_path / "masks")])
    assert ended.value.code in (None, 0)
    with Image.open(tmp_path / "masks/one.png") as image:
        assert image.mode == "P"
        said = np.asarray(image)
    answers = load(run.path / "bundle").predict(pixels[0])
    assert (said == answers.masks[0]).all()
    save(answers, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text().startswith("row,share_background")
    with pytest.raises(UsageError, match="predictions to 'masks.jpg'"):
        save(answers, tmp_path / "masks.jpg")
    assert len(answers.images()) == 1


def test_answers_that_are_no_pictures_say_so():
    from glasshouse.ship import Answers

    with pytest.raises(UsageError, match="take answers.frame()"):
        Answers("price", values=np.zeros(1)).images()


def test_two_runs_are_compared_picture_by_picture(run, tmp_path):
    other = gh.run(gh.Experiment.read({**experiment(), "model": {**SMALL, "width": 0.03125}}), out=tmp_path)
    found = gh.compare([run, other])
    assert "of mean IoU on the same 12 test rows" in found["verdicts"][0]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"model": {"name": "cnn"}}, ModelError, "the network gives numbers of shape \\(4,\\) for a picture"),
        (
            {"data": {"source": "shapes", "augment": {"time_mask": 0.1}}},
            SettingError,
            "parts of a picture are hidden by data.augment.erase",
        ),
        ({"objective": {"name": "segmentation", "loss": "mse"}}, SettingError, "loss 'mse' for segmentation"),
        (
            {"data": {"task": "detection"}, "model": SMALL},
            ModelError,
            "the network gives numbers of shape .* for a picture",
        ),
        (
            {"data": {"source": "scenes", "augment": {"contrast": 0.1}}},
            SettingError,
            "the levels that are to come out would stay behind",
        ),
        ({"data": {"source": "scenes"}, "objective": "hinge"}, SettingError, "loss 'hinge' for pictures"),
        ({"output": {"metrics": ["f1"]}}, SettingError, "for the task 'segmentation'"),
        (
            {"data": {"task": "detection"}, "model": {"name": "grid_detector"}, "ensemble": {"members": 2}},
            SettingError,
            "boxes of different networks are not in the same order",
        ),
        ({"data": {"task": "regression"}}, SettingError, "data.task = 'regression'"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(change, error, words, tmp_path):
    given = {**experiment(), **change}
    given["data"] = {"source": "shapes", "most_rows": 40, **given["data"]}
    with pytest.raises(error, match=words):
        gh.run(gh.Experiment.read(given), out=tmp_path)


def test_noise_may_be_added_to_inputs_of_masks(tmp_path):
    given = experiment(augment={"noise": 0.2, "brightness": 0.1})
    assert gh.run(gh.Experiment.read({**given, "output": {"bundle": False}}), out=tmp_path).metrics["test"]


SMALLER = {
    "grey": ({"name": "unet", "width": 0.0625, "depth": 1}, "grey", (3, 32, 32)),
    "shrink": ({"name": "espcn", "width": 0.125}, "bicubic", (3, 32, 32)),
    "noise": ({"name": "unet", "width": 0.0625, "depth": 1}, "the input", (3, 32, 32)),
}


@pytest.fixture(scope="module", params=SMALLER)
def made(request, tmp_path_factory):
    model, baseline, shape = SMALLER[request.param]
    settings = {
        "data": {"source": "scenes", "most_rows": 40, "degrade": {"kind": request.param}},
        "training": {"epochs": 2, "batch_size": 8},
        "model": model,
    }
    run = gh.run(gh.Experiment.read(settings), out=tmp_path_factory.mktemp("made"), observers=[])
    return run, request.param, baseline, shape


def test_pictures_come_out_and_are_measured_against_what_can_be_had_for_nothing(made):
    run, kind, baseline, _ = made
    assert run.experiment.model.spec()["residual"] is True
    assert run.experiment.model.spec()["factor"] == (2 if kind == "shrink" else 1)
    assert set(run.metrics["test"]) == {"psnr", "mse", "mae"}
    assert run.evaluation["baselines"][0]["name"] == baseline
    text = (run.path / "report.html").read_text()
    assert "PSNR of the picture" in text
    assert "unexpected form" not in text
    assert ("bicubic interpolation makes" in text) == (kind == "shrink")


def test_both_backends_give_the_same_pictures(made, tmp_path):
    run, _, _, (channels, *sides) = made
    bundle = load(run.path / "bundle", backend="torch")
    inputs = (
        np.random.default_rng(0).integers(0, 255, (3, *bundle.schema.input_shape[1:], 3)).astype(np.uint8)
    )
    one, other = (load(run.path / "bundle", backend=each).predict(inputs) for each in ("onnx", "torch"))
    assert np.abs(one.pictures.astype(int) - other.pictures.astype(int)).max() <= 1
    assert one.pictures.shape == (3, *sides, channels)
    assert bundle.schema.outputs[0].shape == ("batch", channels, *sides)
    folder = save(other, tmp_path / "out")
    with Image.open(folder / "00001.png") as image:
        assert (np.asarray(image) == other.pictures[1]).all()
    assert "mean_level" in other.frame().columns


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    settings = {
        "data": {"source": "shapes", "task": "detection", "most_rows": 120},
        "training": {"epochs": 8, "batch_size": 8, "learning_rate": 0.01},
    }
    return gh.run(gh.Experiment.read(settings), out=tmp_path_factory.mktemp("finder"), observers=[])


def test_objects_are_found_and_the_parts_of_the_loss_recorded(finder):
    decided = finder.experiment
    assert (decided.model.name, decided.objective.name, decided.objective.loss) == (
        "grid_detector",
        "detection",
        "grid",
    )
    assert set(finder.metrics["test"]) == {"average_precision_50", "box_iou", "class_accuracy"}
    parts = {"place", "size", "sure", "empty", "kind"}
    columns = set(finder.history.columns)
    assert {f"{part}_{each}" for part in ("train", "validation") for each in parts} <= columns
    last = finder.history.row(-1, named=True)
    assert sum(last[f"validation_{each}"] for each in parts) == pytest.approx(last["validation_loss"])
    text = (finder.path / "report.html").read_text()
    assert "unexpected form" not in text
    assert text.count('<span class="boxed"') == 24
    assert "cells, each of which answers for one object" in text


def test_boxes_come_out_of_both_backends_and_into_a_table(finder, pixels, tmp_path):
    from glasshouse.data.images.box_overlap import found_in

    one, other = (load(finder.path / "bundle", backend=each) for each in ("onnx", "torch"))
    raw = [bundle.backend.outputs(bundle.prepare(pixels))[0] for bundle in (one, other)]
    assert raw[0] == pytest.approx(raw[1], abs=1e-4)
    assert raw[0].shape == (60, 16, 8)
    assert one.schema.outputs[0].shape == ("batch", 16, 8)
    answers = other.predict(pixels)
    assert len(answers) == 60
    frame = answers.frame()
    assert frame.columns == ["row", "class", "score", "x", "y", "width", "height"]
    assert frame.height == sum(len(found_in(each).above(0.25).kinds) for each in raw[1])
    save(answers, tmp_path / "boxes.csv")
    with pytest.raises(UsageError, match="predictions to 'boxes'"):
        save(answers, tmp_path / "boxes")


class KilledError(BaseException):
    """Stands for SIGKILL."""


class Kill:
    """Ends the run at a step in the middle of an epoch."""

    def started(self, plan): ...
    def epoch_ended(self, row, timing): ...
    def ended(self, reason): ...

    def stepped(self, step, rows, loss):
        if step == 4:
            raise KilledError


def test_a_run_that_was_cut_off_goes_on_to_the_same_bits(tmp_path):
    settings = {**experiment(), "output": {"report": False, "bundle": False}}
    settings["training"] = {**settings["training"], "checkpoint": {"seconds": 1e9, "steps": 2}}
    given = gh.Experiment.read(settings)
    whole = gh.run(given, out=tmp_path / "whole", observers=[])
    with pytest.raises(KilledError):
        gh.run(given, out=tmp_path / "cut", observers=[Kill()])
    (folder,) = (tmp_path / "cut").iterdir()
    cut = gh.resume(folder, observers=[])
    for name in ("metrics.jsonl", "evaluation.json"):
        assert (whole.path / name).read_bytes() == (cut.path / name).read_bytes(), name

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
            {"data": {"source": "shapes", "augment": {"flip_horizontal": True}}},
            SettingError,
            "targets would stay behind",
        ),
        ({"objective": {"name": "segmentation", "loss": "mse"}}, SettingError, "loss 'mse' for segmentation"),
        ({"output": {"metrics": ["f1"]}}, SettingError, "for the task 'segmentation'"),
        ({"ensemble": {"members": 2}}, SettingError, "outputs that cannot be averaged"),
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


def test_a_sweep_refuses_pictures(tmp_path):
    with pytest.raises(UsageError, match="a sweep with data.task = 'segmentation'"):
        gh.sweep(
            gh.Experiment.read(experiment()),
            {"training.learning_rate": [0.1, 0.01]},
            out=tmp_path,
        )


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

"""Ensembles of every task whose answers have a mean, and why the others have none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import glasshouse as gh
from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Part
from glasshouse.models import Ensemble
from glasshouse.models.outputs import outputs_of
from glasshouse.project.ensemble_members import bootstrap, member_seeds
from glasshouse.project.materials import gather
from glasshouse.project.pipeline import work_for
from glasshouse.project.pretraining import pretrain_unwatched

MEMBERS = 3
FOUND = {
    "a forecast": (
        {
            "data": {"source": "seasons", "task": "forecast", "window": 12, "horizon": 3},
            "model": {"name": "recurrent", "units": 6},
        },
        "rmse",
    ),
    "tags": (
        {
            "data": {"source": "copy-memory", "window": 5, "most_rows": 200},
            "model": {"units": 6},
        },
        "nats",
    ),
    "rows that are given back": (
        {
            "data": {"source": "digits", "most_rows": 200},
            "model": {"name": "autoencoder", "hidden": [16], "code": 4},
        },
        "r2",
    ),
    "rows that are freed of noise": (
        {
            "data": {"source": "digits", "most_rows": 200},
            "model": {"name": "denoising_autoencoder", "hidden": [16], "code": 4},
        },
        "r2",
    ),
    "masks": (
        {"data": {"source": "shapes", "most_rows": 40}, "model": {"width": 0.0625, "depth": 1}},
        "mean_iou",
    ),
    "pictures": (
        {"data": {"source": "scenes", "most_rows": 30}, "model": {"width": 0.0625, "depth": 1}},
        "psnr",
    ),
    "names": (
        {"data": {"source": "opinions", "most_rows": 200}, "model": {"name": "recurrent", "units": 4}},
        "accuracy",
    ),
}
"""Experiments, and the measure that stands first."""


def made(tmp_path, settings, kind="seeds", **sections):
    training = {"epochs": 3, "batch_size": 16, "learning_rate": 0.01}
    together = {"members": MEMBERS, "kind": kind}
    values = {**settings, "training": training, "ensemble": together, "watch": {"probes": False}, **sections}
    return gh.run(gh.Experiment(**values), out=tmp_path, observers=[])


@pytest.fixture(scope="module", params=FOUND)
def run(request, tmp_path_factory):
    settings, primary = FOUND[request.param]
    found = made(tmp_path_factory.mktemp("together"), settings)
    found.primary = primary
    return found


def test_what_the_record_says_of_all_is_what_the_evaluation_says(run):
    record = run.record("ensemble")
    assert record["primary"] == run.primary == run.evaluation["primary"]
    for name, value in record["together"].items():
        assert value == pytest.approx(run.metrics["test"][name], rel=1e-5, abs=1e-9), name
    assert record["single"]["lowest"] < record["single"]["highest"]
    assert record["disagreement"]["mean"] > 0


def test_together_they_lose_no_more_than_on_average(run):
    """Which is certain for a squared error and for a surprise: both are convex."""
    record = run.record("ensemble")
    members = [row["metrics"] for row in record["members"]]
    for name, power in {"rmse": 2, "mse": 1, "nats": 1}.items():
        if name in record["together"]:
            mean = np.mean([each[name] ** power for each in members])
            assert record["together"][name] ** power < mean


def test_the_answers_are_the_mean_of_the_members_answers(run):
    network = run.network
    assert isinstance(network, Ensemble)
    rows = gather(run.experiment).prepared.test.inputs[:7]
    each = torch.stack([outputs_of(member, rows) for member in network.members]).double()
    together = outputs_of(network, rows).double()
    if network.meaning in ("tags", "logits", "pixel_classes"):
        axis = 1 if network.meaning == "pixel_classes" else -1
        expected = torch.softmax(each, dim=axis + (axis > 0)).mean(dim=0)
        together = torch.softmax(together, dim=axis)
    else:
        expected = each.mean(dim=0)
    torch.testing.assert_close(together, expected, rtol=1e-4, atol=1e-5)


def test_both_backends_answer_alike_and_say_how_far_members_are_apart(run):
    torch_bundle, onnx_bundle = (gh.load(run.bundle, backend=each) for each in ("torch", "onnx"))
    rows = gather(run.experiment).prepared.test.inputs[:5].numpy()
    for one, other in zip(torch_bundle.backend.outputs(rows), onnx_bundle.backend.outputs(rows), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert torch_bundle.schema.outputs[-1].name == "disagreement"
    apart = torch_bundle.backend.outputs(rows)[-1]
    assert apart.shape == (5,)
    assert (apart > 0).all()
    assert "One by one and together" in run.report.read_text()


def test_tags_are_told_with_their_disagreement(tmp_path):
    run = made(tmp_path, FOUND["tags"][0], output={"onnx": False, "report": False})
    frame = gh.load(run.bundle).predict(["3 2 1 5 4 0 0 0 0 0 9 0 0 0 0"]).frame()
    assert frame["disagreement"][0] > 0


def test_disagreement_about_numbers_is_their_deviation_averaged_over_the_steps_ahead():
    outputs = torch.tensor([[[0.0, 1.0]], [[2.0, 5.0]]])
    both = Ensemble([torch.nn.Identity(), torch.nn.Identity()], "values")
    assert both.disagreement(outputs).tolist() == [(1.0 + 2.0) / 2]


def test_classes_of_pixels_are_averaged_pixel_by_pixel():
    """Two members that are sure of different classes at one pixel, and agree at the other: ln 2 / 2."""
    sure = 50.0
    one = torch.tensor([[[[sure, sure]], [[0.0, 0.0]]]])
    other = torch.tensor([[[[0.0, sure]], [[sure, 0.0]]]])
    both = Ensemble([torch.nn.Identity(), torch.nn.Identity()], "pixel_classes")
    outputs = torch.stack([one, other])
    shares = torch.softmax(both.mean(outputs), dim=1)[0, :, 0].T
    torch.testing.assert_close(shares, torch.tensor([[0.5, 0.5], [1.0, 0.0]]))
    assert both.disagreement(outputs).item() == pytest.approx(np.log(2) / 2)


def test_members_that_are_pre_trained_are_each_pre_trained_by_themselves(tmp_path):
    """With a fine-tuning that moves nothing, a member is what pre-training from its own seed gives."""
    settings = {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "mlp", "hidden": [6], "activation": "sigmoid", "dropout": 0.0},
        "pretraining": {"method": "rbm", "epochs": 2},
    }
    still = {"epochs": 1, "learning_rate": 1e-30, "weight_decay": 0.0}
    run = made(tmp_path, settings, training=still, output={"report": False, "bundle": False})
    prepared = gather(run.experiment).prepared
    for seed, member in zip(member_seeds(0, MEMBERS), run.network.members, strict=True):
        own = run.experiment.replace(seed=seed)
        work = work_for(own, gather(run.experiment))
        pretrain_unwatched(own, work.network, prepared, work.objective)
        for one, other in zip(member.parameters(), work.network.parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


def test_rows_that_are_their_own_targets_stay_so_when_they_are_drawn():
    rows = torch.arange(5.0)[:, None]
    drawn = bootstrap(Part(rows, rows, np.arange(5)), seed=0)
    assert drawn.targets is drawn.inputs


REFUSED = {
    "a language": ({"data": {"source": "tales", "window": 48}}, "the mean of several continuations is none"),
    "translation": ({"data": {"source": "numbers", "most_rows": 100}}, "what it has written before"),
    "a game": ({"data": "blobs", "objective": "adversarial"}, "no mean that looks like a row"),
    "a machine": (
        {"data": {"source": "digits", "most_rows": 100}, "model": "rbm"},
        "a likelihood of its own",
    ),
    "a variational autoencoder": (
        {"data": {"source": "digits", "most_rows": 100}, "model": "variational_autoencoder"},
        "a likelihood of its own",
    ),
    "verification": (
        {"data": {"source": "digits", "task": "verification", "split": {"method": "stratified"}}},
        "mean nothing in that of another",
    ),
    "detection": (
        {"data": {"source": "shapes", "task": "detection", "most_rows": 40}},
        "boxes of different networks",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_has_no_mean_is_refused_with_the_reason(tmp_path, what):
    settings, why = REFUSED[what]
    with pytest.raises(SettingError) as caught:
        made(tmp_path, settings, training={"epochs": 1})
    assert why in caught.value.received
    assert "glasshouse compare RUN RUN" in caught.value.fix

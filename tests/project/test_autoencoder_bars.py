"""What autoencoders must reach on the digits, against closed forms and against each other."""

from __future__ import annotations

import json

import pytest
import torch
from sklearn.decomposition import PCA

import glasshouse as gh
from glasshouse.losses import LOSSES
from glasshouse.objectives import Denoising
from glasshouse.project.materials import gather
from glasshouse.ship import load

pytestmark = pytest.mark.slow


def experiment(model, epochs, **sections):
    training = {"epochs": epochs, **sections.pop("training", {})}
    output = {"onnx": False, "report": False}
    return gh.Experiment.read(
        {"data": {"source": "digits"}, "model": model, "training": training, "output": output, **sections}
    )


def measured(run):
    return json.loads((run.path / "evaluation.json").read_text())


@pytest.mark.parametrize("width", [2, 8, 16])
def test_a_linear_autoencoder_reaches_the_floor_of_principal_components(tmp_path, width):
    model = {"name": "autoencoder", "hidden": [], "code": width}
    run = gh.run(experiment(model, 300, training={"learning_rate": 0.01, "schedule": "cosine"}), out=tmp_path)
    record = measured(run)
    floor = record["baselines"][-1]["metrics"]["mse"]
    assert record["metrics"]["test"]["mse"] < 1.01 * floor


def test_a_linear_gaussian_variational_autoencoder_reaches_probabilistic_principal_components(tmp_path):
    model = {"name": "variational_autoencoder", "hidden": [], "code": 8, "likelihood": "gaussian"}
    training = {"learning_rate": 0.01, "schedule": "cosine", "batch_size": 64}
    wanted = experiment(model, 400, training=training)
    prepared = gather(wanted).prepared
    train, test = (each.inputs.flatten(1).numpy() for each in (prepared.train, prepared.test))
    ceiling = PCA(8).fit(train).score(test)
    bound = -measured(gh.run(wanted, out=tmp_path))["metrics"]["test"]["negative_elbo"]
    assert ceiling - 0.5 < bound < ceiling + 0.05


def test_a_variational_autoencoder_of_eight_numbers_is_surprised_by_less_than_24_3_nats(tmp_path):
    run = gh.run(experiment("variational_autoencoder", 200), out=tmp_path)
    assert measured(run)["metrics"]["test"]["negative_elbo"] < 24.3


def test_a_sparse_code_reaches_its_activity(tmp_path):
    run = gh.run(experiment("sparse_autoencoder", 200, objective={"strength": 0.1}), out=tmp_path)
    assert measured(run)["metrics"]["test"]["activity"] == pytest.approx(0.05, rel=0.05)


def test_a_denoising_autoencoder_mends_noise_that_a_plain_one_of_its_shape_lets_through(tmp_path):
    plain = {"name": "autoencoder", "hidden": [256], "code": 64}
    rows = gather(experiment("autoencoder", 1)).prepared.test.inputs
    noisy = Denoising(LOSSES.build("mse"), "gaussian", 0.25).corrupted(rows)
    left = {}
    for name, model in (("plain", plain), ("denoising", "denoising_autoencoder")):
        run = gh.run(experiment(model, 100), out=tmp_path / name)
        network = load(run.path / "bundle", backend="torch").module()
        with torch.no_grad():
            left[name] = float((network(noisy) - rows).square().mean())
    assert left["denoising"] < 0.5 * left["plain"]

"""Restricted Boltzmann machines through the whole road: run, records, report, bundle, samples, resume."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import torch

import glasshouse as gh
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.models import BaseRates, annealed_log_partition, log_partition, rbm
from glasshouse.objectives import ContrastiveDivergence, Step
from glasshouse.objectives.contrastive_divergence import mean_log_likelihood
from glasshouse.project.materials import gather
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.job import Job
from glasshouse.training.loop import train

FEW = {"epochs": 4, "learning_rate": 0.01}


def digits(model=None, objective=None, data=None, training=None, output=None):
    return gh.Experiment(
        data={"source": "digits", **(data or {})},
        model={"name": "rbm", "hidden": 6, **(model or {})},
        objective=objective or {},
        training={**FEW, **(training or {})},
        output={"onnx": False, **(output or {})},
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    output = {"onnx": True}
    return gh.run(
        digits(output=output, training={"epochs": 12, "learning_rate": 0.04}),
        out=tmp_path_factory.mktemp("rbm"),
        observers=[],
    )


def test_an_experiment_that_names_the_model_alone_is_decided(made):
    experiment = made.experiment
    assert experiment.objective.name == "contrastive_divergence"
    assert experiment.objective.loss == "free_energy"
    assert made.network.visible == "binary"
    state = json.loads((made.path / "preparation.json").read_text())["state"]
    assert (state["scaling"], state["mean"]) == ("binary", [127.5])


def test_the_objective_alone_chooses_the_model(tmp_path):
    quick = {"epochs": 1}
    made = gh.run(
        gh.Experiment(
            data="digits",
            objective="contrastive_divergence",
            training=quick,
            output={"report": False, "bundle": False},
        ),
        out=tmp_path,
        observers=[],
    )
    assert made.experiment.model.name == "rbm"


def test_the_likelihood_of_the_record_is_that_of_the_network(made):
    metrics, record = made.metrics, made.evaluation
    assert record["primary"] == "log_likelihood"
    assert record["energy"]["method"] == "exact"
    assert record["energy"]["log_partition"] == pytest.approx(log_partition(made.network))
    for each in metrics.values():
        assert each["log_likelihood"] == pytest.approx(
            -each["free_energy"] - record["energy"]["log_partition"]
        )
    low, high = record["intervals"]["metrics"]["log_likelihood"]
    assert low < metrics["test"]["log_likelihood"] < high
    baseline = record["baselines"][0]
    assert baseline["name"] == "independent numbers"
    # Every pixel by itself has about 24.6 nats on these digits; twelve epochs are enough to beat that.
    assert baseline["metrics"]["log_likelihood"] == pytest.approx(-24.8, abs=0.5)
    assert metrics["test"]["log_likelihood"] > baseline["metrics"]["log_likelihood"]
    assert "exact" in record["verdict"]
    assert "more than with every number drawn by itself" in record["verdict"]


def test_the_kept_epoch_is_the_most_probable_one(made):
    history = made.history
    best = json.loads((made.path / "training.json").read_text())
    assert best["monitor"] == "log_likelihood"
    values = history["validation_log_likelihood"].to_list()
    assert best["best_epoch"] == 1 + int(np.argmax(values))
    assert made.metrics["validation"]["log_likelihood"] == pytest.approx(max(values), abs=1e-3)


def test_the_report_shows_units_chains_and_samples(made):
    page = made.report.read_text()
    for words in ("What hidden units look for", "Chains", "New ones", "Free energy", "Log-likelihood"):
        assert words in page
    assert "unexpected form" not in page
    looked = made.evaluation["energy"]
    assert len(looked["units"]) == 6
    assert [len(each) for each in looked["dreams"]] == [5] * 6
    assert len(looked["samples"]) == 24
    for path in (*looked["units"], *looked["samples"], *looked["dreams"][0]):
        assert (made.path / path).exists()


def test_samples_are_pictures_of_black_and_white(made):
    drawn = made.sample(5, seed=1)
    again = gh.load(made.bundle).coder().sample(5, seed=1)
    assert again.shape == (5, 8, 8)
    assert set(np.unique(again)) == {0, 255}
    assert len(drawn.rows if hasattr(drawn, "rows") else drawn) == 5
    with pytest.raises(ModelError, match="ways between codes"):
        made.sample(2, steps=4)


def test_the_bundle_encodes_and_gives_back(made):
    coder = gh.load(made.bundle).coder()
    pixels = np.zeros((2, 8, 8), np.uint8)
    pixels[1, 2:6, 3:5] = 200
    codes = coder.encode(pixels)
    prepared = torch.from_numpy((pixels > 127.5).astype(np.float32))[:, None]
    with torch.no_grad():
        assert np.allclose(codes, made.network.encode(prepared).numpy(), atol=1e-6)
    assert coder.reconstruct(pixels).shape == (2, 8, 8)
    assert "inputs = (inputs > 0).astype(np.float32)" in (made.bundle / "card.md").read_text()
    assert (made.bundle / "model.onnx").exists()


@pytest.mark.parametrize("persistent", [False, True])
def test_a_run_cut_off_in_the_middle_goes_on_to_the_same_bits(tmp_path, persistent):
    experiment = digits(
        objective={"persistent": persistent},
        training={"checkpoint": {"seconds": 1e9, "steps": 11}},
        output={"report": False, "bundle": False},
    )
    whole = gh.run(experiment, out=tmp_path / "whole", observers=[])

    class Killed(BaseException):
        """Stands for SIGKILL."""

    class Kill:
        """Ends the run at a step in the middle of an epoch."""

        def started(self, plan): ...
        def epoch_ended(self, row, timing): ...
        def ended(self, reason): ...

        def stepped(self, step, rows, loss):
            if step == 100:
                raise Killed

    with pytest.raises(Killed):
        gh.run(experiment, out=tmp_path / "cut", observers=[Kill()])
    (folder,) = (tmp_path / "cut").iterdir()
    cut = gh.resume(folder, observers=[])
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, cut.network.state_dict()[name]), name
    for name in ("metrics.jsonl", "evaluation.json"):
        assert (whole.path / name).read_bytes() == (cut.path / name).read_bytes(), name


def test_more_than_twenty_units_are_annealed(tmp_path, monkeypatch):
    monkeypatch.setattr("glasshouse.models.annealed_importance_sampling.TEMPERATURES", 100)
    made = gh.run(
        digits(model={"hidden": 24}, training={"epochs": 1}, output={"bundle": False}),
        out=tmp_path,
        observers=[],
    )
    looked = made.evaluation["energy"]
    assert looked["method"] == "annealed"
    assert looked["low"] < looked["log_partition"] < looked["high"]
    assert "estimated by annealed importance sampling" in made.evaluation["verdict"]
    assert "annealed importance sampling with 128 chains" in " ".join(made.report.read_text().split())
    assert "validation_pseudo_likelihood" in made.history.columns


def test_tables_have_gaussian_units(tmp_path):
    made = gh.run(
        gh.Experiment(
            data="iris", model={"name": "rbm", "hidden": 4}, training={"epochs": 20}, output={"onnx": False}
        ),
        out=tmp_path,
        observers=[],
    )
    assert made.network.visible == "gaussian"
    record = made.evaluation
    assert record["energy"]["method"] == "exact"
    assert np.isfinite(record["metrics"]["test"]["log_likelihood"])
    assert "unexpected form" not in made.report.read_text()
    assert len(gh.load(made.bundle).coder().sample(3)) == 3


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(SettingError, match="a range test needs one loss that falls"):
        gh.run(digits(training={"learning_rate": "find"}), out=tmp_path, observers=[])
    with pytest.raises(SettingError, match="plateau"):
        gh.run(digits(training={"schedule": "plateau"}), out=tmp_path, observers=[])
    with pytest.raises(ModelError, match="binary visible units on rows from"):
        gh.run(digits(data={"prepare": {"scaling": "z-score"}}), out=tmp_path, observers=[])
    with pytest.raises(SettingError, match="'binary' for a table"):
        gh.run(
            gh.Experiment(data={"source": "iris", "prepare": {"scaling": "binary"}}, model="rbm"),
            out=tmp_path,
            observers=[],
        )


class ExactLikelihood(ContrastiveDivergence):
    """Maximum likelihood without chains: the partition function of ten hidden units, all states added up."""

    states = torch.tensor(list(itertools.product([0.0, 1.0], repeat=10)))

    def __call__(self, network, inputs, targets):
        upward = torch.nn.functional.softplus(network.visible_bias + self.states @ network.weight)
        log_z = torch.logsumexp(self.states @ network.hidden_bias + upward.sum(dim=1), dim=0)
        return Step(network.free_energy(inputs).mean() + log_z, inputs)


@pytest.fixture(scope="module")
def best():
    """The test likelihood that the exact gradient reaches, with the same steps of the same optimizer."""
    prepared = gather(digits()).prepared
    torch.manual_seed(0)
    network = rbm((1, 8, 8), hidden=10)
    job = Job(
        network=network,
        batches=InMemoryBatches(prepared.train, batch_size=16),
        objective=ExactLikelihood(),
        optimizer="adam",
        schedule="cosine",
        learning_rate=0.01,
        epochs=100,
    )
    train(job)
    return mean_log_likelihood(network, prepared.test.inputs, log_partition(network))


@pytest.mark.slow
@pytest.mark.parametrize("objective", [{}, {"persistent": True}])
def test_ten_units_on_digits_come_within_a_third_of_a_nat_of_exact_maximum_likelihood(
    tmp_path, best, objective
):
    made = gh.run(
        digits(
            model={"hidden": 10},
            objective=objective,
            training={"epochs": 100},
            output={"report": False, "bundle": False},
        ),
        out=tmp_path,
        observers=[],
    )
    assert best > -19.7  # a plain implementation of its own, with fewer steps
    assert made.metrics["test"]["log_likelihood"] > best - 0.3
    rows = torch.from_numpy(np.random.default_rng(0).integers(0, 2, (100, 64)).astype(np.float32))
    found = annealed_log_partition(made.network, BaseRates.of(rows, "binary"))
    assert abs(found.log_partition - log_partition(made.network)) < 0.2

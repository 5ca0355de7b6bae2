"""Ensembles down the whole road: members as they would be alone, their mean shipped, measured and resumed."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import load_file
from scipy.stats import spearmanr
from torch import nn

import glasshouse as gh
from glasshouse.core.errors import NonFiniteError, SettingError
from glasshouse.core.files import read_json, write_json
from glasshouse.data.parts import Part
from glasshouse.experiment.toml import read_experiment, write_experiment
from glasshouse.models import build_model
from glasshouse.project.ensemble_members import bootstrap, member_seeds
from glasshouse.project.ensemble_records import rank_correlation
from glasshouse.training.records import read_lines

TABLE = {
    "data": "iris",
    "model": {"name": "mlp", "hidden": [8]},
    "output": {"report": False, "bundle": False},
}
MEMBERS = 3


def made(tmp_path, kind="seeds", members=MEMBERS, epochs=6, observers=(), **sections):
    values = {
        **TABLE,
        "training": {"epochs": epochs, "early_stopping": {"patience": "off"}},
        "ensemble": {"members": members, "kind": kind},
        "watch": {"probes": False},
        **sections,
    }
    return gh.run(gh.Experiment(**values), out=tmp_path, observers=list(observers))


def weights(run, number):
    return load_file(run.path / "members" / f"{number:03d}.safetensors")


def apart(one, other):
    return max(float((one[key].double() - other[key].double()).abs().max()) for key in one)


def test_the_first_member_is_the_network_of_the_run_without_an_ensemble(tmp_path):
    together, single = made(tmp_path), made(tmp_path, members=1)
    assert single.record("ensemble") is None
    assert apart(weights(together, 0), dict(single.network.state_dict())) < 1e-5


def test_members_are_trained_at_once_and_differ(tmp_path):
    run = made(tmp_path)
    rows = run.record("ensemble")["members"]
    assert [row["engine"] for row in rows] == ["population"] * MEMBERS
    assert [row["seed"] for row in rows] == member_seeds(0, MEMBERS)
    assert apart(weights(run, 0), weights(run, 1)) > 0.01
    assert len(read_lines(run.path / "members" / "002.jsonl")) == 6


def test_the_epochs_of_the_run_are_the_mean_of_the_members_epochs(tmp_path):
    run = made(tmp_path)
    each = [read_lines(run.path / "members" / f"{number:03d}.jsonl") for number in range(MEMBERS)]
    for place, row in enumerate(read_lines(run.path / "metrics.jsonl")):
        losses = [lines[place]["validation"]["loss"] for lines in each]
        assert row["validation"]["loss"] == pytest.approx(np.mean(losses))
        assert row["epoch"] == place + 1


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_bundle_answers_with_the_mean_of_the_members_and_their_disagreement(tmp_path, backend):
    run = made(tmp_path, output={"report": False, "bundle": True})
    bundle = gh.load(run.bundle, backend=backend)
    prepared = torch.randn(9, 4, generator=torch.Generator().manual_seed(0)).numpy()
    networks = [build_model(TABLE["model"], (4,), 3, seed=0).eval() for _ in range(MEMBERS)]
    for number, network in enumerate(networks):
        network.load_state_dict(weights(run, number))
    with torch.no_grad():
        p = torch.stack([network(torch.from_numpy(prepared)).double().softmax(-1) for network in networks])
    outputs = bundle.backend.outputs(prepared)
    assert outputs[1] == pytest.approx(p.mean(0).numpy(), abs=1e-6)
    entropies = -(p * p.log()).sum(-1)
    wanted = -(p.mean(0) * p.mean(0).log()).sum(-1) - entropies.mean(0)
    assert outputs[2] == pytest.approx(wanted.numpy(), abs=1e-5)
    assert bundle.schema.onnx.checked is not None


def test_numbers_are_averaged_and_their_spread_is_in_the_unit_of_the_target(tmp_path):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 2))
    frame = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "price": 1000 + 500 * x[:, 0]})
    run = gh.fit(
        nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), frame, target="price", members=4,
        epochs=4, test=0.2, batch_size=16, out=tmp_path, observers=[], bundle=True,
    )  # fmt: skip
    bundle = gh.load(run.bundle, module=run.network)
    rows = frame.head(10).drop("price")
    answers, scale = bundle.predict(rows), bundle.schema.scale
    prepared = torch.from_numpy(bundle.prepare(rows))
    with torch.no_grad():
        z = torch.stack([each(prepared)[:, 0].double() for each in run.network.members])
    assert scale.spread > 100
    assert answers.values == pytest.approx((z.mean(0) * scale.spread + scale.centre).numpy(), rel=1e-6)
    assert answers.disagreement == pytest.approx((z.std(0, correction=0) * scale.spread).numpy(), rel=1e-4)
    assert answers.frame().columns == ["row", "prediction", "disagreement"]
    assert -1 <= run.record("ensemble")["disagreement"]["rank_correlation"] <= 1


def test_bagging_draws_as_many_rows_with_replacement(tmp_path):
    part = Part(torch.arange(4000.0)[:, None], torch.arange(4000), np.arange(4000))
    drawn = bootstrap(part, seed=1)
    assert len(drawn) == 4000
    assert len(np.unique(drawn.rows)) / 4000 == pytest.approx(1 - np.exp(-1), abs=0.02)
    assert not np.array_equal(drawn.rows, bootstrap(part, seed=2).rows)
    run = made(tmp_path, "bagging")
    assert apart(weights(run, 0), weights(made(tmp_path), 0)) > 1e-3


def test_snapshots_are_the_lows_of_one_run_with_restarts(tmp_path):
    run = made(tmp_path, "snapshots", epochs=7)
    schedule = {"name": "cosine", "restart": 2}
    plain = made(
        tmp_path,
        members=1,
        training={"epochs": 6, "schedule": schedule, "early_stopping": {"patience": "off"}},
    )
    newest, _ = plain.checkpoints().newest()
    assert apart(weights(run, 2), newest.state["network"]) == 0
    assert run.history.height == 6
    assert apart(weights(run, 1), weights(run, 2)) > 1e-4


class Switch:
    """Pulls the plug at the end of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def started(self, plan): ...

    def stepped(self, step, rows, loss): ...

    def epoch_ended(self, row, timing):
        if row["epoch"] == self.epoch:
            raise KeyboardInterrupt

    def ended(self, reason): ...


def test_snapshots_that_were_cut_off_go_on_to_the_same_bits(tmp_path):
    settings = {"training": {"epochs": 6, "checkpoint": {"steps": 1}}}
    whole = made(tmp_path, "snapshots", **settings)
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path / "cut", "snapshots", observers=[Switch(5)], **settings)
    (cut,) = (tmp_path / "cut").iterdir()
    resumed = gh.resume(cut, observers=[])
    for number in range(MEMBERS):
        assert apart(weights(resumed, number), weights(whole, number)) == 0


@pytest.mark.parametrize("kind", ["seeds", "bagging", "snapshots"])
def test_a_run_cut_off_after_training_is_evaluated_without_training_again(tmp_path, kind):
    run = made(tmp_path, kind)
    evaluation, before = run.evaluation, [weights(run, number) for number in range(MEMBERS)]
    stamps = [each.stat().st_mtime_ns for each in sorted((run.path / "members").iterdir())]
    (run.path / "evaluation.json").unlink()
    write_json(run.path / "status.json", {**read_json(run.path / "status.json"), "state": "running"})
    again = gh.resume(run.path, observers=[])
    assert again.evaluation["metrics"] == evaluation["metrics"]
    assert [each.stat().st_mtime_ns for each in sorted((run.path / "members").iterdir())] == stamps
    assert all(apart(weights(again, number), each) == 0 for number, each in enumerate(before))


def test_a_run_cut_off_while_its_members_train_ends_as_if_it_had_not_been(tmp_path):
    run = made(tmp_path)
    metrics, before = (run.path / "metrics.jsonl").read_bytes(), weights(run, 1)
    (run.path / "ensemble.json").unlink()
    write_json(run.path / "status.json", {**read_json(run.path / "status.json"), "state": "running"})
    again = gh.resume(run.path, observers=[])
    assert (run.path / "metrics.jsonl").read_bytes() == metrics
    assert apart(weights(again, 1), before) == 0


def test_a_run_knows_the_weights_of_the_ensemble(tmp_path):
    run = made(tmp_path)
    assert apart(run.best_weights(), dict(run.network.state_dict())) == 0


def test_members_and_ensemble_are_measured_on_the_same_rows(tmp_path):
    run = made(tmp_path)
    record = run.record("ensemble")
    assert record["part"] == "test"
    assert record["together"]["accuracy"] == run.metrics["test"]["accuracy"]
    values = [row["metrics"]["accuracy"] for row in record["members"]]
    assert record["single"]["mean"] == pytest.approx(np.mean(values))
    assert record["single"]["lowest"] == min(values)
    # By Jensen's inequality, for any members whatever.
    losses = [row["metrics"]["log_loss"] for row in record["members"]]
    assert record["together"]["log_loss"] <= np.mean(losses) + 1e-9


def test_the_report_shows_the_members_beside_the_ensemble(tmp_path):
    run = made(tmp_path, output={"report": True, "bundle": False})
    page = run.report.read_text(encoding="utf-8")
    assert "One by one and together" in page
    assert f"{MEMBERS} networks answer as one; each began with other weights" in page


def test_the_setting_can_be_changed_on_the_command_line(tmp_path):
    file = tmp_path / "experiment.toml"
    write_experiment(file, gh.Experiment(data="iris"))
    found = read_experiment(file, ["ensemble.members=20", "ensemble.kind=bagging"])
    assert (found.ensemble.members, found.ensemble.kind) == (20, "bagging")


class Fragile(nn.Linear):
    """Begins at the end of what floating-point numbers hold, at a chance."""

    chance = 0.5

    def reset_parameters(self):
        super().reset_parameters()
        if torch.rand(()) < self.chance:
            nn.init.constant_(self.weight, 1e38)


class Broken(Fragile):
    chance = 1.0


def rows_and_classes():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(80, 3)).astype(np.float32)
    return x, (x[:, 0] > 0).astype(np.int64)


def fit(model, tmp_path, **more):
    settings = {"epochs": 2, "batch_size": 16, "out": tmp_path, "observers": [], "members": 8}
    return gh.fit(model, rows_and_classes(), **{**settings, **more})


def test_a_member_whose_numbers_overflow_is_left_out_and_named(tmp_path):
    torch.manual_seed(2)
    network = Fragile(3, 2)
    nn.init.normal_(network.weight)
    run = fit(network, tmp_path)
    rows = run.record("ensemble")["members"]
    lost = [row for row in rows if row["error"]]
    assert 0 < len(lost) < len(rows)
    assert "the loss became" in lost[0]["error"]
    assert len(run.network.members) == len(rows) - len(lost)
    assert f"{len(lost)} left out" in read_json(run.path / "training.json")["ended"]


def test_an_ensemble_of_which_nothing_is_left_is_an_error(tmp_path):
    with pytest.raises(NonFiniteError, match="the loss became"):
        fit(Broken(3, 2), tmp_path)


class Bare(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3, 2))

    def forward(self, x):
        return x @ self.weight


REFUSED = {
    "a layer of one's own": (lambda path: fit(Bare(), path), "cannot draw its first weights anew"),
    "a loss of one's own": (
        lambda path: fit(nn.Linear(3, 2), path, loss=lambda out, t: out.square().mean()),
        "nobody knows what the outputs mean",
    ),
    "too few epochs": (
        lambda path: fit(nn.Linear(3, 2), path, kind="snapshots"),
        "ensemble.members = 8 snapshots of 2 epochs",
    ),
    "a sweep": (
        lambda path: gh.sweep(
            gh.Experiment(**TABLE, ensemble={"members": 2}),
            {"training.learning_rate": {"values": [0.1, 0.01]}},
            out=path,
        ),
        "ensemble.members = 2 in a sweep",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_an_ensemble_is_refused(tmp_path, what):
    attempt, text = REFUSED[what]
    with pytest.raises(SettingError) as caught:
        attempt(tmp_path)
    assert text in str(caught.value)


def test_rows_that_count_differently_keep_their_weights_when_drawn():
    part = Part(torch.arange(5.0)[:, None], torch.arange(5), np.arange(5), torch.arange(5.0))
    drawn = bootstrap(part, seed=0)
    assert drawn.weights.tolist() == drawn.rows.tolist()


def test_the_rank_correlation_is_that_of_scipy_with_ties_too():
    generator = np.random.default_rng(0)
    one, other = generator.integers(0, 9, 50).astype(float), generator.normal(size=50)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_the_run_folder_speaks_plain_json(tmp_path):
    json.loads((made(tmp_path).path / "ensemble.json").read_text(encoding="utf-8"))

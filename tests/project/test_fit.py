"""Training one's own network on data in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset, TensorDataset

import glasshouse as gh
from glasshouse.core.errors import DataError, GlasshouseError, ModelError, SettingError, UsageError

ROWS = 240


@pytest.fixture
def rows():
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(ROWS, 3)).astype(np.float32)
    return inputs, (inputs[:, 0] + 0.5 * inputs[:, 1] > 0).astype(np.int64)


def net(outputs=2):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, outputs))


def fit(model, data, tmp_path, **more):
    settings = {"epochs": 12, "batch_size": 16, "learning_rate": 0.02, "out": tmp_path, "observers": []}
    return gh.fit(model, data, **{**settings, **more})


FORMS = {
    "arrays": lambda x, y: (x, y),
    "tensors": lambda x, y: (torch.from_numpy(x), torch.from_numpy(y)),
    "lists": lambda x, y: (x.tolist(), y.tolist()),
    "float64": lambda x, y: (x.astype(np.float64), y.astype(np.int32)),
    "booleans": lambda x, y: (x, y.astype(bool)),
    "words": lambda x, y: (x, np.array(["no", "yes"])[y]),
    "data set of tensors": lambda x, y: TensorDataset(torch.from_numpy(x), torch.from_numpy(y)),
    "polars": lambda x, y: (pl.DataFrame(x, schema=["a", "b", "c"]), pl.Series(y)),
    "pandas": lambda x, y: (pd.DataFrame(x), pd.Series(y)),
}


@pytest.mark.parametrize("form", FORMS)
def test_data_of_any_form_train_the_same_network(tmp_path, rows, form):
    model = net()
    run = fit(model, FORMS[form](*rows), tmp_path)
    assert run.network is model
    assert run.metrics["validation"]["accuracy"] > 0.9
    reference = net()
    fit(reference, rows, tmp_path)
    for a, b in zip(model.parameters(), reference.parameters(), strict=True):
        assert torch.equal(a, b)


def test_numbers_are_predicted_as_they_are(tmp_path, rows):
    inputs, _ = rows
    target = 100 + 3 * inputs[:, 0]
    run = fit(nn.Linear(3, 1), (inputs, target), tmp_path, epochs=60, learning_rate=1.0, optimizer="adam")
    assert run.metrics["validation"]["r2"] > 0.99


def test_parts_of_ones_own_are_used(tmp_path, rows):
    inputs, labels = rows
    run = fit(
        net(),
        (inputs[:100], labels[:100]),
        tmp_path,
        validation=(inputs[100:150], labels[100:150]),
        test=TensorDataset(torch.from_numpy(inputs[150:]), torch.from_numpy(labels[150:])),
    )
    counts = pl.read_parquet(run.path / "predictions.parquet").group_by("part").len()
    assert dict(counts.iter_rows()) == {"train": 100, "validation": 50, "test": 90}


def test_without_a_validation_part_the_last_epoch_is_kept(tmp_path, rows):
    run = fit(net(), rows, tmp_path, validation=None)
    assert sorted(run.metrics) == ["train"]
    assert run.record("training")["best_epoch"] == 12


def test_models_by_name_and_frames_with_words_go_the_whole_road(tmp_path, rows):
    inputs, labels = rows
    frame = pd.DataFrame(
        {"size": inputs[:, 0], "colour": np.where(inputs[:, 1] > 0, "red", "blue"), "good": labels}
    )
    run = fit(
        {"name": "mlp", "hidden": [8]}, frame, tmp_path, target="good", test=0.2, bundle=True, report=True
    )
    assert run.metrics["test"]["accuracy"] > 0.8
    assert gh.load(run.bundle).predict([{"size": 3.0, "colour": "red"}]).labels[0] == "1"
    assert "colour" in run.report.read_text()


@pytest.mark.parametrize(
    ("loss", "targets", "metric"),
    [
        (nn.CrossEntropyLoss(), "classes", "accuracy"),
        (nn.MSELoss(), "numbers", "r2"),
        (nn.BCEWithLogitsLoss(), "classes", "accuracy"),
        (nn.BCEWithLogitsLoss(), "0.0 and 1.0", "accuracy"),
        ({"name": "huber", "delta": 0.5}, "numbers", "r2"),
        (lambda outputs, targets: (outputs[:, 0] - targets.float()).abs().mean(), "classes", "loss"),
    ],
    ids=[
        "CrossEntropyLoss",
        "MSELoss",
        "BCEWithLogitsLoss",
        "BCE with floats",
        "huber by table",
        "own function",
    ],
)
def test_losses_of_ones_own(tmp_path, rows, loss, targets, metric):
    inputs, labels = rows
    wanted = {"classes": labels, "numbers": inputs[:, 0], "0.0 and 1.0": labels.astype(np.float32)}[targets]
    one = isinstance(loss, (nn.BCEWithLogitsLoss, nn.MSELoss, dict))
    run = fit(net(1 if one else 2), (inputs, wanted), tmp_path, loss=loss, epochs=25, report=True)
    found = run.metrics["validation"][metric]
    assert found > 0.9 if metric != "loss" else found < 0.5


def squashed(squash, outputs):
    return nn.Sequential(*net(outputs), squash)


@pytest.mark.parametrize(
    ("network", "loss"),
    [
        (squashed(nn.Softmax(1), 2), gh.losses.CrossEntropy(from_logits=False)),
        (squashed(nn.Sigmoid(), 1), gh.losses.BinaryCrossEntropy(from_logits=False)),
        (squashed(nn.Sigmoid(), 1), nn.BCELoss()),
    ],
    ids=["softmax", "sigmoid", "BCELoss"],
)
def test_networks_that_give_probabilities(tmp_path, rows, network, loss):
    run = fit(network, rows, tmp_path, loss=loss, epochs=25, bundle=True, report=True)
    assert run.metrics["validation"]["accuracy"] > 0.9
    answers = gh.load(run.bundle, backend="onnx").predict(rows[0])
    with torch.no_grad():
        own = network.cpu().eval()(torch.from_numpy(rows[0])).numpy()
    assert np.allclose(answers.probabilities[:, 1], own[:, -1], atol=1e-6)
    assert (answers.labels.astype(int) == (own[:, -1] > 0.5)).all()


@pytest.mark.parametrize(
    ("squash", "outputs", "loss"),
    [
        (nn.Softmax(1), 2, nn.CrossEntropyLoss()),
        (nn.Softmax(1), 2, "cross_entropy"),
        (nn.Sigmoid(), 1, nn.BCEWithLogitsLoss()),
        (nn.Sigmoid(), 1, "binary_cross_entropy"),
    ],
)
def test_probabilities_are_not_squashed_twice(tmp_path, rows, squash, outputs, loss):
    with pytest.raises(ModelError, match="applies the (softmax|sigmoid) itself"):
        fit(squashed(squash, outputs), rows, tmp_path, loss=loss)


def test_regularizers_and_clipping_are_keys_like_any_other(tmp_path, rows):
    spec = ["l1", {"name": "max_norm", "limit": 0.5}, {"name": "weight_noise", "deviation": 0.01}]
    run = fit(nn.Linear(3, 2), rows, tmp_path, epochs=3, regularizers=spec, clip_norm=1.0)
    assert float(run.network.weight.detach().norm(dim=1).max()) <= 0.5 * (1 + 1e-6)
    assert 0 < run.history["penalty"][-1] < 1e-3
    assert run.experiment.training.regularizers == spec


def test_every_loss_trains_a_model_by_name(tmp_path, rows):
    inputs, labels = rows
    for name, concept in gh.losses.LOSSES.items():
        # Of actions and what came of them there is no table, and what compares rows is no single answer.
        if concept.facts["task"] in ("control", "verification"):
            continue
        classes = concept.facts["task"] == "classification"
        targets = labels if classes else 10 + inputs @ np.array([1.0, -2.0, 0.5], np.float32)
        run = fit("mlp", (inputs, targets), tmp_path / name, loss=name, epochs=25)
        assert run.metrics["validation"]["accuracy" if classes else "r2"] > 0.85, name


def test_a_loss_for_two_classes_refuses_three(tmp_path, rows):
    with pytest.raises(SettingError, match="data with 2 classes"):
        fit("mlp", (rows[0], np.arange(ROWS) % 3), tmp_path, loss="binary_cross_entropy")


class Drifting(Dataset):
    """A data set that changes its samples at random."""

    def __init__(self, inputs, labels):
        self.inputs, self.labels = inputs, labels

    def __len__(self):
        return len(self.inputs)

    def __getitem__(self, row):
        return self.inputs[row] + 0.01 * np.random.randn(3).astype(np.float32), int(self.labels[row])


def test_a_data_set_that_draws_random_numbers_resumes_exactly(tmp_path, rows):
    class Stop:
        def started(self, plan): ...
        def epoch_ended(self, row, timing): ...
        def ended(self, reason): ...

        def stepped(self, step, rows, loss):
            if step == 20:
                raise KeyboardInterrupt

    def go(folder, **more):
        settings = {"validation": None, "epochs": 4, "checkpoint": {"seconds": 1e9, "steps": 6}}
        model = net()
        return model, fit(model, Drifting(*rows), folder, **{**settings, **more})

    whole, _ = go(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "cut", observers=[Stop()])
    (folder,) = (tmp_path / "cut").iterdir()
    resumed, _ = go(tmp_path / "cut", resume=folder)
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


WRONG = [
    (lambda x, y: (x, y[:-1]), {}, DataError, "240 inputs and 239 targets"),
    (
        lambda x, y: (np.where(x == x[3, 1], np.nan, x), y),
        {},
        DataError,
        "the inputs of row 3 hold NaN or infinity",
    ),
    (
        lambda x, y: (x, np.where(np.arange(ROWS) == 5, np.inf, 1.0 * y)),
        {},
        DataError,
        "the target of row 5 is inf",
    ),
    (lambda x, y: (x, np.zeros(ROWS, int)), {}, DataError, "all 240 targets are 0"),
    (lambda x, y: (x.astype(str), y), {}, DataError, "inputs of type <U"),
    (lambda x, y: x, {}, UsageError, "data is a ndarray"),
    (lambda x, y: pl.DataFrame({"a": y}), {}, UsageError, "a frame without a target"),
    (
        lambda x, y: (x, y),
        {"batch_size": 500},
        SettingError,
        "training.batch_size = 500 with 204 training rows",
    ),
    (lambda x, y: (x, y), {"epochz": 5}, SettingError, "there is no setting 'training.epochz'"),
    (lambda x, y: (x, y), {"loss": "mse"}, SettingError, "loss 'mse' for classification"),
    (lambda x, y: (x[:, :2], y), {}, ModelError, r"the network does not take a batch of shape \(1, 2\)"),
    (lambda x, y: (x, y), {"validation": (np.zeros((2, 3)), [0, 7])}, DataError, "the target of row 1 is 7"),
    (lambda x, y: (x, y), {"validation": "some"}, UsageError, "validation is a str"),
]


@pytest.mark.parametrize(("make", "more", "error", "text"), WRONG, ids=[text for *_, text in WRONG])
def test_what_is_wrong_is_said(tmp_path, rows, make, more, error, text):
    with pytest.raises(error, match=text):
        fit(net(), make(*rows), tmp_path, **more)


def test_nothing_is_left_behind_by_wrong_data(tmp_path, rows):
    with pytest.raises(GlasshouseError):
        fit(net(), (rows[0], np.zeros(ROWS, int)), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_other_data_are_not_resumed_on(tmp_path, rows):
    inputs, labels = rows
    run = fit(net(), (inputs, labels), tmp_path)
    with pytest.raises(DataError, match="the data are not those that"):
        fit(net(), (inputs + 1, labels), tmp_path, resume=run)

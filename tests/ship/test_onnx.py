"""ONNX gives PyTorch's answers at every batch size, or there is no ONNX and a reason."""

from __future__ import annotations

import itertools
import sys
import warnings
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.errors import BundleError
from glasshouse.data.parts import OutputScale
from glasshouse.models import build_model
from glasshouse.models.initialize import sums_per_unit
from glasshouse.ship import load
from glasshouse.ship.onnx import TOLERANCE, export_onnx
from glasshouse.ship.write_bundle import write_bundle

from .conftest import lived_in

SIZES = (1, 2, 3, 7, 50, 333)


def assert_backends_agree(path, rows, spread=1.0):
    """Both backends, asked for parts of the rows of every size, are within the tolerance of each other."""
    with_torch, with_onnx = load(path, backend="torch"), load(path, backend="onnx")
    assert with_onnx.schema.onnx.reason is None
    for size in SIZES:
        one, other = with_torch.predict(rows[:size]), with_onnx.predict(rows[:size])
        for kind in ("probabilities", "scores", "values"):
            a, b = getattr(one, kind), getattr(other, kind)
            assert (a is None) == (b is None)
            if a is not None:
                assert np.abs(a - b).max() / spread <= TOLERANCE


def test_classifier_with_batch_norm_and_dropout_agrees(classifier, people):
    rows = people.frame.sample(400, with_replacement=True, seed=0)
    assert_backends_agree(classifier, rows)


def test_regression_far_from_zero_agrees_in_spreads_of_the_target(content, people, tmp_path):
    made = content({"name": "mlp", "normalization": "layer"}, "values")
    path = write_bundle(tmp_path / "bundle", made)
    rows = people.frame.sample(400, with_replacement=True, seed=0)
    assert_backends_agree(path, rows, spread=made.scale.spread)


def test_perceptron_agrees(content, people, tmp_path):
    path = write_bundle(tmp_path / "bundle", content({"name": "perceptron"}, "scores"))
    assert_backends_agree(path, people.frame)
    assert load(path).predict(people.frame).probabilities is None


def test_cnn_in_channels_last_order_agrees(pictures):
    pixels = np.random.default_rng(1).integers(0, 256, (400, 16, 16), dtype=np.uint8)
    assert_backends_agree(pictures, pixels)


@pytest.mark.parametrize("variant", ["modern", "1998"])
def test_lenet5_agrees(variant, pictures_content, tmp_path):
    spec = {"name": "lenet5", "variant": variant}
    made = pictures_content(
        spec,
        classes=tuple(f"digit {number}" for number in range(10)),
        network=build_model(spec, (1, 16, 16), 10, seed=1),
    )
    pixels = np.random.default_rng(1).integers(0, 256, (400, 16, 16), dtype=np.uint8)
    assert_backends_agree(write_bundle(tmp_path / "bundle", made), pixels)


class Every(nn.Module):
    """One hidden layer for every activation, side by side: one export proves them all."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(4, 8 * sums_per_unit(name)), ACTIVATIONS.build(name), nn.Linear(8, 1))
            for name in ACTIVATIONS
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([layer(x) for layer in self.layers], dim=1)


def test_every_activation_agrees(tmp_path):
    network = lived_in(Every()).eval()
    rows = 5 * torch.randn(50, 4)
    path = tmp_path / "model.onnx"
    export_onnx(path, network, rows, None)
    (found,) = onnxruntime.InferenceSession(path).run(None, {"input": rows.numpy()})
    difference = np.abs(found - network(rows).detach().numpy()).max(axis=0)
    assert dict(zip(ACTIVATIONS, difference <= TOLERANCE, strict=True)) == dict.fromkeys(ACTIVATIONS, True)


def test_file_names_its_input_and_outputs_and_tells_nothing_of_the_machine(classifier):
    session = onnxruntime.InferenceSession(classifier / "model.onnx")
    assert [(each.name, each.shape, each.type) for each in session.get_inputs()] == [
        ("input", ["batch", 11], "tensor(float)")
    ]
    schema = load(classifier).schema
    assert [each.name for each in session.get_outputs()] == ["logits", "probabilities"]
    assert [each.name for each in schema.outputs] == ["logits", "probabilities"]
    probabilities = session.run(["probabilities"], {"input": np.zeros((3, 11), np.float32)})[0]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    content = (classifier / "model.onnx").read_bytes()
    assert b"site-packages" not in content
    assert b".py" not in content
    assert not (classifier / "model.onnx.data").exists()
    onnx.checker.check_model(str(classifier / "model.onnx"), full_check=True)


def test_the_same_network_gives_the_same_files(classifier, content, tmp_path):
    again = write_bundle(tmp_path / "again", content(load(classifier).schema.model))
    for file in classifier.iterdir():
        assert file.read_bytes() == (again / file.name).read_bytes(), file.name


class ByValue(nn.Module):
    """Decides by the values of its input which way to go."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


class Counting(nn.Module):
    """Answers otherwise each time, by what no exporter sees."""

    def __init__(self) -> None:
        super().__init__()
        self.times = itertools.count()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + float(next(self.times))


class FixedBatch(nn.Module):
    """Works for two rows at once only."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(2, 3)


class Failing(nn.Module):
    """Fails with an error of a kind of its own."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise KeyError("weights of the moon")


REFUSED: list[tuple[type[nn.Module], str]] = [
    (ByValue, "its forward pass takes different ways for different values of its input"),
    (Counting, "answers of the exported network differ from PyTorch's"),
    (FixedBatch, "the network fails on a batch of 1: RuntimeError: shape"),
    (Failing, "KeyError: 'weights of the moon'"),
]


@pytest.mark.parametrize(("module", "reason"), REFUSED)
def test_networks_that_cannot_be_exported_are_refused_quietly_and_leave_no_file(
    module, reason, tmp_path, capfd
):
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BundleError, match=reason) as caught:
            export_onnx(path, module(), torch.ones(4, 3), None)
    assert "without numpy, .item() and fixed batch sizes" in caught.value.fix
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


def test_bundle_without_onnx_says_why_and_predicts_with_torch(content, tmp_path):
    made = content({}, network=ByValue(), model=None, preparation=None, samples=None, input_shape=(3,))
    bundle = load(write_bundle(tmp_path / "bundle", made), module=ByValue())
    assert bundle.backend.name == "torch"
    assert "takes different ways for different values" in bundle.schema.onnx.reason
    assert "There is no ONNX file: the exporter cannot follow the network" in bundle.card
    assert not (bundle.path / "model.onnx").exists()
    assert bundle.predict([[0.0, 5.0, 1.0]]).labels.tolist() == ["low"]
    with pytest.raises(BundleError, match=r"has no model\.onnx: the exporter cannot follow the network"):
        load(bundle.path, backend="onnx")


class Remembering(nn.Module):
    """Keeps its last result, as lessons often do."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.last: Any = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.last = self.layer(x)
        return self.last


def test_module_that_keeps_results_is_exported_and_keeps_its_own(tmp_path):
    network = Remembering()
    network(torch.ones(1, 3))
    kept = network.last
    export_onnx(tmp_path / "model.onnx", network, torch.ones(4, 3), "logits", None)
    assert network.last is kept
    assert network.training


def test_network_that_cannot_be_copied_is_refused(tmp_path):
    network = nn.Linear(3, 3)
    network.stream = sys.stdout  # type: ignore[assignment]
    with pytest.raises(BundleError, match="the network cannot be copied: TypeError"):
        export_onnx(tmp_path / "model.onnx", network, torch.ones(4, 3), None)


def test_answers_that_are_not_finite_are_refused(tmp_path):
    network = nn.Linear(3, 1)
    nn.init.constant_(network.weight, float("nan"))
    with pytest.raises(BundleError, match="differ from PyTorch's by inf"):
        export_onnx(tmp_path / "m.onnx", network, torch.ones(4, 3), "values", OutputScale(0.0, 1.0))

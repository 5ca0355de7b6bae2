"""A bundle is there in whole, or the one before it is; nothing else is ever replaced."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from glasshouse.core.errors import BundleError, StorageError
from glasshouse.ship import load
from glasshouse.ship import write_bundle as module
from glasshouse.ship.write_bundle import write_bundle

EVALUATION = {
    "metrics": {"train": {"accuracy": 0.9}, "test": {"accuracy": 0.8, "f1": 0.7}},
    "intervals": {"part": "test", "level": 0.95, "method": "bootstrap", "metrics": {"accuracy": [0.7, 0.9]}},
}


@pytest.fixture
def small(content):
    """The content of a bundle without a preparation, so that writing takes no time."""

    def make(seed: int = 0, **changes):
        network = nn.Linear(2, 3)
        nn.init.constant_(network.weight, float(seed))
        values = {"network": network, "model": None, "preparation": None, "samples": None}
        return content({}, **{**values, "input_shape": (2,), "seed": seed, **changes})

    return make


def everything(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def test_folders_on_the_way_are_made_and_nothing_is_left_beside(small, tmp_path):
    path = write_bundle(tmp_path / "runs" / "one" / "bundle", small(), onnx=False)
    assert [each.name for each in path.parent.iterdir()] == ["bundle"]
    assert load(path, module=nn.Linear(2, 3)).schema.onnx.reason == "it was not asked for"


def test_bundle_is_replaced_by_the_next_one(small, tmp_path):
    path = write_bundle(tmp_path / "bundle", small(1), onnx=False)
    write_bundle(path, small(2), onnx=False)
    assert load(path, module=nn.Linear(2, 3)).schema.seed == 2
    assert [each.name for each in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize("step", ["write_weights", "write_json", "write_atomic", "write_checksums", "verify"])
@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_failure_midway_leaves_the_old_bundle_whole_and_nothing_beside(
    small, tmp_path, monkeypatch, step, failure
):
    path = write_bundle(tmp_path / "bundle", small(1), onnx=False)
    before = everything(path)

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(module, step, fail)
    with pytest.raises((StorageError, KeyboardInterrupt)) as caught:
        write_bundle(path, small(2), onnx=False)
    if isinstance(failure, OSError):
        assert "the disk is full" in str(caught.value)
    assert everything(path) == before
    assert [each.name for each in tmp_path.iterdir()] == ["bundle"]


def test_failure_while_the_folders_change_names_brings_the_old_bundle_back(small, tmp_path, monkeypatch):
    path = write_bundle(tmp_path / "bundle", small(1), onnx=False)
    before = everything(path)
    real = os.replace

    def fail_for_the_new_one(source: Path, target: Path) -> None:
        if Path(source).suffix == ".tmp" and Path(source).is_dir() and Path(target) == path:
            raise OSError(errno.EIO, "Input/output error")
        real(source, target)

    monkeypatch.setattr(os, "replace", fail_for_the_new_one)
    with pytest.raises(StorageError, match="could not be written: Input/output error"):
        write_bundle(path, small(2), onnx=False)
    assert everything(path) == before
    assert [each.name for each in tmp_path.iterdir()] == ["bundle"]


def test_folder_that_is_no_bundle_is_never_replaced(small, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "holiday.png").write_bytes(b"dear to me")
    with pytest.raises(BundleError, match="photos exists and is no bundle"):
        write_bundle(folder, small(), onnx=False)
    with pytest.raises(BundleError, match="holiday.png exists and is no bundle"):
        write_bundle(folder / "holiday.png", small(), onnx=False)
    assert everything(folder) == {"holiday.png": b"dear to me"}
    empty = tmp_path / "empty"
    empty.mkdir()
    assert load(write_bundle(empty, small(), onnx=False), module=nn.Linear(2, 3))


def test_network_that_its_settings_do_not_give_back_is_refused(content, tmp_path):
    made = content({"name": "mlp", "hidden": [4], "activation": "relu"})
    wrong = content({"name": "mlp", "hidden": [4], "activation": "tanh"}, network=made.network)
    with pytest.raises(BundleError, match="gives other answers than the trained one"):
        write_bundle(tmp_path / "bundle", wrong, onnx=False)
    assert not list(tmp_path.iterdir())


class Odd(nn.Linear):
    """Keeps something in its state that is no tensor."""

    def get_extra_state(self) -> object:
        return {"words": ["a", "b"]}


def test_state_that_is_no_tensor_is_refused(small, tmp_path):
    with pytest.raises(BundleError, match="the network's state holds a dict under '_extra_state'"):
        write_bundle(tmp_path / "bundle", small(network=Odd(2, 3)), onnx=False)


def test_schema_holds_what_a_reader_without_glasshouse_needs(content, tmp_path):
    made = content(
        {"name": "mlp", "hidden": [4]}, "values", evaluation=EVALUATION, notes=("12 rows left out",)
    )
    path = write_bundle(tmp_path / "bundle", made, onnx=False)
    schema = json.loads((path / "schema.json").read_text())
    assert schema["format"] == "glasshouse-bundle-1"
    assert schema["versions"]["torch"] == torch.__version__
    assert (schema["task"], schema["target"], schema["classes"]) == ("regression", "year", [])
    assert schema["scale"] == {"centre": 1990.25, "spread": 0.5}
    assert [each["name"] for each in schema["inputs"]] == ["age", "city", "since"]
    assert sum(each["features"] for each in schema["inputs"]) == schema["input_shape"][0]
    (output,) = schema["outputs"]
    assert (output["name"], output["shape"], output["dtype"]) == ("prediction", ["batch"], "float64")
    assert schema["model"] == {"name": "mlp", "hidden": [4]}
    assert schema["onnx"] == {"reason": "it was not asked for"}
    assert schema["metrics"] == {
        "part": "test",
        "values": {"accuracy": 0.8, "f1": 0.7},
        "intervals": {"accuracy": [0.7, 0.9]},
    }
    assert schema["notes"] == ["12 rows left out"]


def test_schema_of_an_exported_network_tells_how_it_was_checked(classifier):
    note = json.loads((classifier / "schema.json").read_text())["onnx"]
    assert note["opset"] >= 18
    assert note["checked"]["batch_sizes"] == [1, 2, 7, 64]
    assert 0 <= note["checked"]["largest_difference"] <= 1e-5


def test_measures_that_are_not_finite_are_missing_in_the_schema(small, tmp_path):
    record = {
        "metrics": {"test": {"log_loss": float("inf"), "r2": None}},
        "intervals": {"part": "test", "metrics": {"log_loss": [0.1, float("nan")]}},
    }
    path = write_bundle(tmp_path / "bundle", small(evaluation=record), onnx=False)
    bundle = load(path, module=nn.Linear(2, 3))
    assert bundle.schema.metrics.values == {"log_loss": None, "r2": None}
    assert bundle.schema.metrics.intervals == {"log_loss": (0.1, None)}
    assert "| `log_loss` | – | 0.100 to – |" in bundle.card


def test_metrics_of_the_validation_part_stand_in_where_there_is_no_test_part(small, tmp_path):
    record = {"metrics": {"train": {"accuracy": 1.0}, "validation": {"accuracy": 0.5}}}
    path = write_bundle(tmp_path / "bundle", small(evaluation=record), onnx=False)
    measured = load(path, module=nn.Linear(2, 3)).schema.metrics
    assert (measured.part, measured.values, measured.intervals) == ("validation", {"accuracy": 0.5}, {})

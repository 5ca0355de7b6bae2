"""Damaged, foreign and newer bundles are refused with a message that names the file; nothing is unpickled."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import glasshouse
from glasshouse.core.errors import BundleError, SettingError, UsageError
from glasshouse.core.files import sha256
from glasshouse.ship import load
from glasshouse.ship.verify import write_checksums

FILES = (
    "weights.safetensors",
    "preprocessing.json",
    "schema.json",
    "card.md",
    "checksums.json",
    "model.onnx",
)


def change(path: Path, **values: object) -> None:
    """Change keys of a JSON file, and make the checksums fit again."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    write_checksums(path.parent)


def test_bundle_has_the_files_of_a_bundle(classifier):
    assert sorted(each.name for each in classifier.iterdir()) == sorted(FILES)
    noted = json.loads((classifier / "checksums.json").read_text())["files"]
    assert noted == {name: sha256(classifier / name) for name in FILES if name != "checksums.json"}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0.0, 0.3, 0.9])
def test_one_changed_byte_in_any_file_is_detected(copied, name, where):
    path = copied / name
    content = bytearray(path.read_bytes())
    place = int(where * len(content))
    content[place] ^= 0x11
    path.write_bytes(content)
    with pytest.raises(BundleError) as caught:
        load(copied)
    # A changed checksum shows at the file that it was the checksum of.
    assert name in str(caught.value) or name == "checksums.json"


@pytest.mark.parametrize("name", FILES)
def test_truncated_file_is_detected_and_named(copied, name):
    path = copied / name
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(BundleError, match=f"{re.escape(name)} is damaged"):
        load(copied)


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_detected_and_named(copied, name):
    (copied / name).unlink()
    with pytest.raises(BundleError, match=re.escape(name)):
        load(copied)


def test_message_about_a_damaged_file_says_what_to_do(copied):
    (copied / "card.md").write_text("much better than it is")
    with pytest.raises(BundleError) as caught:
        load(copied)
    assert str(caught.value) == (
        f"{copied}/card.md is damaged: its SHA-256 is not the one in checksums.json\n"
        "  expected: the file as Glasshouse wrote it\n"
        "  fix: copy the bundle again, or make it again from its run"
    )


def test_files_beside_those_of_a_bundle_do_no_harm(copied, people):
    (copied / ".DS_Store").write_bytes(b"x")
    (copied / "notes.txt").write_text("mine")
    assert len(load(copied).predict(people.frame)) == 240


def test_foreign_folders_are_refused(tmp_path):
    with pytest.raises(BundleError, match=r"foreign does not exist"):
        load(tmp_path / "foreign")
    with pytest.raises(BundleError, match=r"is no bundle: it has no schema\.json"):
        load(tmp_path)
    (tmp_path / "file.csv").write_text("a,b\n")
    with pytest.raises(BundleError, match=r"file\.csv is a file, and no bundle"):
        load(tmp_path / "file.csv")
    (tmp_path / "schema.json").write_text('{"format": "openapi"}')
    with pytest.raises(
        BundleError, match="is no bundle of Glasshouse: the format in schema.json is 'openapi'"
    ):
        load(tmp_path)
    (tmp_path / "schema.json").write_text("[]")
    with pytest.raises(BundleError, match="is no bundle of Glasshouse: the format in schema.json is None"):
        load(tmp_path)


def test_run_folder_is_refused_with_its_bundle_as_the_fix(classifier):
    with pytest.raises(BundleError) as caught:
        load(classifier.parent)
    assert caught.value.fix == f"did you mean {classifier}?"
    with pytest.raises(BundleError) as caught:
        load(classifier / "model.onnx")
    assert caught.value.fix == f"did you mean {classifier}?"


def test_future_format_is_refused_with_the_version_that_wrote_it(copied):
    change(copied / "schema.json", format="glasshouse-bundle-2", versions={"glasshouse": "7.1"})
    with pytest.raises(BundleError) as caught:
        load(copied)
    assert str(caught.value) == (
        f"{copied} has the format glasshouse-bundle-2, written by Glasshouse 7.1\n"
        "  expected: glasshouse-bundle-1, which this Glasshouse reads\n"
        "  fix: update Glasshouse: pip install --upgrade glasshouse"
    )


def test_additions_of_a_later_version_do_no_harm(copied, people):
    change(copied / "schema.json", colour="green")
    assert len(load(copied).predict(people.frame)) == 240


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"classes": ["high", "low"]}, "2 classes for 3 outputs"),
        ({"units": 0}, "units: Input should be greater than or equal to 1"),
        (
            {"task": "divination"},
            "task: Input should be .classification., .*.generation. or .control.",
        ),
        ({"model": {}}, "the model has neither a name nor a class"),
        ({"kind": "images"}, "its kind is 'table', but schema.json says 'images'"),
        ({"input_shape": [5]}, r"it gives rows of shape \(11,\), but schema.json says \(5,\)"),
    ],
)
def test_schema_that_contradicts_itself_is_refused(copied, changes, told):
    change(copied / "schema.json", **changes)
    with pytest.raises(BundleError, match=told):
        load(copied)


def test_schema_without_a_key_is_refused(copied):
    state = json.loads((copied / "schema.json").read_text())
    del state["meaning"]
    (copied / "schema.json").write_text(json.dumps(state))
    write_checksums(copied)
    with pytest.raises(BundleError, match="schema.json is damaged: meaning: Field required"):
        load(copied)


def test_model_that_this_version_does_not_know_is_refused(copied):
    change(copied / "schema.json", model={"name": "transformer_9000"})
    with pytest.raises(BundleError) as caught:
        load(copied, backend="torch")
    assert "cannot be built: there is no model named 'transformer_9000'" in caught.value.received
    assert caught.value.fix.startswith("update Glasshouse; the bundle was written by Glasshouse ")


def test_weights_of_another_network_are_refused(copied):
    change(copied / "schema.json", model={"name": "mlp", "hidden": [16, 9], "normalization": "batch"})
    with pytest.raises(BundleError) as caught:
        load(copied, backend="torch")
    assert "do not fit the network: linear2.weight has the shape (8, 16), not (9, 16); " in str(caught.value)
    with pytest.raises(BundleError) as caught:
        load(copied, module=torch.nn.Linear(11, 3))
    assert "do not fit the network: weight is missing; bias is missing; " in caught.value.received
    assert caught.value.fix == "give a module of the same layers and sizes"


class Bomb:
    """Goes off when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> object:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("writer", ["pickle", "torch"])
def test_pickle_in_the_place_of_weights_is_refused_and_not_opened(copied, tmp_path, writer):
    mark = tmp_path / "opened"
    if writer == "pickle":
        (copied / "weights.safetensors").write_bytes(pickle.dumps(Bomb(mark)))
    else:
        torch.save(Bomb(mark), copied / "weights.safetensors")
    write_checksums(copied)
    with pytest.raises(BundleError, match="weights.safetensors is damaged: it is no safetensors file"):
        load(copied, backend="torch")
    assert not mark.exists()
    pickle.loads(pickle.dumps(Bomb(mark)))
    assert mark.exists(), "the bomb of this test is none"


def test_pickle_in_the_place_of_onnx_is_refused_and_not_opened(copied, tmp_path):
    (copied / "model.onnx").write_bytes(pickle.dumps(Bomb(tmp_path / "opened")))
    write_checksums(copied)
    with pytest.raises(BundleError, match="model.onnx is damaged: ONNX Runtime cannot open it"):
        load(copied, backend="onnx")
    assert not (tmp_path / "opened").exists()


def test_no_line_of_the_folder_can_unpickle():
    source = Path(glasshouse.__file__).parent / "ship"
    files = sorted(source.glob("*.py"))
    assert len(files) > 10
    for file in files:
        text = file.read_text()
        assert not re.search(r"^\s*(import|from) (pickle|joblib|dill|cloudpickle|marshal)", text, re.M), file
        assert "torch.load(" not in text, file
        assert all("allow_pickle=False" in call for call in re.findall(r"np\.load\([^)]*\)", text)), file


def test_backend_that_does_not_exist_is_refused(classifier):
    with pytest.raises(SettingError, match="backend = 'onyx'") as caught:
        load(classifier, backend="onyx")
    assert caught.value.fix == "did you mean 'onnx'?"


def test_module_together_with_onnx_is_refused(classifier):
    with pytest.raises(UsageError, match="a module for backend='onnx'"):
        load(classifier, backend="onnx", module=torch.nn.Linear(11, 3))


def test_own_module_that_is_not_given_is_asked_for(content, tmp_path):
    from glasshouse.ship.write_bundle import write_bundle

    network = torch.nn.Linear(2, 3)
    made = content({}, network=network, model=None, preparation=None, samples=None, input_shape=(2,))
    path = write_bundle(tmp_path / "bundle", made, onnx=False)
    with pytest.raises(BundleError) as caught:
        load(path)
    assert str(caught.value) == (
        "the network of this bundle is a Linear, whose code is not in the bundle\n"
        "  expected: an untrained Linear to take the weights\n"
        "  fix: load(path, module=Linear(...)), or load(path, backend='onnx') if the bundle has ONNX"
    )
    assert np.isfinite(load(path, module=torch.nn.Linear(2, 3)).predict([1.0, 2.0]).probabilities).all()
    shutil.rmtree(path)

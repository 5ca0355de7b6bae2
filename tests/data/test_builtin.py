from __future__ import annotations

import hashlib
import http.server
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from glasshouse.core.errors import DataError, UnknownNameError, UsageError
from glasshouse.data.builtin import published_sets
from glasshouse.data.builtin.catalogue import BUILTIN, load_builtin
from glasshouse.data.builtin.download import fetch
from glasshouse.data.builtin.toys import toy_frame
from glasshouse.data.images.cifar import CIFAR_10
from glasshouse.data.raw import RawImages, RawTable
from glasshouse.data.settings import DataSettings

TABLES = {"iris": "iris", "wine": "wine", "breast_cancer": "breast_cancer", "diabetes": "diabetes"}
TOYS = ["moons", "circles", "blobs", "spirals", "xor"]


def settings(name: str, **changes: object) -> DataSettings:
    return DataSettings.read({"source": name, **changes})


@pytest.mark.parametrize("name", TABLES)
def test_tables_hold_the_numbers_of_scikit_learn_under_their_names(name: str) -> None:
    raw = load_builtin(name, settings(name))
    assert isinstance(raw, RawTable)
    bunch = (
        datasets.load_diabetes(scaled=False) if name == "diabetes" else getattr(datasets, f"load_{name}")()
    )
    assert raw.frame.columns == [str(each) for each in bunch.feature_names]
    np.testing.assert_array_equal(raw.frame.to_numpy(), bunch.data)
    assert raw.target is not None
    assert raw.target.task == BUILTIN[name].facts["task"]
    assert len(raw) == BUILTIN[name].facts["rows"]
    if raw.target.task == "regression":
        np.testing.assert_array_equal(raw.target.values, bunch.target)
    else:
        named = [raw.target.classes[label] for label in raw.target.values]
        assert named == [str(bunch.target_names[label]) for label in bunch.target]
    assert raw.origin == name


def test_digits_are_the_images_of_scikit_learn_spread_over_0_to_255() -> None:
    raw = load_builtin("digits", settings("digits"))
    assert isinstance(raw, RawImages)
    assert raw.pixels.shape == (1797, 1, 8, 8)
    assert (raw.pixels.min(), raw.pixels.max()) == (0, 255)
    np.testing.assert_array_equal(np.rint(raw.pixels[:, 0] * (16 / 255)), datasets.load_digits().images)
    assert raw.target is not None
    np.testing.assert_array_equal(raw.target.values, datasets.load_digits().target)


@pytest.mark.parametrize("name", TOYS)
def test_toys_are_a_thousand_points_that_never_change(name: str) -> None:
    frame = toy_frame(name)
    assert frame.shape == (1000, 3)
    assert frame.equals(toy_frame(name))
    counts = frame["class"].value_counts()["count"]
    assert counts.max() - counts.min() < 60
    raw = load_builtin(name, settings(name))
    assert isinstance(raw, RawTable)
    assert raw.frame.columns == ["x1", "x2"]


@pytest.mark.parametrize("name", TOYS)
def test_neighbours_learn_every_toy_and_a_straight_line_only_the_blobs_and_most_of_the_moons(
    name: str,
) -> None:
    frame = toy_frame(name)
    points, labels = frame.select("x1", "x2").to_numpy(), frame["class"].to_numpy()
    assert cross_val_score(KNeighborsClassifier(5), points, labels).mean() > 0.9
    line = cross_val_score(LogisticRegression(), points, labels).mean()
    assert line > 0.8 if name in ("blobs", "moons") else line < 0.7


def test_a_misspelt_name_gets_a_suggestion_and_spellings_are_understood() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'digits'"):
        load_builtin("digit", settings("digit"))
    assert len(load_builtin("Breast-Cancer", settings("x"))) == 569


def test_a_test_file_beside_a_builtin_set_is_refused() -> None:
    with pytest.raises(UsageError, match=r"data\.test = 'more\.csv' beside the built-in data 'iris'"):
        load_builtin("iris", settings("iris", test="more.csv"))


def test_settings_for_columns_and_targets_work_on_builtin_tables() -> None:
    raw = load_builtin("iris", settings("iris", target="petal width (cm)", task="regression"))
    assert raw.target is not None
    assert (raw.target.name, raw.target.task) == ("petal width (cm)", "regression")
    raw = load_builtin("iris", settings("iris", columns={"petal width (cm)": "ignore"}))
    assert isinstance(raw, RawTable)
    assert (
        any(column.ignored_because for column in raw.columns) or "petal width (cm)" not in raw.frame.columns
    )


def test_listing_the_names_imports_nothing_heavy() -> None:
    code = (
        "import glasshouse.data, sys; from glasshouse.data.builtin.catalogue import BUILTIN; list(BUILTIN);"
        "print([m for m in ('torch', 'sklearn', 'polars', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def small_mnist(write_idx_set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published set in small, known to the program by its labels; nothing cached, no network."""
    folder = write_idx_set(tmp_path / "server")
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
    published = replace(
        published_sets.PUBLISHED["mnist"],
        files=files,
        mirrors=("http://127.0.0.1:9/closed",),
        labels_checksum=published_sets._labels_checksum(folder) or "",
        class_names=("zero", "one", "two"),
    )
    monkeypatch.setitem(published_sets.PUBLISHED, "mnist", published)
    monkeypatch.setattr(published_sets, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("GLASSHOUSE_DATA", raising=False)
    return folder


@pytest.fixture
def server(small_mnist: Path) -> Iterator[str]:
    """The set, handed out over HTTP by this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given, **named):
            super().__init__(*given, directory=str(small_mnist), **named)

        def log_message(self, *given):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@pytest.mark.parametrize("place", [".", "MNIST/raw", "images/anything/deep"])
def test_idx_files_are_found_anywhere_near_the_top_of_glasshouse_data(
    small_mnist: Path, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "data"
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    if place != ".":
        (root / "images" / "other").mkdir(parents=True, exist_ok=True)
    small_mnist.rename(root / place if place != "." else root)
    monkeypatch.setenv("GLASSHOUSE_DATA", str(root))
    raw = load_builtin("mnist", settings("mnist"))
    assert raw.origin == "mnist"
    assert raw.target is not None
    assert raw.target.classes == ("zero", "one", "two")
    assert raw.given_test is not None
    assert raw.given_test.sum() == 6


def test_other_idx_files_of_the_same_names_are_not_taken_for_the_set(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_idx, write_idx_set
) -> None:
    other = write_idx_set(tmp_path / "data" / "mnist", rows=9)
    monkeypatch.setenv("GLASSHOUSE_DATA", str(other.parent))
    with pytest.raises(DataError, match="mnist is not on this machine"):
        load_builtin("mnist", settings("mnist"))


def test_without_files_and_network_the_error_says_where_it_looked_and_how_to_say_where(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError) as caught:
        load_builtin("mnist", settings("mnist"))
    assert "mnist is not on this machine" in caught.value.received
    assert "could not be downloaded: 127.0.0.1:9: ConnectionError" in caught.value.received
    assert "GLASSHOUSE_DATA (not set)" in caught.value.expected
    assert str(tmp_path / "cache" / "mnist") in caught.value.expected
    assert "export GLASSHOUSE_DATA=FOLDER" in caught.value.fix
    monkeypatch.setenv("GLASSHOUSE_DATA", str(tmp_path / "empty"))
    with pytest.raises(DataError) as caught:
        load_builtin("mnist", settings("mnist"))
    assert str(tmp_path / "empty") in caught.value.expected


def test_a_download_goes_into_the_cache_and_is_used_the_next_time(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reachable = replace(published_sets.PUBLISHED["mnist"], mirrors=("http://127.0.0.1:9/closed", server))
    monkeypatch.setitem(published_sets.PUBLISHED, "mnist", reachable)
    assert len(load_builtin("mnist", settings("mnist"))) == 18
    assert len(list((tmp_path / "cache" / "mnist").iterdir())) == 4
    closed = replace(reachable, mirrors=("http://127.0.0.1:9/closed",))
    monkeypatch.setitem(published_sets.PUBLISHED, "mnist", closed)
    assert len(load_builtin("mnist", settings("mnist"))) == 18


def test_a_download_with_a_wrong_checksum_is_refused_and_leaves_nothing(server: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="sent a file with another checksum") as caught:
        fetch("train-labels-idx1-ubyte.gz", [server], "0" * 64, tmp_path / "kept")
    assert "connect to the network, or put the file into" in caught.value.fix
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_missing_file_on_the_server_is_named(server: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.gz could not be downloaded: 127\.0\.0\.1:\d+: HTTPError"):
        fetch("absent.gz", [server], "0" * 64, tmp_path)


def test_the_cifar_archive_is_found_in_glasshouse_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    (folder / CIFAR_10.names).write_text("ape\nbee\n")
    for name in (*CIFAR_10.train, CIFAR_10.test):
        (folder / name).write_bytes(bytes([1]) + bytes(3072))
    monkeypatch.setenv("GLASSHOUSE_DATA", str(tmp_path))
    assert load_builtin("cifar-10", settings("cifar10")).origin == "cifar10"
    with tarfile.open(tmp_path / "cifar-10-binary.tar.gz", "w:gz") as pack:
        pack.add(folder, arcname=folder.name)
    for path in folder.iterdir():
        path.unlink()
    assert len(load_builtin("cifar10", settings("cifar10"))) == 6


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "mean", "spread"), [("fashion-mnist", 0.2860, 0.3530), ("mnist", 0.1307, 0.3081)]
)
def test_the_published_sets_have_the_published_statistics(real_data, name, mean, spread) -> None:
    real_data(f"images/{name}")
    raw = load_builtin(name, settings(name))
    assert isinstance(raw, RawImages)
    assert raw.pixels.shape == (70000, 1, 28, 28)
    assert raw.given_test is not None
    train = raw.pixels[~raw.given_test] / np.float32(255)
    assert len(train) == 60000
    assert train.mean() == pytest.approx(mean, abs=1e-4)
    assert train.std() == pytest.approx(spread, abs=1e-4)

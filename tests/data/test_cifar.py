from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from glasshouse.core.errors import DataError
from glasshouse.data.images.cifar import CIFAR_10, CIFAR_100, CifarLayout, cifar_layout, read_cifar
from glasshouse.data.settings import DataSettings

SETTINGS = DataSettings(source="cifar")


def records(count: int, label_bytes: int, seed: int) -> tuple[bytes, np.ndarray, np.ndarray]:
    """Records written the slow way, plane by plane and row by row."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(count) % 3
    out = bytearray()
    for image, label in zip(images, labels, strict=True):
        out += bytes([7] * (label_bytes - 1) + [int(label)])
        for plane in range(3):
            for row in range(32):
                out += image[row, :, plane].tobytes()
    return bytes(out), images, labels


def write_folder(folder: Path, layout: CifarLayout) -> tuple[np.ndarray, np.ndarray]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / layout.names).write_text("ape\nbee\ncat\n\n")
    images, labels = [], []
    for seed, name in enumerate((*layout.train, layout.test)):
        content, some, of = records(3, layout.label_bytes, seed)
        (folder / name).write_bytes(content)
        images.append(some)
        labels.append(of)
    return np.concatenate(images), np.concatenate(labels)


@pytest.mark.parametrize("layout", [CIFAR_10, CIFAR_100])
def test_pixels_labels_names_and_test_part_come_back_as_written(tmp_path: Path, layout: CifarLayout) -> None:
    images, labels = write_folder(tmp_path, layout)
    assert cifar_layout(tmp_path) is layout
    raw = read_cifar(tmp_path, layout, SETTINGS)
    np.testing.assert_array_equal(raw.pixels, images.transpose(0, 3, 1, 2))
    assert raw.target is not None
    np.testing.assert_array_equal(raw.target.values, labels)
    assert raw.target.classes == ("ape", "bee", "cat")
    assert raw.given_test is not None
    assert raw.given_test.sum() == 3


def test_the_archive_is_read_as_published_without_unpacking(tmp_path: Path) -> None:
    images, _ = write_folder(tmp_path / "cifar-10-batches-bin", CIFAR_10)
    archive = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(archive, "w:gz") as pack:
        pack.add(tmp_path / "cifar-10-batches-bin", arcname="cifar-10-batches-bin")
        stranger = tarfile.TarInfo("../../outside.bin")
        stranger.size = 3
        pack.addfile(stranger, io.BytesIO(b"abc"))
    assert cifar_layout(archive) is CIFAR_10
    before = sorted(tmp_path.rglob("*"))
    np.testing.assert_array_equal(
        read_cifar(archive, CIFAR_10, SETTINGS).pixels, images.transpose(0, 3, 1, 2)
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_a_cut_off_file_names_its_bytes_and_the_record_length(tmp_path: Path) -> None:
    write_folder(tmp_path, CIFAR_10)
    path = tmp_path / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"data_batch_2.bin holds 9,218 bytes") as caught:
        read_cifar(tmp_path, CIFAR_10, SETTINGS)
    assert "a multiple of 3,073" in caught.value.expected


def test_a_missing_training_file_is_named_and_a_missing_test_file_is_not_needed(tmp_path: Path) -> None:
    write_folder(tmp_path, CIFAR_10)
    (tmp_path / "test_batch.bin").unlink()
    assert read_cifar(tmp_path, CIFAR_10, SETTINGS).given_test is None
    (tmp_path / "data_batch_4.bin").unlink()
    with pytest.raises(DataError, match=r"holds no data_batch_4\.bin"):
        read_cifar(tmp_path, CIFAR_10, SETTINGS)


def test_a_label_without_a_name_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, CIFAR_10)
    (tmp_path / "batches.meta.txt").write_text("ape\nbee\n")
    with pytest.raises(DataError, match="there is a label 2"):
        read_cifar(tmp_path, CIFAR_10, SETTINGS)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "cifar-10-binary.tar.gz"
    archive.write_bytes(b"\x1f\x8b not really")
    with pytest.raises(DataError, match="is a damaged archive"):
        read_cifar(archive, CIFAR_10, SETTINGS)


def test_a_size_can_be_asked_for(tmp_path: Path) -> None:
    write_folder(tmp_path, CIFAR_10)
    raw = read_cifar(tmp_path, CIFAR_10, SETTINGS.replace(size=(16, 24)))
    assert raw.pixels.shape[1:] == (3, 16, 24)
    assert "scaled from 32 x 32 to 16 x 24" in raw.notes[0]

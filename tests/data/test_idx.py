from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data.images.idx import is_idx, read_idx
from glasshouse.data.images.idx_images import read_idx_images
from glasshouse.data.settings import DataSettings


@pytest.mark.parametrize("code", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("name", ["plain", "packed.gz"])
def test_every_element_type_comes_back_as_written(tmp_path: Path, code: str, name: str, write_idx) -> None:
    array = (np.arange(24).reshape(2, 3, 4) - (0 if code == "u1" else 7)).astype(code)
    read = read_idx(write_idx(tmp_path / name, array))
    assert read.dtype == array.dtype
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, array)


def test_a_known_file_byte_by_byte(tmp_path: Path) -> None:
    path = tmp_path / "two"
    path.write_bytes(bytes.fromhex("00000b02 00000002 00000001 0102 fffe"))
    np.testing.assert_array_equal(read_idx(path), [[258], [-2]])


def test_a_cut_off_file_names_the_bytes_found_and_expected(tmp_path: Path, idx_bytes) -> None:
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(np.zeros((3, 4), np.uint8))[:-5])
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert str(path) in caught.value.received
    assert "holds 19 bytes" in caught.value.received
    assert "24 bytes for the shape (3, 4)" in caught.value.expected


def test_a_file_with_bytes_too_many_is_refused(tmp_path: Path, idx_bytes) -> None:
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(np.zeros((3, 4), np.uint8)) + b"more")
    with pytest.raises(DataError, match="more than 24 bytes"):
        read_idx(path)


def test_a_header_that_lies_about_the_size_does_not_take_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(bytes([0, 0, 8, 3]) + b"\xff" * 12 + b"abc")
    with pytest.raises(DataError, match="holds 19 bytes"):
        read_idx(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG\r\n", "begins with 89 50 4e 47"),
        (b"\0\0\x07\x01abcd", "begins with 00 00 07 01"),
        (b"\0\0\x08\x03\0\0", "ends inside its header, after 6 bytes"),
    ],
)
def test_garbage_is_no_idx_file_and_says_why(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_idx(path)


def test_a_damaged_gzip_file_is_named(tmp_path: Path, idx_bytes) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros((50, 50), np.uint8)))[:-12])
    with pytest.raises(DataError, match=r"cut\.gz is a damaged gzip file"):
        read_idx(path)
    assert not is_idx(tmp_path / "absent")


def test_a_folder_of_idx_files_gives_images_with_the_test_part_marked(tmp_path: Path, write_idx_set) -> None:
    raw = read_idx_images(write_idx_set(tmp_path), DataSettings(source=str(tmp_path)))
    assert raw.pixels.shape == (18, 1, 5, 4)
    assert raw.target is not None
    assert raw.target.classes == ("0", "1", "2")
    assert raw.given_test is not None
    assert raw.given_test.tolist() == [False] * 12 + [True] * 6


def test_a_single_images_file_takes_the_labels_beside_it_and_no_test_part(
    tmp_path: Path, write_idx_set
) -> None:
    write_idx_set(tmp_path, packed=False)
    source = tmp_path / "train-images-idx3-ubyte"
    raw = read_idx_images(source, DataSettings(source=str(source)))
    assert len(raw) == 12
    assert raw.given_test is None
    with_test = DataSettings(source=str(source), test=str(tmp_path / "t10k-images-idx3-ubyte"))
    assert len(read_idx_images(source, with_test)) == 18


def test_missing_labels_are_an_error_that_names_the_file_to_add(tmp_path: Path, write_idx_set) -> None:
    write_idx_set(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="has no labels file beside it") as caught:
        read_idx_images(tmp_path, DataSettings(source=str(tmp_path)))
    assert "train-labels-idx1-ubyte" in caught.value.expected


def test_as_many_labels_as_images_are_needed(tmp_path: Path, write_idx, write_idx_set) -> None:
    write_idx_set(tmp_path)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.zeros(11, np.uint8))
    with pytest.raises(DataError, match="12 training images and 11 labels"):
        read_idx_images(tmp_path, DataSettings(source=str(tmp_path)))


def test_two_sets_in_one_folder_need_a_choice(tmp_path: Path, write_idx, write_idx_set) -> None:
    write_idx_set(tmp_path)
    write_idx(tmp_path / "letters-train-images-idx3-ubyte.gz", np.zeros((2, 5, 4), np.uint8))
    with pytest.raises(UsageError, match="several sets of IDX images"):
        read_idx_images(tmp_path, DataSettings(source=str(tmp_path)))


def test_a_test_label_that_training_lacks_is_named(tmp_path: Path, write_idx, write_idx_set) -> None:
    write_idx_set(tmp_path)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.array([0, 1, 2, 0, 1, 9], np.uint8))
    with pytest.raises(DataError, match="test part has the labels 9"):
        read_idx_images(tmp_path, DataSettings(source=str(tmp_path)))


@pytest.mark.real_data
def test_the_published_files_have_the_published_statistics(real_data) -> None:
    pixels = read_idx(real_data("images/mnist/train-images-idx3-ubyte.gz"))
    labels = read_idx(real_data("images/mnist/train-labels-idx1-ubyte.gz"))
    assert pixels.shape == (60000, 28, 28)
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert pixels.mean() / 255 == pytest.approx(0.1307, abs=5e-5)

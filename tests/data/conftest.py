"""Files made up for the tests of the data floor."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def _idx_bytes(array: np.ndarray) -> bytes:
    code = _CODES[array.dtype.str[1:]]
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, code, array.ndim]) + lengths + array.astype(array.dtype.newbyteorder(">")).tobytes()


def _write_idx(path: Path, array: np.ndarray) -> Path:
    content = _idx_bytes(array)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.fixture
def idx_bytes() -> Callable[[np.ndarray], bytes]:
    """The content of an IDX file that holds an array."""
    return _idx_bytes


@pytest.fixture
def write_idx() -> Callable[[Path, np.ndarray], Path]:
    """Write an array as an IDX file, packed if the name ends in ``.gz``."""
    return _write_idx


@pytest.fixture
def write_idx_set() -> Callable[..., Path]:
    """Write training and test images of three classes with their labels, under the published names."""
    return _write_idx_set


def _write_idx_set(
    folder: Path, rows: int = 12, tests: int = 6, classes: int = 3, packed: bool = True
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    end = ".gz" if packed else ""
    for part, count in (("train", rows), ("t10k", tests)):
        pixels = generator.integers(0, 256, (count, 5, 4), dtype=np.uint8)
        _write_idx(folder / f"{part}-images-idx3-ubyte{end}", pixels)
        _write_idx(folder / f"{part}-labels-idx1-ubyte{end}", (np.arange(count) % classes).astype(np.uint8))
    return folder

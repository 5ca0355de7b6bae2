"""The IDX format, in which MNIST and Fashion-MNIST are published: one array of any shape per file."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError

ELEMENT_TYPES: dict[int, np.dtype[np.generic]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
"""The third byte of the file says what its elements are. They are stored with the highest byte first."""

_GZIP_MAGIC = b"\x1f\x8b"
_BLOCK = 1 << 24


def is_idx(path: Path) -> bool:
    """Whether a file begins like an IDX file, packed with gzip or not."""
    try:
        with _open(path) as stream:
            head = stream.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in ELEMENT_TYPES and 1 <= head[3] <= 8


def read_idx(path: Path) -> NDArray[np.generic]:
    """Read one IDX file, packed with gzip or not.

    The file holds two zero bytes, one byte for the type of the elements, one for the number of axes, the
    length of each axis as a 32-bit number, and then the elements, the last axis running fastest.

    Args:
        path: The file. Whether it is packed is seen from its first bytes, not from its name.

    Returns:
        The array in the machine's byte order, with the shape that the file states.

    Raises:
        DataError: The file is missing, is no IDX file, or holds more or fewer bytes than its header says.

    Source: Y. LeCun, C. Cortes, C. Burges: The MNIST database of handwritten digits (1998), file formats.
    """
    try:
        with _open(path) as stream:
            dtype, shape, header = _header(stream, path)
            expected = dtype.itemsize * int(np.prod(shape, dtype=object))
            content = _at_most(stream, expected + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path} is a damaged gzip file: {error}",
            expected="a complete IDX file, packed with gzip or not",
            fix="download or copy the file again",
        ) from error
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist", fix="check the path") from error
    except OSError as error:
        raise DataError(
            f"{path} could not be read: {error.strerror or error}", fix="check the file"
        ) from error
    if len(content) != expected:
        found = (
            f"{header + len(content):,}" if len(content) < expected else f"more than {header + expected:,}"
        )
        raise DataError(
            f"{path} holds {found} bytes",
            expected=f"{header + expected:,} bytes for the shape {shape} that its header states",
            fix="the file was cut off or changed: download or copy it again",
        )
    array = np.frombuffer(content, dtype=dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP_MAGIC
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def _header(stream: BinaryIO, path: Path) -> tuple[np.dtype[np.generic], tuple[int, ...], int]:
    """Element type, shape, and how many bytes the header took."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in ELEMENT_TYPES or magic[3] == 0:
        seen = magic.hex(" ") or "nothing"
        raise DataError(
            f"{path} is no IDX file: it begins with {seen}",
            expected="00 00, then 08, 09, 0b, 0c, 0d or 0e for the element type, then the number of axes",
            fix="check that this is an images or labels file as published",
        )
    axes = magic[3]
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise DataError(
            f"{path} ends inside its header, after {4 + len(lengths)} bytes",
            expected=f"{4 + 4 * axes} bytes of header for {axes} axes",
            fix="the file was cut off: download or copy it again",
        )
    shape = tuple(int(length) for length in np.frombuffer(lengths, dtype=">u4"))
    return ELEMENT_TYPES[magic[2]], shape, 4 + 4 * axes


def _at_most(stream: BinaryIO, limit: int) -> bytearray:
    """Read in blocks: a header that lies about the size must not make us ask for that much memory."""
    content = bytearray()
    while len(content) < limit and (block := stream.read(min(_BLOCK, limit - len(content)))):
        content += block
    return content

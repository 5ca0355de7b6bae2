"""The binary version of CIFAR-10 and CIFAR-100: fixed-length records of labels and 32 x 32 colour pixels."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from glasshouse.core.errors import DataError
from glasshouse.data.images.arrays import Labelled, images_from_arrays
from glasshouse.data.raw import RawImages
from glasshouse.data.settings import DataSettings

SIDE = 32
PIXEL_BYTES = 3 * SIDE * SIDE


@dataclass(frozen=True, slots=True)
class CifarLayout:
    """Which files make up one of the two sets, and where in a record its label stands.

    Args:
        train: Names of the training files.
        test: Name of the test file.
        names: The text file with one class name per line.
        label_bytes: How many label bytes stand before the pixels; the last of them is the class.
    """

    train: tuple[str, ...]
    test: str
    names: str
    label_bytes: int


CIFAR_10 = CifarLayout(
    tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin", "batches.meta.txt", 1
)
CIFAR_100 = CifarLayout(("train.bin",), "test.bin", "fine_label_names.txt", 2)


def cifar_layout(source: Path) -> CifarLayout | None:
    """Which CIFAR set a folder or packed archive holds, by its file names; ``None`` for neither."""
    if source.is_dir():
        names = {path.name for path in source.iterdir()}
        return next(
            (each for each in (CIFAR_10, CIFAR_100) if each.train[0] in names and each.names in names), None
        )
    if source.name.endswith((".tar.gz", ".tgz", ".tar")):
        return {"cifar-10": CIFAR_10, "cifar-100": CIFAR_100}.get(source.name.split("-binary")[0])
    return None


def read_cifar(source: Path, layout: CifarLayout, settings: DataSettings, *, origin: str = "") -> RawImages:
    """Read CIFAR-10 or CIFAR-100 from a folder or from the archive as published.

    A record holds the label (for CIFAR-100 the coarse one and then the fine one, which is taken), then 1024
    bytes of red, 1024 of green and 1024 of blue, each row by row.

    Args:
        source: The folder, or the ``.tar.gz`` file, which is read without unpacking it to the disk.
        layout: :data:`CIFAR_10` or :data:`CIFAR_100`.
        settings: ``size`` is used.
        origin: What to call the data; default: the path.

    Raises:
        DataError: A file is missing or cut off; file and bytes are named.

    Source: A. Krizhevsky: Learning multiple layers of features from tiny images (2009).
    """
    wanted = (*layout.train, layout.test, layout.names)
    content = _from_folder(source, wanted) if source.is_dir() else _from_archive(source, wanted)
    for name in wanted:
        if name not in content and name != layout.test:
            raise DataError(
                f"{source} holds no {name}",
                expected=f"the files {', '.join(wanted)}",
                fix="unpack or download the binary version of the set again",
            )
    class_names = [line.strip() for line in content[layout.names].decode("utf-8", "replace").splitlines()]
    train = [_records(content[name], f"{source}/{name}", layout.label_bytes) for name in layout.train]
    test = content.get(layout.test)
    return images_from_arrays(
        (np.concatenate([part[0] for part in train]), np.concatenate([part[1] for part in train])),
        _records(test, f"{source}/{layout.test}", layout.label_bytes) if test is not None else None,
        settings,
        origin=origin or str(source),
        class_names=[name for name in class_names if name],
    )


def _records(content: bytes, origin: str, label_bytes: int) -> Labelled:
    length = label_bytes + PIXEL_BYTES
    if not content or len(content) % length:
        raise DataError(
            f"{origin} holds {len(content):,} bytes",
            expected=f"a multiple of {length:,}, the length of one record",
            fix="the file was cut off or is another one: download or copy it again",
        )
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, length)
    pixels = records[:, label_bytes:].reshape(-1, 3, SIDE, SIDE)
    return pixels, records[:, label_bytes - 1].astype(np.int64)


def _from_folder(folder: Path, wanted: tuple[str, ...]) -> Mapping[str, bytes]:
    return {name: (folder / name).read_bytes() for name in wanted if (folder / name).is_file()}


def _from_archive(archive: Path, wanted: tuple[str, ...]) -> Mapping[str, bytes]:
    """The wanted members, read into memory: nothing in the archive can choose where it is written."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive) as pack:
            for member in pack:
                name = Path(member.name).name
                if name in wanted and member.isfile() and (stream := pack.extractfile(member)) is not None:
                    found[name] = stream.read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(
            f"{archive} is a damaged archive: {error}",
            expected="the archive as published",
            fix="download or copy it again",
        ) from error
    return found

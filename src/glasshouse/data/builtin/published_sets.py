"""Image sets too large to ship: found on this machine, or downloaded once with their checksums."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from glasshouse.core.errors import AbsentDataError, DataError
from glasshouse.data.builtin.data_folder import DEEPEST, data_root, folders
from glasshouse.data.builtin.download import cache_folder, fetch
from glasshouse.data.images.cifar import CIFAR_10, CIFAR_100, CifarLayout, cifar_layout, read_cifar
from glasshouse.data.images.idx_images import read_idx_images
from glasshouse.data.raw import RawImages
from glasshouse.data.settings import DataSettings

_TRAIN_LABELS = "train-labels-idx1-ubyte"


@dataclass(frozen=True, slots=True)
class PublishedSet:
    """One published set.

    Args:
        name: Its built-in name.
        files: File names with their SHA-256 checksums.
        mirrors: Addresses of folders that hold the files.
        labels_checksum: SHA-256 of the unpacked training labels, by which IDX files of equal names are told
            apart; empty for other formats.
        class_names: Names of the labels 0, 1, ...; empty where the files hold them.
        layout: For CIFAR, its files and records.
    """

    name: str
    files: dict[str, str]
    mirrors: tuple[str, ...]
    labels_checksum: str = ""
    class_names: tuple[str, ...] = ()
    layout: CifarLayout | None = None


PUBLISHED = {
    "fashion-mnist": PublishedSet(
        "fashion-mnist",
        {
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
        (
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        ),
        labels_checksum="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
    "mnist": PublishedSet(
        "mnist",
        {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
        (
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            "https://ossci-datasets.s3.amazonaws.com/mnist",
        ),
        labels_checksum="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        class_names=tuple(str(digit) for digit in range(10)),
    ),
    "cifar10": PublishedSet(
        "cifar10",
        {
            "cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        },
        ("https://www.cs.toronto.edu/~kriz",),
        layout=CIFAR_10,
    ),
    "cifar100": PublishedSet(
        "cifar100",
        {
            "cifar-100-binary.tar.gz": "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        },
        ("https://www.cs.toronto.edu/~kriz",),
        layout=CIFAR_100,
    ),
}


def read_published(name: str, settings: DataSettings) -> RawImages:
    """Read a published set from ``$GLASSHOUSE_DATA``, from the cache, or from the network, in that order.

    Args:
        name: A key of :data:`PUBLISHED`.
        settings: ``size`` is used.

    Raises:
        AbsentDataError: The files are not on this machine and cannot be downloaded. The message says where
            they were looked for.
    """
    published = PUBLISHED[name]
    found = find_published(published)
    place = found if found is not None else _download(published)
    if published.layout is not None:
        return read_cifar(place, published.layout, settings, origin=name)
    return read_idx_images(place, settings, origin=name, class_names=published.class_names)


def find_published(published: PublishedSet) -> Path | None:
    """The folder or archive of a set on this machine: near the top of ``$GLASSHOUSE_DATA``, or cached."""
    for root in (data_root(), cache_folder() / published.name):
        if root is None or not root.is_dir():
            continue
        for folder in folders(root):
            if published.layout is not None:
                archive = folder / next(iter(published.files))
                if cifar_layout(folder) is published.layout:
                    return folder
                if archive.is_file():
                    return archive
            elif _labels_checksum(folder) == published.labels_checksum:
                return folder
    return None


def _labels_checksum(folder: Path) -> str | None:
    """What identifies an IDX set: names of files are the same for all of them, the labels are not."""
    for name, opened in ((_TRAIN_LABELS, open), (_TRAIN_LABELS + ".gz", gzip.open)):
        path = folder / name
        if path.is_file():
            try:
                with opened(path, "rb") as stream:
                    return hashlib.sha256(stream.read()).hexdigest()
            except (OSError, EOFError, zlib.error):
                return None  # a damaged copy is not what we look for; there may be a sound one elsewhere
    return None


def _download(published: PublishedSet) -> Path:
    folder = cache_folder() / published.name
    try:
        for name, checksum in published.files.items():
            path = fetch(name, published.mirrors, checksum, folder)
    except DataError as error:
        root = data_root()
        where = f"GLASSHOUSE_DATA ({root}), {DEEPEST} folders deep" if root else "GLASSHOUSE_DATA (not set)"
        first, *others = published.files
        more = f" and {len(others)} more files" if others else ""
        raise AbsentDataError(
            f"{published.name} is not on this machine, and {error.received}",
            expected=f"{first}{more} as published, in {where}, or in {folder}",
            fix="connect to the network, or put the files into a folder and say which: "
            "export GLASSHOUSE_DATA=FOLDER",
        ) from error
    return folder if published.layout is None else path

"""Image sets published as IDX files: an images file and a labels file for each part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data.images.arrays import Labelled, channels_first, images_from_arrays
from glasshouse.data.images.idx import is_idx, read_idx
from glasshouse.data.raw import RawImages
from glasshouse.data.settings import DataSettings

_TEST_NAME = re.compile(r"(^|[-_.])(t10k|test)", re.IGNORECASE)
_IMAGES_NAME = re.compile(r"images?(?=[-._])", re.IGNORECASE)


def idx_image_files(folder: Path) -> list[Path]:
    """The IDX images files of a folder, by name and by content, in order of their names."""
    named = (path for path in folder.iterdir() if path.is_file() and "ubyte" in path.name.lower())
    return sorted(path for path in named if _IMAGES_NAME.search(path.name) and is_idx(path))


def read_idx_images(
    source: Path, settings: DataSettings, *, origin: str = "", class_names: Sequence[str] = ()
) -> RawImages:
    """Read a folder of IDX files, or one images file with the labels file beside it.

    In a folder, the file whose name says ``t10k`` or ``test`` becomes the test part, unless ``settings.test``
    names another. The labels file is the one whose name says ``labels`` where the other says ``images``.

    Args:
        source: The folder or the images file.
        settings: ``size`` and ``test`` are used.
        origin: What to call the data; default: the path.
        class_names: Names of the labels 0, 1, ...; default: the numbers.

    Raises:
        DataError: A file is missing, damaged, or holds no images.
        UsageError: The folder holds several sets, so that it is not clear which one is meant.
    """
    train_file, test_file = (source, None) if source.is_file() else _parts(source)
    if settings.test is not None:
        given = Path(settings.test)
        if given.is_dir():
            files = idx_image_files(given)
            test_file = next(
                (path for path in files if _TEST_NAME.search(path.name)), files[0] if files else None
            )
        else:
            test_file = given
        if test_file is None or not test_file.exists():
            raise DataError(
                f"{settings.test} is no IDX images file and holds none",
                expected="a test file of the same form as the source",
                fix="give the images file, such as t10k-images-idx3-ubyte.gz",
            )
    return images_from_arrays(
        _read_labelled(train_file),
        _read_labelled(test_file) if test_file is not None else None,
        settings,
        origin=origin or str(source),
        class_names=class_names,
    )


def read_idx_pixels(path: Path) -> NDArray[np.uint8]:
    """The images of one IDX file without labels, shape (images, channels, height, width)."""
    return channels_first(read_idx(path), str(path))


def labels_file(images_file: Path) -> Path:
    """The labels file that belongs to an images file, packed or not.

    Raises:
        DataError: It is not there.
    """
    name = _IMAGES_NAME.sub("labels", images_file.name).replace("idx3", "idx1").replace("idx4", "idx1")
    plain = name.removesuffix(".gz")
    if plain != images_file.name.removesuffix(".gz"):
        for candidate in (
            images_file.with_name(name),
            *(images_file.with_name(plain + end) for end in ("", ".gz")),
        ):
            if candidate.exists():
                return candidate
    raise DataError(
        f"{images_file} has no labels file beside it",
        expected=f"{plain} or {plain}.gz in the same folder, for images named like train-images-idx3-ubyte",
        fix="put the labels file there under the published name",
    )


def _parts(folder: Path) -> tuple[Path, Path | None]:
    files = idx_image_files(folder)
    train = [path for path in files if not _TEST_NAME.search(path.name)]
    test = [path for path in files if _TEST_NAME.search(path.name)]
    train, test = _unpacked_once(train), _unpacked_once(test)
    if not train:
        raise DataError(
            f"{folder} holds no IDX images file to train on",
            expected="train-images-idx3-ubyte or train-images-idx3-ubyte.gz",
            fix="put the training files there, or give the path of the images file",
        )
    if len(train) > 1 or len(test) > 1:
        names = ", ".join(path.name for path in (train if len(train) > 1 else test))
        raise UsageError(
            f"{folder} holds several sets of IDX images: {names}",
            expected="one set per folder",
            fix=f"name the images file: {train[0]}",
        )
    return train[0], test[0] if test else None


def _unpacked_once(files: list[Path]) -> list[Path]:
    """Without the packed copy of a file that is there unpacked too."""
    names = {path.name for path in files}
    return [path for path in files if not (path.suffix == ".gz" and path.stem in names)]


def _read_labelled(images_file: Path) -> Labelled:
    pixels = read_idx_pixels(images_file)
    path = labels_file(images_file)
    labels = read_idx(path)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"{path} holds {labels.dtype} values of shape {labels.shape}",
            expected="one whole number per image",
            fix="check that this is the labels file",
        )
    return pixels, labels.astype(np.int64)

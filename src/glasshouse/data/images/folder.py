"""A folder of pictures with one folder per class, in any mix of sizes and modes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.images.file import Broken, Look, default_size, in_parallel, load_pixels, look
from glasshouse.data.images.tree import ImageTree, image_tree, loose_tree
from glasshouse.data.raw import RawImages, Target
from glasshouse.data.settings import DataSettings
from glasshouse.data.splits.subsample import drawn, subsample


@dataclass(frozen=True, slots=True)
class _Found:
    """One image file: where it is, what to call it, its class, and whether it belongs to the test part."""

    path: Path
    name: str
    label: int
    test: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """What came of reading many files: pixels, names and heads of those that could be read, and the rest."""

    pixels: NDArray[np.uint8]
    files: list[_Found]
    looks: list[Look]
    broken: list[tuple[_Found, Broken]]


def read_image_folder(folder: Path, settings: DataSettings) -> RawImages:
    """Read a folder that holds one folder of images per class.

    Folders called train and test (with the classes inside) are told apart; the second becomes the test part.
    Images are turned upright, put on white where they are transparent, and made grey if every one of them is
    grey, else RGB. Their size is ``settings.size``, else what
    :func:`~glasshouse.data.images.file.default_size` says.

    Args:
        folder: The folder.
        settings: ``size``, ``test``, ``broken_images`` and ``most_rows`` are used.

    For reconstructions and pictures from pictures no classes are needed: images may lie in the folder
    itself.

    Returns:
        The images in order of class and file name, training files before test files. Broken files are left
        out and listed in ``broken``.

    Raises:
        DataError: No images, fewer than two classes, a class without images, a class that only the test part
            has, or (with ``broken_images="fail"``) a file that cannot be read.
    """
    given_test = Path(settings.test) if settings.test is not None else None
    without_classes = settings.task in ("reconstruction", "image_to_image")
    loose = loose_tree(folder, given_test) if without_classes else None
    tree = loose or image_tree(folder, given_test)
    classes = ("",) if loose else _classes(tree, folder)
    found, notes = _listed(tree, classes, settings.most_rows)
    reading = _read(found, settings, folder)
    broken = tuple((each.name, problem.reason) for each, problem in reading.broken)
    _every_class_has_some(reading.files, classes, folder, broken)
    labels = np.array([each.label for each in reading.files], dtype=np.int64)
    in_test = np.array([each.test for each in reading.files])
    sizes = np.array([(seen.height, seen.width) for seen in reading.looks], dtype=np.int64)
    raw = RawImages(
        pixels=reading.pixels,
        target=None if loose else Target("class", "classification", labels, classes),
        origin=str(folder),
        files=tuple(each.name for each in reading.files),
        original_sizes=sizes if (sizes != np.array(reading.pixels.shape[2:])).any() else None,
        original_modes=dict(Counter(seen.mode for seen in reading.looks).most_common()),
        broken=broken,
        given_test=in_test if tree.test else None,
    )
    return replace(raw, notes=(*notes, *_notes(raw)))


def _listed(
    tree: ImageTree, classes: Sequence[str], most_rows: int | None
) -> tuple[list[_Found], tuple[str, ...]]:
    """All files to read, or a stratified draw of them."""
    labels_of = {name: label for label, name in enumerate(classes)}
    found = [
        _Found(path, os.path.relpath(path, root), labels_of[name], test)
        for root, part, test in ((tree.root, tree.train, False), (tree.test_root, tree.test, True))
        for name, paths in part.items()
        for path in paths
    ]
    if most_rows is None or most_rows >= len(found):
        return found, tree.notes
    # before the pixels are read: a small draw from a large folder shall not cost the whole of it
    labels = np.array([each.label for each in found])
    kept = subsample(labels, np.array([each.test for each in found]), most_rows)
    return [found[row] for row in kept], (*tree.notes, drawn(len(kept), len(found)))


def _read(found: Sequence[_Found], settings: DataSettings, folder: Path) -> _Reading:
    """Open every file twice: first its head, to settle colour and size for all, then its pixels."""
    looks = in_parallel(look, [each.path for each in found])
    readable = [seen for seen in looks if isinstance(seen, Look)]
    unreadable = [seen.reason for seen in looks if isinstance(seen, Broken)]
    if not readable:
        raise DataError(
            f"{folder}: none of {len(found)} image files can be read; {found[0].name}: {unreadable[0]}",
            expected="images in a format that Pillow knows, such as PNG or JPEG",
            fix="check that the files are images and complete",
        )
    channels = 1 if all(seen.grey for seen in readable) else 3
    sizes = np.array([(seen.height, seen.width) for seen in readable], dtype=np.int64)
    size = settings.size or default_size(sizes)

    def load(pair: tuple[_Found, Look | Broken]) -> NDArray[np.uint8] | Broken:
        each, seen = pair
        return seen if isinstance(seen, Broken) else load_pixels(each.path, channels, size)

    results = in_parallel(load, list(zip(found, looks, strict=True)))
    broken = [
        (each, result) for each, result in zip(found, results, strict=True) if isinstance(result, Broken)
    ]
    if broken and settings.broken_images == "fail":
        more = f" (and {len(broken) - 1} more files)" if len(broken) > 1 else ""
        raise DataError(
            f"{broken[0][0].path} cannot be read: {broken[0][1].reason}{more}",
            expected="every image to be readable, because data.broken_images is 'fail'",
            fix="repair or remove the file, or set data.broken_images = 'skip'",
        )
    good = [
        (each, seen, result)
        for each, seen, result in zip(found, looks, results, strict=True)
        if isinstance(seen, Look) and not isinstance(result, Broken)
    ]
    pixels = np.empty((len(good), channels, *size), dtype=np.uint8)
    for row, (_, _, result) in enumerate(good):
        pixels[row] = result
    return _Reading(pixels, [each for each, _, _ in good], [seen for _, seen, _ in good], broken)


def broken_note(broken: Sequence[tuple[str, str]], total: int) -> str:
    """One sentence that counts the broken files and names the first."""
    shown = "; ".join(f"{name}: {reason}" for name, reason in broken[:3])
    more = f"; and {len(broken) - 3} more" if len(broken) > 3 else ""
    return f"{len(broken)} of {total} image files could not be read and were skipped ({shown}{more})"


def _classes(tree: ImageTree, folder: Path) -> tuple[str, ...]:
    """Class names in order, with the faults that a tree of folders can have."""
    for root, part in ((folder, tree.train), (tree.test_root, tree.test)):
        empty = sorted(name for name, paths in part.items() if not paths)
        if empty:
            raise DataError(
                f"{root}: the folder {empty[0]!r} holds no images",
                expected="at least one image in every class folder",
                fix=f"add images to {empty[0]!r}, or remove the folder if it is no class",
            )
    classes = tuple(tree.train)
    if len(classes) < 2:
        raise DataError(
            f"{folder} holds one class only: {classes[0]!r}",
            expected="two or more folders, one per class, with images in each",
            fix="add a folder with images of another class",
        )
    strange = [name for name in tree.test if name not in tree.train]
    if strange:
        raise DataError(
            f"{tree.test_root}: the test part has the class {strange[0]!r}, which the training part lacks",
            expected=f"only classes of the training part: {', '.join(classes[:20])}",
            fix="rename the folder, or add training images of that class",
        )
    return classes


def _every_class_has_some(
    kept: Iterable[_Found], classes: Sequence[str], folder: Path, broken: Sequence[tuple[str, str]]
) -> None:
    present = {each.label for each in kept if not each.test}
    for label, name in enumerate(classes):
        if label not in present:
            raise DataError(
                f"{folder}: no image of the class {name!r} can be read; {broken[0][0]}: {broken[0][1]}",
                expected="at least one readable image in every class folder",
                fix=f"repair the files in {name!r}, or remove the folder",
            )


def _notes(raw: RawImages) -> list[str]:
    notes = []
    size = raw.pixels.shape[2:]
    if raw.broken:
        notes.append(broken_note(raw.broken, len(raw.broken) + len(raw)))
    if raw.original_sizes is not None:
        smallest, largest = raw.original_sizes.min(axis=0), raw.original_sizes.max(axis=0)
        notes.append(
            f"the images are {smallest[0]} to {largest[0]} pixels high and {smallest[1]} to {largest[1]} "
            f"wide; each was scaled to cover {size[0]} x {size[1]} and cut around its centre"
        )
    if len(raw.original_modes) > 1:
        modes = ", ".join(f"{mode} ({count})" for mode, count in raw.original_modes.items())
        notes.append(f"modes differ: {modes}; all were made {'grey' if raw.pixels.shape[1] == 1 else 'RGB'}")
    return notes

"""Which image files of a folder belong to which class and part, before any of them is opened."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from glasshouse.core.errors import DataError
from glasshouse.data.images.file import is_image_name

TRAIN_NAMES = ("train", "training")
TEST_NAMES = ("test", "testing")
VALIDATION_NAMES = ("val", "valid", "validation", "dev")
_NO_CLASSES = frozenset({"__MACOSX", "__pycache__", "$RECYCLE.BIN", "System Volume Information"})


@dataclass(frozen=True, slots=True)
class ImageTree:
    """Image files by class, for each part.

    Args:
        root, test_root: Folders that the file names in messages and reports are relative to.
        train: Paths per class name, both in order of their names.
        test: The same for the test part; empty where there is none.
        notes: What was decided and what was left aside, as sentences.
    """

    root: Path
    train: dict[str, list[Path]]
    test_root: Path
    test: dict[str, list[Path]]
    notes: tuple[str, ...]


def image_tree(folder: Path, given_test: Path | None = None) -> ImageTree:
    """Find the classes and parts of a folder of images.

    Understood are ``folder/CLASS/...``, ``folder/train/CLASS/...`` with ``folder/test/CLASS/...``, and either
    of them one level deeper, as archives often unpack. Hidden files and folders are left aside.

    Args:
        folder: The folder.
        given_test: A test folder that the user names; it wins over one inside ``folder``.

    Raises:
        DataError: The folder holds no class folders, or the test folder is missing or has none.
    """
    root, notes = _unwrapped(folder)
    parts = {path.name.lower(): path for path in _folders(root)}
    train_folder = next((parts[name] for name in TRAIN_NAMES if name in parts), None)
    if train_folder is None or not _folders(train_folder):
        train, stray = _classes_of(root)
        test: dict[str, list[Path]] = {}
        test_root = root
    else:
        train, stray = _classes_of(train_folder)
        test_root, test, part_notes, more_stray = _other_parts(root, parts, train)
        notes += part_notes
        stray += more_stray
    if given_test is not None:
        if not given_test.is_dir():
            raise DataError(
                f"{given_test} is no folder",
                expected="a test folder of the same form as the source: one folder per class",
                fix="give the folder that holds the class folders of the test images",
            )
        test_root = _unwrapped(given_test)[0]
        test, more_stray = _classes_of(test_root)
        stray += more_stray
    if stray:
        notes.append(
            f"{stray} file{'s' if stray > 1 else ''} beside the images left aside: no image, or in no class"
        )
    return ImageTree(root, train, test_root, test, tuple(notes))


def loose_tree(folder: Path, given_test: Path | None = None) -> ImageTree | None:
    """The images of a folder that need no classes: they lie in it loosely, or in one folder inside it.

    Args:
        folder: The folder.
        given_test: A test folder that the user names.

    Returns:
        One nameless class, or ``None`` where there are folders of two classes or more.
    """
    if not folder.is_dir() or len([each for each in _folders(folder) if holds_images(each)]) > 1:
        return None
    train, stray = images_below(folder)
    test, more_stray = images_below(given_test) if given_test is not None else ([], 0)
    stray += more_stray
    notes = [f"{stray} file{'s' if stray > 1 else ''} beside the images left aside"] if stray else []
    return ImageTree(folder, {"": train}, given_test or folder, {"": test} if test else {}, tuple(notes))


def holds_images(folder: Path, deepest: int = 4) -> bool:
    """Whether an image file lies in the folder or in a folder of it, up to some depth."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if deepest > 0 and holds_images(path, deepest - 1):
                return True
        elif is_image_name(path):
            return True
    return False


def images_below(folder: Path) -> tuple[list[Path], int]:
    """All image files below a folder, in order of their paths, and how many other files there are."""
    images: list[Path] = []
    others = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in sorted(files):
            if name.startswith("."):
                continue
            if is_image_name(Path(name)):
                images.append(Path(place) / name)
            else:
                others += 1
    return images, others


def _classes_of(root: Path) -> tuple[dict[str, list[Path]], int]:
    """Images per class folder, and how many files were left aside."""
    folders = _folders(root)
    loose = [path for path in root.iterdir() if path.is_file() and not path.name.startswith(".")]
    if not folders:
        count = sum(is_image_name(path) for path in loose)
        raise DataError(
            f"{root} holds no folders" + (f", only {count} images" if count else ""),
            expected="one folder per class with the images of that class inside",
            fix="sort the images into folders named after their classes",
        )
    classes, stray = {}, len(loose)
    for folder in folders:
        classes[folder.name], others = images_below(folder)
        stray += others
    return classes, stray


def _other_parts(
    root: Path, parts: dict[str, Path], train: dict[str, list[Path]]
) -> tuple[Path, dict[str, list[Path]], list[str], int]:
    """What stands beside ``train``: a test part, a validation part, or both."""
    notes = []
    named = {}
    for part, names in (("test", TEST_NAMES), ("validation", VALIDATION_NAMES)):
        folder = next((parts[name] for name in names if name in parts), None)
        if folder is not None and not _folders(folder):
            # competitions hand out test images without their classes
            notes.append(f"{folder.name!r} has no class folders and was left aside")
        elif folder is not None:
            named[part] = folder
    if "test" not in named:
        if "validation" not in named:
            return root, {}, notes, 0
        test, stray = _classes_of(named["validation"])
        notes.append(f"there is no test folder: {named['validation'].name!r} is the test part")
        return root, test, notes, stray
    test, stray = _classes_of(named["test"])
    notes.append(f"{named['test'].name!r} is the test part")
    if "validation" in named:
        extra, more_stray = _classes_of(named["validation"])
        stray += more_stray
        for name, paths in extra.items():
            train.setdefault(name, []).extend(paths)
        name = named["validation"].name
        notes.append(f"{name!r} joins the images from which training and validation are drawn")
    return root, test, notes, stray


def _unwrapped(folder: Path) -> tuple[Path, list[str]]:
    """The folder itself, or the only folder in it when that holds the class folders."""
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder", fix="check the path")
    inner = _folders(folder)
    if len(inner) == 1 and len(_folders(inner[0])) > 1:
        return inner[0], [f"the classes were found in {inner[0].name!r}"]
    return folder, []


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _is_hidden(path.name))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in _NO_CLASSES

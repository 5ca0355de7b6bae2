"""Which recordings of a folder belong to which class and part, before any of them is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from glasshouse.core.errors import DataError
from glasshouse.data.images.tree import TEST_NAMES, TRAIN_NAMES

Find = Callable[[Path], list[Path]]
"""The recordings in the folder of a class, in order."""


@dataclass(frozen=True)
class Recording:
    """One recording of a class.

    Args:
        path: The file, or the folder of its frames.
        label: Index of its class.
        test: Whether it came as part of a test part.
    """

    path: Path
    label: int
    test: bool


@dataclass(frozen=True)
class ClassFolders:
    """All recordings of a folder.

    Args:
        recordings: Class by class.
        classes: Names of the classes, in the order of their indices.
    """

    recordings: tuple[Recording, ...]
    classes: tuple[str, ...]

    @property
    def labels(self) -> list[int]:
        """The class of each recording."""
        return [each.label for each in self.recordings]


def class_folders(folder: Path, find: Find, thing: str, given_test: Path | None = None) -> ClassFolders:
    """Find the classes and parts of a folder of recordings.

    Understood are ``folder/CLASS/...`` and ``folder/train/CLASS/...`` with ``folder/test/CLASS/...``.

    Args:
        folder: The folder.
        find: What looks for recordings in the folder of a class.
        thing: What recordings are called, in the plural.
        given_test: A test folder that the user names; it wins over one inside ``folder``.

    Raises:
        DataError: There are fewer than two classes, a class has no recording, or the test part has a class
            that training lacks.

    Example:
        >>> root = getfixture("tmp_path")
        >>> for name in ("dog/a.wav", "cat/b.wav"):
        ...     (root / name).parent.mkdir()
        ...     (root / name).touch()
        >>> found = class_folders(root, lambda inner: sorted(inner.glob("*.wav")), "sounds")
        >>> found.classes, found.labels
        (('cat', 'dog'), [0, 1])
    """
    inner = {path.name.lower(): path for path in folders(folder)}
    train = next((inner[name] for name in TRAIN_NAMES if name in inner and folders(inner[name])), folder)
    test = given_test
    if test is None and train is not folder:
        test = next((inner[name] for name in TEST_NAMES if name in inner), None)
    classes = tuple(path.name for path in folders(train))
    if len(classes) < 2:
        raise DataError(
            f"{train} holds {len(classes)} folder{'s' if len(classes) != 1 else ''} of {thing}",
            expected=f"two or more folders, one per class, with {thing} in each",
            fix=f"sort the {thing} into folders named after their classes",
        )
    found = _recordings(train, classes, find, thing, test=False)
    if test is not None:
        found += _recordings(test, classes, find, thing, test=True)
    return ClassFolders(tuple(found), classes)


def folders(folder: Path) -> list[Path]:
    """The folders in a folder, in order, without hidden ones."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _recordings(root: Path, classes: tuple[str, ...], find: Find, thing: str, test: bool) -> list[Recording]:
    recordings = []
    for inner in folders(root):
        if inner.name not in classes:
            raise DataError(
                f"{root}: the test part has the class {inner.name!r}, which the training part lacks",
                expected=f"only classes of the training part: {', '.join(classes[:20])}",
                fix=f"rename the folder, or add training {thing} of that class",
            )
        paths = find(inner)
        if not paths:
            raise DataError(
                f"{root}: the folder {inner.name!r} holds no {thing}",
                expected=f"{thing} in every class folder",
                fix=f"add {thing} to {inner.name!r}, or remove the folder if it is no class",
            )
        recordings += [Recording(path, classes.index(inner.name), test) for path in paths]
    return recordings

"""A folder of inputs and a folder of targets: masks, pictures or boxes, each with the name of its input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glasshouse.core.errors import DataError
from glasshouse.data.images.boxes import cut, in_slots, read_boxes
from glasshouse.data.images.file import Broken, Look, default_size, in_parallel, load_pixels, look
from glasshouse.data.images.folder import broken_note
from glasshouse.data.images.masks import classes_of, read_mask
from glasshouse.data.images.tree import TEST_NAMES, TRAIN_NAMES, images_below
from glasshouse.data.raw import RawImages, Target
from glasshouse.data.settings import DataSettings

INPUTS, TARGETS = "inputs", "targets"
CLASSES = "classes.txt"
FORM = "inputs/NAME.png with targets/NAME.png (boxes: targets/NAME.txt)"


@dataclass(frozen=True)
class _Pair:
    """One input and its target, and whether they belong to the test part."""

    name: str
    input: Path
    target: Path
    test: bool


def holds_pairs(folder: Path) -> bool:
    """Whether a folder holds inputs and targets, itself or in its folder of training data."""
    return _root(folder) is not None


def read_pairs(folder: Path, settings: DataSettings) -> RawImages:
    """Read a folder with ``inputs`` and ``targets``, in which a pair has one name but for the ending.

    The two may stand in ``train`` and ``test`` folders; the second is the test part then, as is
    ``data.test``. Names of classes may stand in ``classes.txt`` beside ``inputs``, a line each, in the order
    of their numbers. Inputs and targets are scaled and cut alike. Targets of ``image_to_image`` may be larger
    than their inputs, all by one whole factor.

    Args:
        folder: The folder.
        settings: ``task``, ``size``, ``test`` and ``broken_images`` are used.

    Raises:
        DataError: A pair is not whole, sizes do not fit, or a file cannot be read or is no mask.
    """
    root = _root(folder)
    if root is None:
        raise DataError(f"{folder} holds no pairs", expected=FORM, fix="make the two folders")
    if settings.task not in ("segmentation", "image_to_image", "detection"):
        raise DataError(
            f"{folder} holds {INPUTS} and {TARGETS}, and data.task = {settings.task!r}",
            expected="what targets are: classes of pixels, pictures, or boxes",
            fix="set data.task to segmentation, image_to_image or detection",
        )
    pairs = _listed(root, settings, test=False)
    beside = Path(settings.test) if settings.test is not None else _beside(folder)
    if beside is not None:
        test_root = _root(beside)
        if test_root is None:
            raise DataError(f"{beside} holds no pairs", expected=FORM, fix="make the two folders")
        pairs += _listed(test_root, settings, test=True)
    looks = in_parallel(look, [each.input for each in pairs])
    good = [(each, seen) for each, seen in zip(pairs, looks, strict=True) if isinstance(seen, Look)]
    broken = [
        (each.name, seen.reason) for each, seen in zip(pairs, looks, strict=True) if isinstance(seen, Broken)
    ]
    if not good or (broken and settings.broken_images == "fail"):
        raise DataError(
            f"{broken[0][0]} in {folder} cannot be read: {broken[0][1]}",
            expected="pictures that Pillow can read",
            fix="repair or remove the pair",
        )
    sizes = np.array([(seen.height, seen.width) for _, seen in good], dtype=np.int64)
    size = settings.size or default_size(sizes)
    channels = 1 if all(seen.grey for _, seen in good) else 3
    kept = [each for each, _ in good]
    target = _target(kept, sizes, size, settings.task, _named(root))
    notes: tuple[str, ...] = (broken_note(broken, len(pairs)),) if broken else ()
    if (sizes != np.array(size)).any():
        notes += (f"pictures and targets were scaled to cover {size[0]} x {size[1]}, cut around the centre",)
    return RawImages(
        pixels=np.stack([_pixels(each.input, channels, size) for each in kept]),
        target=target,
        origin=str(folder),
        files=tuple(each.name for each in kept),
        original_sizes=sizes if (sizes != np.array(size)).any() else None,
        broken=tuple(broken),
        given_test=np.array([each.test for each in kept]) if beside is not None else None,
        notes=notes,
    )


def _root(folder: Path) -> Path | None:
    """Where the two folders stand: in the folder itself, or in its folder of training data."""
    places = [folder, *(folder / name for name in TRAIN_NAMES)]
    return next((each for each in places if (each / INPUTS).is_dir() and (each / TARGETS).is_dir()), None)


def _beside(folder: Path) -> Path | None:
    """The test part, where inputs and targets stand in a folder of training data."""
    if (folder / INPUTS).is_dir():
        return None
    return next((folder / name for name in TEST_NAMES if (folder / name / INPUTS).is_dir()), None)


def _listed(root: Path, settings: DataSettings, test: bool) -> list[_Pair]:
    """All pairs, in the order of their names."""
    inputs, _ = images_below(root / INPUTS)
    if settings.task == "detection":
        found = sorted((root / TARGETS).rglob("*.txt"))
        found = [each for each in found if each.name != CLASSES]
    else:
        found, _ = images_below(root / TARGETS)
    ones = {str(each.relative_to(root / INPUTS).with_suffix("")): each for each in inputs}
    others = {str(each.relative_to(root / TARGETS).with_suffix("")): each for each in found}
    if not ones:
        raise DataError(f"{root / INPUTS} holds no pictures", expected=FORM, fix="put them there")
    for name in ones.keys() ^ others.keys():
        has, lacks = (INPUTS, TARGETS) if name in ones else (TARGETS, INPUTS)
        raise DataError(
            f"{root}: {name!r} is in {has} and not in {lacks}",
            expected=f"a pair for every name: {FORM}",
            fix="add the missing file, or remove the other",
        )
    return [_Pair(str(ones[name].relative_to(root)), ones[name], others[name], test) for name in sorted(ones)]


def _named(root: Path) -> tuple[str, ...]:
    """The names of the classes, where a file gives them."""
    for place in (root / CLASSES, root / TARGETS / CLASSES, root.parent / CLASSES):
        if place.is_file():
            lines = place.read_text(encoding="utf-8").splitlines()
            return tuple(line.strip() for line in lines if line.strip())
    return ()


def _target(
    pairs: list[_Pair], sizes: NDArray[np.int64], size: tuple[int, int], task: str, named: tuple[str, ...]
) -> Target:
    if task == "detection":
        return _boxes(pairs, sizes, size, named)
    looks = in_parallel(look, [each.target for each in pairs])
    for each, seen in zip(pairs, looks, strict=True):
        if isinstance(seen, Broken):
            raise DataError(
                f"{each.target} cannot be read: {seen.reason}",
                expected="a target for every input",
                fix="repair the file, or remove the pair",
            )
    heads = [seen for seen in looks if isinstance(seen, Look)]
    factor = _factor(pairs, sizes, heads, most=1 if task == "segmentation" else None)
    size = (size[0] * factor, size[1] * factor)
    if task == "segmentation":
        with Image.open(pairs[0].target) as first:
            coloured = first.mode not in ("1", "L", "LA", "P", "PA", "I", "I;16")
        masks = in_parallel(lambda each: read_mask(each.target, size), pairs)
        names = [each.target for each in pairs]
        values, classes = classes_of(masks, names, pairs[0].target.parent, coloured, named)
        return Target("the class of each pixel", "segmentation", values, classes)
    channels = 1 if all(seen.grey for seen in heads) else 3
    pixels = np.stack([_pixels(each.target, channels, size) for each in pairs])
    return Target("the picture", "image_to_image", pixels)


def _boxes(
    pairs: list[_Pair], sizes: NDArray[np.int64], size: tuple[int, int], named: tuple[str, ...]
) -> Target:
    objects = [read_boxes(each.target) for each in pairs]
    highest = max((int(each[:, 0].max()) for each in objects if len(each)), default=-1)
    if highest < 0 or (named and highest >= len(named)):
        raise DataError(
            f"{pairs[0].target.parent}: the highest class is {highest}, of {len(named)} names",
            expected="objects, and classes from 0 that classes.txt names" if named else "at least one object",
            fix="correct the files, or classes.txt",
        )
    originals = [(int(high), int(wide)) for high, wide in sizes]
    moved = [cut(each, was, size) for each, was in zip(objects, originals, strict=True)]
    classes = named or tuple(str(each) for each in range(highest + 1))
    return Target("objects and their boxes", "detection", in_slots(moved), classes)


def _factor(pairs: list[_Pair], sizes: NDArray[np.int64], heads: list[Look], most: int | None) -> int:
    """How many times larger targets are than inputs."""
    first = max(1, heads[0].height // max(1, int(sizes[0][0])))
    factor = first if most is None else most
    for pair, (height, width), seen in zip(pairs, sizes, heads, strict=True):
        if (seen.height, seen.width) != (factor * height, factor * width):
            raise DataError(
                f"{pair.target} has {seen.height} x {seen.width} pixels, its input {height} x {width}",
                expected="the size of the input"
                + ("" if most == 1 else ", or sides that are one whole number of times as long in all pairs"),
                fix="bring the two to one size",
            )
    return factor


def _pixels(path: Path, channels: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    result = load_pixels(path, channels, size)
    if isinstance(result, Broken):
        raise DataError(
            f"{path} cannot be read: {result.reason}",
            expected="a whole picture",
            fix="repair the file, or remove the pair",
        )
    return result

"""Masks: pictures whose pixels are classes, written as numbers or as colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from glasshouse.core.errors import DataError

MOST_CLASSES = 64
"""More different values than this are no classes but a picture."""
Values = NDArray[np.uint32]


def read_mask(path: Path, size: tuple[int, int] | None = None) -> Values:
    """The value of every pixel: its level or palette number, or its colour as 65536 r + 256 g + b.

    Args:
        path: An image file. Transparency is left aside.
        size: Height and width to which it is brought as pictures are, without mixing neighbours.

    Raises:
        DataError: Its numbers are no whole ones from 0.
    """
    with Image.open(path) as opened:
        image: Image.Image = opened
        if image.mode in ("LA", "PA"):
            image = image.getchannel(0)
        elif image.mode not in ("1", "L", "P", "I", "I;16", "RGB"):
            image = image.convert("RGB")
        if size is not None and image.size != size[::-1]:
            image = ImageOps.fit(image, size[::-1], Image.Resampling.NEAREST)
        array = np.asarray(image)
    if array.ndim == 3:
        red, green, blue = (array[..., place].astype(np.uint32) for place in range(3))
        return 65536 * red + 256 * green + blue
    if array.min() < 0:
        raise DataError(
            f"{path}: a mask with the value {array.min()}",
            expected="classes as whole numbers from 0, or as colours",
            fix="save the mask as an 8-bit PNG",
        )
    return array.astype(np.uint32)


def classes_of(
    masks: Sequence[Values], names: Sequence[Path], folder: Path, coloured: bool, named: Sequence[str]
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Masks as class indices, and what the classes are called.

    Classes stand in the order of their values: the smallest number is class 0. Without names they are called
    by their values, colours as ``#rrggbb``.

    Args:
        masks: Of one size each.
        names: Their files, for messages.
        folder: Where they lie, for messages.
        coloured: Whether values are colours.
        named: Names of the classes in the order of their values; empty where nobody gave any.

    Returns:
        uint8 of shape (masks, height, width), and the names.

    Raises:
        DataError: There are more values than classes can be, only one, or more than names.

    Example:
        >>> mask = np.array([[0, 255]], np.uint32)
        >>> indices, classes = classes_of([mask], [Path("a.png")], Path("masks"), False, ["ground", "cell"])
        >>> indices.tolist(), classes
        ([[[0, 1]]], ('ground', 'cell'))
    """
    known: set[int] = set()
    for mask, name in zip(masks, names, strict=True):
        known |= set(np.unique(mask).tolist())
        if len(known) > MOST_CLASSES:
            raise DataError(
                f"{folder}: masks with more than {MOST_CLASSES} different values, by {name}",
                expected=f"one value per class, at most {MOST_CLASSES}: numbers from 0, or one colour each",
                fix="save masks as PNG (JPEG mixes colours at edges); if these are pictures and no masks, "
                "set data.task = 'image_to_image'",
            )
    values = sorted(known)
    if len(values) < 2:
        raise DataError(
            f"{folder}: every pixel of every mask has the value {_called(values[0], coloured)}",
            expected="two classes or more",
            fix="check the masks",
        )
    numbered = not coloured and values[-1] < max(len(named), 1)
    if numbered:  # a class that no mask shows still has its number
        values = list(range(len(named)))
    if named and len(named) != len(values):
        raise DataError(
            f"{folder}: {len(values)} different values in the masks and {len(named)} names of classes",
            expected="a name for each value, in the order of the values: "
            + ", ".join(_called(each, coloured) for each in values[:10]),
            fix="correct classes.txt, or remove it",
        )
    order = np.array(values, dtype=np.uint32)
    indices = np.stack([np.searchsorted(order, mask) for mask in masks]).astype(np.uint8)
    return indices, tuple(named) or tuple(_called(each, coloured) for each in values)


def _called(value: int, coloured: bool) -> str:
    return f"#{value:06x}" if coloured else str(value)

"""Labelled image arrays, as IDX and CIFAR files hold them, made into raw images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glasshouse.core.errors import DataError
from glasshouse.data.images.file import default_size, to_pixels
from glasshouse.data.raw import RawImages, Target
from glasshouse.data.settings import DataSettings

Labelled = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Pixels of shape (images, channels, height, width) and the label of each image."""


def images_from_arrays(
    train: Labelled,
    test: Labelled | None,
    settings: DataSettings,
    *,
    origin: str,
    class_names: Sequence[str] = (),
    target_name: str = "class",
) -> RawImages:
    """Make raw images of labelled arrays, the test part marked where there is one.

    Args:
        train: Pixels and labels to learn from.
        test: Pixels and labels that come as the test part, or ``None``.
        settings: Only ``size`` is used.
        origin: Where the arrays come from.
        class_names: Name of label 0, 1, ...; without them, the labels that occur are the classes.
        target_name: What the labels say.

    Raises:
        DataError: Pixels and labels are not equally many, a label has no name, or the test part has labels or
            sizes of its own.
    """
    parts = [train] if test is None else [train, test]
    for (pixels, labels), part in zip(parts, ("training", "test"), strict=False):
        if len(pixels) != len(labels):
            raise DataError(
                f"{origin}: {len(pixels):,} {part} images and {len(labels):,} labels",
                expected="one label per image",
                fix="check that the images file and the labels file belong together",
            )
        if pixels.shape[1:] != train[0].shape[1:]:
            raise DataError(
                f"{origin}: the test images have shape {pixels.shape[1:]}",
                expected=f"{train[0].shape[1:]} (channels, height, width), as the training images have",
                fix="use the test file that belongs to the training file",
            )
    labels = np.concatenate([part[1] for part in parts])
    values, classes = _classes(train[1], labels, class_names, origin)
    pixels = np.concatenate([part[0] for part in parts]) if test is not None else train[0]
    given_test = None if test is None else np.arange(len(labels)) >= len(train[1])
    original = np.array(pixels.shape[2:], dtype=np.int64)
    size = settings.size or default_size(original[np.newaxis])
    resized = resize(pixels, size)
    changed = resized is not pixels
    note = f"every image was scaled from {original[0]} x {original[1]} to {size[0]} x {size[1]} pixels"
    return RawImages(
        pixels=np.ascontiguousarray(resized),
        target=Target(target_name, "classification", values, classes),
        origin=origin,
        original_sizes=np.tile(original, (len(pixels), 1)) if changed else None,
        original_modes={"L" if pixels.shape[1] == 1 else "RGB": len(pixels)},
        given_test=given_test,
        notes=(note,) if changed else (),
    )


def _classes(
    known: NDArray[np.int64], labels: NDArray[np.int64], class_names: Sequence[str], origin: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Class indices and names; a label of the test part that training lacks is an error."""
    if class_names:
        wrong = labels[(labels < 0) | (labels >= len(class_names))]
        if len(wrong):
            raise DataError(
                f"{origin}: there is a label {wrong[0]}",
                expected=f"0 to {len(class_names) - 1}, for the classes {', '.join(class_names)}",
                fix="the labels file is damaged or another one: download or copy it again",
            )
        return labels, tuple(class_names)
    found = np.unique(known)
    strange = np.setdiff1d(labels, found)
    if len(strange):
        raise DataError(
            f"{origin}: the test part has the labels {', '.join(map(str, strange[:5]))}",
            expected=f"only labels that the training part has: {', '.join(map(str, found[:20]))}",
            fix="use the test file that belongs to the training file",
        )
    return np.searchsorted(found, labels).astype(np.int64), tuple(str(label) for label in found)


def resize(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Bring all images to one size: scaled until it is covered, then cut around the centre.

    Args:
        pixels: uint8, shape (images, 1 or 3 channels, height, width).
        size: Height and width.

    Returns:
        The same array where it has that size already, else uint8 of shape (images, channels, *size).
    """
    if pixels.shape[2:] == size:
        return pixels
    channels = pixels.shape[1]
    resized = np.empty((len(pixels), channels, *size), dtype=np.uint8)
    for row, each in enumerate(pixels):
        picture = each[0] if channels == 1 else np.ascontiguousarray(each.transpose(1, 2, 0))
        resized[row] = to_pixels(Image.fromarray(picture), channels, size)
    return resized


def channels_first(array: NDArray[np.generic], origin: str) -> NDArray[np.uint8]:
    """An array of images in any usual layout, as (images, channels, height, width).

    Args:
        array: Whole numbers 0 to 255 of shape (images, height, width), (images, height, width, channels) or
            (images, channels, height, width), with 1 or 3 channels.
        origin: The file, for messages.

    Raises:
        DataError: The shape or the values are not those of images.
    """
    if array.ndim == 3:
        array = array[:, np.newaxis]
    elif array.ndim == 4 and array.shape[3] in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    elif array.ndim != 4 or array.shape[1] not in (1, 3):
        raise DataError(
            f"{origin} holds an array of shape {array.shape}",
            expected="(images, height, width), with 1 or 3 channels as a further axis if any",
            fix="give the images file, not the labels file",
        )
    if min(array.shape) == 0:
        raise DataError(f"{origin} holds no images: its shape is {array.shape}", fix="check the file")
    if array.dtype != np.uint8:
        whole = np.issubdtype(array.dtype, np.integer)
        if not whole or array.min() < 0 or array.max() > 255:
            raise DataError(
                f"{origin} holds {array.dtype} values from {array.min():g} to {array.max():g}",
                expected="whole numbers from 0 (black) to 255 (white)",
                fix="multiply pixels from 0 to 1 by 255, round them and store them as 8-bit numbers",
            )
    return np.ascontiguousarray(array, dtype=np.uint8)

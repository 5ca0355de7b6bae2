"""Pictures in and out, as levels from 0 to 255."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from glasshouse.core.errors import DataError, UsageError
from glasshouse.core.files import write_atomic

LARGEST = 512
"""Pixels of the longer side beyond which a picture is made smaller, where nothing else is asked for."""


class Picture:
    """A picture that came of looking into a network.

    Args:
        pixels: Levels from 0 to 255, (height, width) or, in colour, (height, width, 3).
    """

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = pixels

    @property
    def image(self) -> Image.Image:
        """The picture, for Pillow."""
        return Image.fromarray(self.pixels)

    def save(self, path: Path | str) -> Path:
        """Write the picture as a PNG file.

        Raises:
            UsageError: The name has another ending.
            StorageError: It cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".png":
            raise UsageError(
                f"{path.name!r} for a picture", expected="a name that ends in .png", fix="rename it"
            )
        stream = io.BytesIO()
        self.image.save(stream, format="PNG")
        write_atomic(path, stream.getvalue())
        return path


def read_pixels(image: Any, channels: int, size: int | None) -> NDArray[np.uint8]:
    """Levels of a picture, in the colour that a network takes.

    Args:
        image: A file, a Pillow image, or an array of levels (height, width[, 1 or 3]).
        channels: 1 for grey, 3 for colour.
        size: Its longer side in pixels; ``None`` for as it is, 512 at the most.

    Raises:
        DataError: It cannot be read, or is no picture.
    """
    if isinstance(image, (str, Path)):
        try:
            with Image.open(image) as opened:
                picture = ImageOps.exif_transpose(opened)
                picture.load()
        except (OSError, UnidentifiedImageError) as error:
            raise DataError(
                f"{image} cannot be read as a picture: {error}",
                expected="a PNG, JPEG or other picture file",
                fix="check the path and the file",
            ) from error
    elif isinstance(image, Image.Image):
        picture = image
    else:
        picture = _from_array(np.asarray(image))
    picture = picture.convert("L" if channels == 1 else "RGB")
    longer = max(picture.size)
    due = min(longer, LARGEST) if size is None else size
    if due != longer:
        sides = [max(1, round(side * due / longer)) for side in picture.size]
        picture = picture.resize((sides[0], sides[1]), Image.Resampling.BICUBIC)
    return np.asarray(picture, dtype=np.uint8)


def _from_array(levels: NDArray[Any]) -> Image.Image:
    shape = levels.shape
    flat = levels[:, :, 0] if levels.ndim == 3 and shape[2] == 1 else levels
    if levels.dtype != np.uint8 or flat.ndim not in (2, 3) or (flat.ndim == 3 and shape[2] != 3):
        raise DataError(
            f"a picture of shape {shape} and type {levels.dtype}",
            expected="levels from 0 to 255 (uint8) of shape (height, width) or (height, width, 3)",
            fix="convert it, or hand the path of a picture file",
        )
    return Image.fromarray(np.ascontiguousarray(flat))

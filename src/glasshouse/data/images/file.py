"""One image file, or one Pillow image, made into pixels of a wanted size and colour."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

Item = TypeVar("Item")
Result = TypeVar("Result")

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
)
"""Endings by which image files are told from other files."""

LARGEST_UNASKED = 128
"""Images of one size keep it up to this many pixels a side."""

USUAL_SIDE = 64
"""The longer side of images that are made smaller unasked."""

_GREY_MODES = frozenset({"1", "L", "LA", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
_TURNED = frozenset({5, 6, 7, 8})  # EXIF orientations that swap height and width
_EXIF_ORIENTATION = 0x0112
_TRIED = 16
_WORTH_A_THREAD = 0.002  # seconds per image


@dataclass(frozen=True, slots=True)
class Look:
    """What the head of an image file tells: its size as a viewer shows it, its Pillow mode, if it is grey."""

    height: int
    width: int
    mode: str
    grey: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """Why an image could not be read."""

    reason: str


def is_image_name(path: Path) -> bool:
    """Whether a file's ending is that of an image."""
    return path.suffix.lower() in SUFFIXES


def look(path: Path) -> Look | Broken:
    """Read size and mode of an image file without unpacking its pixels."""
    try:
        with Image.open(path) as image:
            turned = _orientation(image) in _TURNED
            width, height = image.size[::-1] if turned else image.size
            return Look(height, width, image.mode, _is_grey(image))
    except Exception as error:  # a decoder may stumble over a damaged file with any exception at all
        return Broken(_reason(error))


def load_pixels(path: Path, channels: int, size: tuple[int, int]) -> NDArray[np.uint8] | Broken:
    """Read an image file.

    Args:
        path: The file. Of an animation, the first picture is taken.
        channels: 1 for grey, 3 for red, green and blue.
        size: Height and width to which :func:`to_pixels` brings it.

    Returns:
        uint8 of shape (channels, height, width), or why the file cannot be read.
    """
    try:
        with Image.open(path) as image:
            if image.format == "JPEG" and image.mode in ("L", "RGB"):
                # JPEG can be unpacked at a half, quarter or eighth for a fraction of the time;
                # twice the wanted size leaves the final filter enough to work on
                image.draft(image.mode, (2 * size[1], 2 * size[0]))
            return to_pixels(image, channels, size)
    except Exception as error:  # a decoder may stumble over a damaged file with any exception at all
        return Broken(_reason(error))


def in_parallel(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Results in the order of the items, on several threads where that pays.

    Pillow unpacks pixels outside Python's lock, so large images gain from threads; small ones are mostly
    Python's own work, and threads would only wait for one another. The first few items tell which it is.
    """
    start = time.perf_counter()
    results = [function(item) for item in items[:_TRIED]]
    rest = items[_TRIED:]
    if not rest or time.perf_counter() - start < _TRIED * _WORTH_A_THREAD:
        return results + [function(item) for item in rest]
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        return results + list(pool.map(function, rest))


def to_pixels(image: Image.Image, channels: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Bring one Pillow image of any mode and size to the wanted colour and size.

    The picture is turned upright as its EXIF entry says, put on white where it is transparent, scaled until
    it covers the wanted size, and cut around its centre, so that nothing is stretched.

    Args:
        image: Any Pillow image. 16-bit images are scaled by 255 / 65535; of floats, 0 to 1 or 0 to 255 is
            understood.
        channels: 1 for grey, 3 for red, green and blue.
        size: Height and width.

    Returns:
        uint8, shape (channels, height, width).

    Raises:
        ValueError: A picture of 32-bit numbers holds values that no such range explains.
    """
    if image.getexif().get(_EXIF_ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    plain = _eight_bit(image, "L" if channels == 1 else "RGB")
    height, width = size
    if plain.size != (width, height):
        plain = ImageOps.fit(plain, (width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(plain, dtype=np.uint8)
    return pixels[np.newaxis] if channels == 1 else pixels.transpose(2, 0, 1)


def default_size(sizes: NDArray[np.int64]) -> tuple[int, int]:
    """The size for images when none is asked for.

    Images of one size keep it up to 128 pixels a side; larger ones shrink to 64 at the longer side. Images of
    different sizes become squares of their median shorter side, 64 at the most.

    Args:
        sizes: Height and width of each image, shape (images, 2).

    Example:
        >>> default_size(np.array([[480, 640], [480, 640]]))
        (48, 64)
    """
    if (sizes == sizes[0]).all():
        height, width = (int(side) for side in sizes[0])
        longest = max(height, width)
        if longest <= LARGEST_UNASKED:
            return height, width
        return max(1, round(height * USUAL_SIDE / longest)), max(1, round(width * USUAL_SIDE / longest))
    side = min(USUAL_SIDE, math.ceil(float(np.median(sizes.min(axis=1)))))
    return side, side


def _orientation(image: Image.Image) -> int:
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # the entry may still follow the pixels, but Pillow would unpack all of them to see
    return int(image.getexif().get(_EXIF_ORIENTATION, 1))


def _is_grey(image: Image.Image) -> bool:
    if image.mode != "P":
        return image.mode in _GREY_MODES
    palette = np.frombuffer(bytes(image.getpalette() or b""), dtype=np.uint8).reshape(-1, 3)
    return bool((palette == palette[:, :1]).all())


def _eight_bit(image: Image.Image, mode: Literal["L", "RGB"]) -> Image.Image:
    """Any Pillow mode as 8-bit grey or RGB, on white where it is transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _from_deep(image).convert(mode)
    if image.mode in ("RGBA", "LA", "PA", "RGBa") or "transparency" in image.info:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(white, coloured).convert(mode)
    if image.mode not in _GREY_MODES:  # Pillow knows no direct way from CMYK and others to grey
        image = image.convert("RGB")
    return image.convert(mode)


def _from_deep(image: Image.Image) -> Image.Image:
    """A picture of 16-bit or 32-bit numbers as 8-bit grey; Pillow's own conversion would clip at 255."""
    values = np.asarray(image).astype(np.float64)
    lowest, highest = float(values.min()), float(values.max())
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        raise ValueError("it holds NaN or infinite pixels")
    full_range = {"F": 1.0 if highest <= 1.0 else 255.0}.get(image.mode, 65535.0)
    if lowest < 0 or highest > full_range:
        raise ValueError(f"its pixels go from {lowest:g} to {highest:g}; 0 to {full_range:g} was expected")
    return Image.fromarray(np.rint(values * (255.0 / full_range)).astype(np.uint8))


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "no image format that Pillow knows"
    text = str(error).split(" '/")[0].strip()
    return f"{text[:1].lower()}{text[1:]}" if text else type(error).__name__

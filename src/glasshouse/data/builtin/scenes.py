"""Painted landscapes in which every thing has a colour of its own: what grey, small or noisy copies lack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import SettingError
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.images.degrade import degraded
from glasshouse.data.raw import RawImages
from glasshouse.data.settings import DataSettings

ROWS = 2000
SIDE = 32
SKY, SUN, GRASS, WALL, ROOF, TRUNK, LEAVES = (
    np.array(each, dtype=np.float64)
    for each in (
        (110, 165, 225),
        (250, 215, 80),
        (95, 150, 60),
        (225, 205, 170),
        (170, 60, 45),
        (100, 70, 45),
        (40, 100, 55),
    )
)
Picture = NDArray[np.float64]


def scenes(settings: DataSettings) -> RawImages:
    """Up to 2,000 landscapes: a sky with a sun, hills of grass, a house and trees, each in its own colour.

    How light a thing is, where it stands and how large it is are drawn at random. Picture n is the same,
    however many are asked for.

    Args:
        settings: ``task`` is ``image_to_image`` (the usual one; ``degrade`` says what inputs are, grey if it
            says nothing) or ``reconstruction``. ``size`` is that of the pictures, 32 x 32 if it says nothing;
            ``most_rows`` how many.

    Raises:
        SettingError: The task is another, or the pictures are too small.
    """
    height, width = settings.size or (SIDE, SIDE)
    if min(height, width) < 16:
        raise SettingError(
            f"data.size = {[height, width]} for the built-in scenes",
            expected="at least 16 x 16 pixels",
            fix="set data.size = [32, 32]",
        )
    rows = min(ROWS, settings.most_rows or ROWS)
    pixels = np.empty((rows, 3, height, width), dtype=np.uint8)
    for row in range(rows):
        chance = numpy_stream(0, "scenes", row)
        picture = painted(chance, height, width) + chance.normal(0.0, 3.0, (1, height, width))
        pixels[row] = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    raw = RawImages(pixels, None, "scenes")
    if settings.task == "reconstruction":
        return raw
    if settings.task not in ("auto", "image_to_image"):
        raise SettingError(
            f"data.task = {settings.task!r} for the built-in scenes",
            expected="image_to_image or reconstruction",
            fix="leave data.task out",
        )
    kind = settings.degrade.kind if settings.degrade.kind != "none" else "grey"
    return degraded(raw, settings.degrade.replace(kind=kind))


def painted(chance: np.random.Generator, height: int, width: int) -> Picture:
    """One landscape, levels of shape (3, height, width)."""
    down = (np.arange(height)[:, np.newaxis] + 0.5) / height
    right = (np.arange(width)[np.newaxis, :] + 0.5) / width
    picture = _lit(SKY, chance.uniform(0.75, 1.1) + 0.25 * down + 0 * right)
    sun = chance.uniform([0.1, 0.1], [0.3, 0.9])
    _paint(picture, (down - sun[0]) ** 2 + (right - sun[1]) ** 2 < chance.uniform(0.06, 0.11) ** 2, SUN, 1.0)
    phase, waves = chance.uniform(0, 2 * np.pi), chance.uniform(1.0, 2.5)
    horizon = chance.uniform(0.5, 0.7) + 0.06 * np.sin(2 * np.pi * waves * right + phase)
    light = chance.uniform(0.75, 1.15)
    blades = 0.12 * np.sin(2 * np.pi * 7 * right + 40 * down)
    grass = _lit(GRASS, light + blades)
    picture = np.where(down > horizon, grass, picture)
    for place in np.sort(chance.uniform(0.1, 0.9, int(chance.integers(1, 4)))):
        _tree(picture, chance, down, right, float(place))
    _house(picture, chance, down, right)
    return picture


def _house(picture: Picture, chance: np.random.Generator, down: Picture, right: Picture) -> None:
    """A wall with a roof on it, in front of all else."""
    centre, half = chance.uniform(0.25, 0.75), chance.uniform(0.1, 0.17)
    top, foot = chance.uniform(0.52, 0.62), chance.uniform(0.78, 0.9)
    aside = np.abs(right - centre)
    _paint(picture, (aside < half) & (down > top) & (down < foot), WALL, chance.uniform(0.8, 1.1))
    peak = top - chance.uniform(0.14, 0.22)
    roof = (down <= top) & (down > peak) & (aside < 1.25 * half * (down - peak) / (top - peak))
    _paint(picture, roof, ROOF, chance.uniform(0.75, 1.2))


def _tree(picture: Picture, chance: np.random.Generator, down: Picture, right: Picture, place: float) -> None:
    """A trunk with a round top."""
    foot, high = chance.uniform(0.72, 0.85), chance.uniform(0.2, 0.3)
    aside = np.abs(right - place)
    _paint(picture, (aside < 0.025) & (down < foot) & (down > foot - high), TRUNK, chance.uniform(0.8, 1.2))
    top = (down - (foot - high)) ** 2 + (right - place) ** 2 < chance.uniform(0.08, 0.13) ** 2
    _paint(picture, top, LEAVES, chance.uniform(0.75, 1.3))


def _lit(colour: NDArray[np.float64], light: Picture) -> Picture:
    """A colour under a light that varies from place to place."""
    lit: Picture = colour[:, None, None] * light[None]
    return lit


def _paint(picture: Picture, where: NDArray[np.bool_], colour: NDArray[np.float64], light: float) -> None:
    picture[:, where] = colour[:, None] * light

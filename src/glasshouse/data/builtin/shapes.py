"""Pictures of circles, squares and triangles, with the class of every pixel and the box of every shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import SettingError
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.images.degrade import degraded
from glasshouse.data.raw import RawImages, Target
from glasshouse.data.settings import DataSettings

ROWS = 2000
SIDE = 32
SHAPES = ("circle", "square", "triangle")
MASKED = ("background", *SHAPES)
MOST = 3
"""Most shapes in a picture."""
TRIES = 30
NOISE = 8.0
"""Standard deviation of the noise over a picture, in levels."""
APART = 90.0
"""Least distance of a shape's colour from the ground's, in levels."""


@dataclass(frozen=True)
class Shape:
    """One shape.

    Args:
        kind: Its place in ``SHAPES``.
        centre: Down and to the right, in pixels.
        reach: Half of its height and width, in pixels.
    """

    kind: int
    centre: tuple[float, float]
    reach: float

    def covers(self, height: int, width: int) -> NDArray[np.bool_]:
        """Which pixels it covers."""
        down = (np.arange(height) + 0.5 - self.centre[0])[:, np.newaxis]
        right = (np.arange(width) + 0.5 - self.centre[1])[np.newaxis, :]
        reach = self.reach
        if self.kind == 0:
            covered: NDArray[np.bool_] = down**2 + right**2 <= reach**2
        elif self.kind == 1:
            covered = np.maximum(np.abs(down), np.abs(right)) <= reach
        else:  # standing on its base, as wide as high
            covered = (down <= reach) & (np.abs(right) <= (down + reach) / 2)
        return covered

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Centre to the right and down, width and height, in pixels."""
        return self.centre[1], self.centre[0], 2 * self.reach, 2 * self.reach


def shapes(settings: DataSettings) -> RawImages:
    """Up to 2,000 pictures with one to three shapes that do not touch, on a coloured ground with noise.

    Colours are drawn at random, so that only the form tells the class. Picture n is the same, however many
    are asked for.

    Args:
        settings: ``task`` says what the target is: the class of every pixel (``segmentation``, the usual
            one), boxes (``detection``), or the pictures themselves (``image_to_image``, with ``degrade``).
            ``size`` is that of the pictures, 32 x 32 if it says nothing; ``most_rows`` how many.

    Raises:
        SettingError: The task is another, or the pictures are too small.
    """
    task = "segmentation" if settings.task == "auto" else settings.task
    height, width = settings.size or (SIDE, SIDE)
    if min(height, width) < 16:
        raise SettingError(
            f"data.size = {[height, width]} for the built-in shapes",
            expected="at least 16 x 16 pixels",
            fix="set data.size = [32, 32]",
        )
    rows = min(ROWS, settings.most_rows or ROWS)
    pixels = np.empty((rows, 3, height, width), dtype=np.uint8)
    masks = np.zeros((rows, height, width), dtype=np.uint8)
    boxes = np.full((rows, MOST, 5), -1.0, dtype=np.float32)
    for row in range(rows):
        chance = numpy_stream(0, "shapes", row)
        picture = _ground(chance, height, width)
        for place, shape in enumerate(_placed(chance, height, width)):
            covered = shape.covers(height, width)
            picture[:, covered] = _colour(chance, picture.mean(axis=(1, 2)))[:, np.newaxis]
            masks[row, covered] = 1 + shape.kind
            across, down, wide, high = shape.box
            boxes[row, place] = (shape.kind, across / width, down / height, wide / width, high / height)
        picture += chance.normal(0.0, NOISE, picture.shape)
        pixels[row] = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    raw = RawImages(pixels, None, "shapes")
    if task == "image_to_image":
        return degraded(raw, settings.degrade)
    targets = {
        "segmentation": Target("the class of each pixel", "segmentation", masks, MASKED),
        "detection": Target("shapes and their boxes", "detection", boxes, SHAPES),
        "reconstruction": None,
    }
    if task not in targets:
        raise SettingError(
            f"data.task = {task!r} for the built-in shapes",
            expected="segmentation, detection, image_to_image or reconstruction",
            fix="leave data.task out for segmentation",
        )
    return RawImages(pixels, targets[task], "shapes")


def _ground(chance: np.random.Generator, height: int, width: int) -> NDArray[np.float64]:
    """A colour that changes slowly from one corner to the other."""
    first, last = chance.uniform(30, 225, (2, 3))
    along = np.linspace(0, 0.5, height)[:, np.newaxis] + np.linspace(0, 0.5, width)[np.newaxis, :]
    share = along if chance.random() < 0.5 else along[:, ::-1]
    ground: NDArray[np.float64] = first[:, None, None] + 0.35 * (last - first)[:, None, None] * share
    return ground


def _colour(chance: np.random.Generator, ground: NDArray[np.float64]) -> NDArray[np.float64]:
    """A colour that can be told from the ground."""
    colour: NDArray[np.float64] = chance.uniform(20, 235, 3)
    while float(np.linalg.norm(colour - ground)) < APART:
        colour = chance.uniform(20, 235, 3)
    return colour


def _placed(chance: np.random.Generator, height: int, width: int) -> list[Shape]:
    """One to three shapes that lie inside the picture and do not touch."""
    placed: list[Shape] = []
    side = min(height, width)
    for _ in range(int(chance.integers(1, MOST + 1))):
        kind = int(chance.integers(len(SHAPES)))
        for _ in range(TRIES):
            reach = float(chance.uniform(0.11, 0.22) * side)
            down, right = (float(chance.uniform(reach, end - reach)) for end in (height, width))
            if all(_apart(down, right, reach, other) for other in placed):
                placed.append(Shape(kind, (down, right), reach))
                break
    return placed


def _apart(down: float, right: float, reach: float, other: Shape) -> bool:
    """Whether the boxes of two shapes leave a pixel between them."""
    distance = max(abs(down - other.centre[0]), abs(right - other.centre[1]))
    return distance > reach + other.reach + 1

"""Pictures of coloured shapes with a caption each, made from a fixed seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.raw import RawImages

ROWS, SIDE = 4000, 32
COLOURS = {"red": (200, 40, 40), "green": (40, 160, 60), "blue": (50, 80, 210), "yellow": (230, 200, 40)}
SHAPES = ("circle", "square", "triangle")
SIZES = {"small": 3.0, "large": 6.0}
ALONE = 0.25
"""Share of the pictures with one shape."""

Picture = NDArray[np.float64]


def captioned_shapes() -> RawImages:
    """4,000 pictures of one or two shapes: "a small red circle above a large blue square".

    Of two shapes the upper one is named first, or the left one. They stand in for the large sets of captioned
    photographs, which cannot be shipped: the network and the road are the same, what is to be said is less.
    """
    generator = numpy_stream(0, "captions", "shapes")
    pixels = np.empty((ROWS, 3, SIDE, SIDE), np.uint8)
    captions = []
    for row in range(ROWS):
        picture = generator.normal(238.0, 6.0, (SIDE, SIDE, 3))
        across = bool(generator.integers(2))
        both = generator.random() >= ALONE
        told = []
        for place in (0.25, 0.75) if both else (0.5,):
            along, beside = place * SIDE + generator.uniform(-1, 1), SIDE / 2 + generator.uniform(-6, 6)
            told.append(_draw(picture, (beside, along) if across else (along, beside), generator))
        captions.append((" left of " if across else " above ").join(told))
        pixels[row] = np.clip(np.rint(picture), 0, 255).transpose(2, 0, 1)
    return RawImages(
        pixels=pixels,
        target=None,
        origin="captioned-shapes",
        captions=np.array(captions, dtype=np.str_),
        notes=("generated pictures, which stand in for large sets of captioned photographs",),
    )


def _draw(picture: Picture, centre: tuple[float, float], generator: np.random.Generator) -> str:
    """Draw a shape at (from above, from the left), and say what it is."""
    size, colour, shape = (
        str(generator.choice(list(each))) for each in (tuple(SIZES), tuple(COLOURS), SHAPES)
    )
    radius = SIZES[size] + generator.uniform(-0.5, 0.5)
    down, right = np.mgrid[:SIDE, :SIDE] + 0.5
    down, right = down - centre[0], right - centre[1]
    if shape == "circle":
        inside = down**2 + right**2 <= radius**2
    elif shape == "square":
        inside = np.maximum(np.abs(down), np.abs(right)) <= 0.9 * radius
    else:
        inside = (np.abs(right) <= (down + radius) * 0.6) & (down <= radius)
    tint = np.array(COLOURS[colour]) + generator.normal(0.0, 10.0, 3)
    picture[inside] = tint + generator.normal(0.0, 5.0, (int(inside.sum()), 3))
    return f"a {size} {colour} {shape}"

"""The colours in which classes of pixels are shown."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
from numpy.typing import NDArray

PALETTE = (
    "#7d8c88",
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
    "#7a5fb5",
    "#a65628",
)
"""Colours of the first classes, which can be told apart on light and dark pages and by people who see no red
or green; the first is quiet, because it is the ground most often."""


def colour_of(index: int) -> str:
    """The colour of a class.

    Example:
        >>> colour_of(1), len({colour_of(each) for each in range(40)})
        ('#0072b2', 40)
    """
    if index < len(PALETTE):
        return PALETTE[index]
    # Steps of the golden ratio around the circle of hues never come back to one place.
    red, green, blue = colorsys.hsv_to_rgb(index * 0.618034 % 1, 0.55 + 0.15 * (index % 3), 0.85)
    return f"#{int(255 * red):02x}{int(255 * green):02x}{int(255 * blue):02x}"


def colours(classes: int) -> NDArray[np.uint8]:
    """Red, green and blue of every class, shape (classes, 3)."""
    names = [colour_of(each) for each in range(classes)]
    table: NDArray[np.uint8] = np.array(
        [[int(name[place : place + 2], 16) for place in (1, 3, 5)] for name in names], dtype=np.uint8
    )
    return table


def coloured(masks: NDArray[Any], classes: int) -> NDArray[np.uint8]:
    """Masks as pictures, a colour for each class.

    Args:
        masks: Class indices (N, H, W).
        classes: How many classes there are.

    Returns:
        Levels (N, H, W, 3).

    Example:
        >>> coloured(np.array([[[0, 1]]]), 2).tolist()
        [[[[125, 140, 136], [0, 114, 178]]]]
    """
    found: NDArray[np.uint8] = colours(classes)[masks]
    return found

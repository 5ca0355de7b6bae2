"""Classes of points in the plane: small enough to see at a glance what a network can and cannot do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream

ROWS = 1000

Points = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Coordinates of shape (rows, 2), and the class of each point."""


def toy_frame(name: str) -> pl.DataFrame:
    """Points with the columns ``x1``, ``x2`` and ``class``; the same ones on every machine.

    Args:
        name: ``"moons"``, ``"circles"``, ``"blobs"``, ``"spirals"``, ``"xor"``, ``"ring"`` or ``"grid"``.
    """
    make, classes = _TOYS[name]
    generator = numpy_stream(0, "toy", name)
    points, labels = make(generator)
    order = generator.permutation(len(points))
    points, labels = points[order], labels[order]
    return pl.DataFrame(
        {"x1": points[:, 0], "x2": points[:, 1], "class": [classes[label] for label in labels]}
    )


def moons(generator: np.random.Generator, noise: float = 0.15) -> Points:
    """Two half circles that reach into each other; no straight line parts them."""
    angle = generator.uniform(0.0, np.pi, ROWS)
    labels = np.arange(ROWS) % 2
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return _blurred(np.where(labels[:, None] == 0, upper, lower), generator, noise), labels


def circles(generator: np.random.Generator, noise: float = 0.08) -> Points:
    """A ring around a ring: the radius tells the class, neither coordinate alone does."""
    angle = generator.uniform(0.0, 2.0 * np.pi, ROWS)
    labels = np.arange(ROWS) % 2
    radius = np.where(labels == 0, 1.0, 0.5)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _blurred(points, generator, noise), labels


def blobs(generator: np.random.Generator, noise: float = 0.6) -> Points:
    """Three round clouds: even a perceptron parts most of them."""
    centres = np.array([[-1.5, -1.0], [1.5, -1.0], [0.0, 1.5]])
    labels = np.arange(ROWS) % 3
    return _blurred(centres[labels], generator, noise), labels


def spirals(generator: np.random.Generator, noise: float = 0.025) -> Points:
    """Two arms that wind around each other one and a half times: hard for small networks."""
    labels = np.arange(ROWS) % 2
    # the square root spreads the points evenly along the arm instead of crowding them in the middle
    turn = np.sqrt(generator.uniform(0.01, 1.0, ROWS)) * 3.0 * np.pi
    angle = turn + np.pi * labels
    points = (turn / (3.0 * np.pi))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _blurred(points, generator, noise), labels


def xor(generator: np.random.Generator, noise: float = 0.05) -> Points:
    """A square in which the class says whether both coordinates have the same sign."""
    points = generator.uniform(-1.0, 1.0, (ROWS, 2))
    labels = (points[:, 0] * points[:, 1] < 0).astype(np.int64)
    return _blurred(points, generator, noise), labels


@dataclass(frozen=True)
class Modes:
    """The narrow round clouds that a set of points consists of.

    Args:
        centres: Shape (modes, 2).
        spread: Standard deviation of each cloud along either axis.
    """

    centres: NDArray[np.float64]
    spread: float


MODES = {
    "ring": Modes(
        np.array([[2 * np.cos(turn), 2 * np.sin(turn)] for turn in np.arange(8) * np.pi / 4]), spread=0.02
    ),
    "grid": Modes(
        np.array([[x, y] for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=np.float64), spread=0.05
    ),
}
"""The toys whose modes are known: what tells whether a generator has found them all."""


def ring(generator: np.random.Generator) -> Points:
    """4,000 points in eight narrow clouds on a circle of radius 2: will a generator find all of them?

    Source:
        Metz et al. 2017, Unrolled generative adversarial networks, arXiv 1611.02163.
    """
    return _clouds(MODES["ring"], 500, generator)


def grid(generator: np.random.Generator) -> Points:
    """10,000 points in twenty-five narrow clouds on a square grid.

    Source:
        Dumoulin et al. 2017, Adversarially learned inference, arXiv 1606.00704.
    """
    return _clouds(MODES["grid"], 400, generator)


def _clouds(modes: Modes, each: int, generator: np.random.Generator) -> Points:
    labels = np.repeat(np.arange(len(modes.centres)), each)
    return _blurred(modes.centres[labels], generator, modes.spread), labels


def _blurred(
    points: NDArray[np.float64], generator: np.random.Generator, noise: float
) -> NDArray[np.float64]:
    # rounded: the last bits of sine and cosine may differ between machines
    return np.round(points + generator.normal(0.0, noise, points.shape), 6)


_TOYS: dict[str, tuple[Callable[[np.random.Generator], Points], tuple[str, ...]]] = {
    "moons": (moons, ("upper", "lower")),
    "circles": (circles, ("outer", "inner")),
    "blobs": (blobs, ("left", "right", "top")),
    "spirals": (spirals, ("first", "second")),
    "xor": (xor, ("same", "different")),
    "ring": (ring, tuple(f"mode {place}" for place in range(1, 9))),
    "grid": (grid, tuple(f"mode {place:02}" for place in range(1, 26))),
}

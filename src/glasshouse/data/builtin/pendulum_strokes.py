"""Strokes of a pen that hangs on two pendulums, made from a fixed seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.raw import RawTable
from glasshouse.data.strokes.pen import strokes_table, written

ROWS = 2000
LETTERS = 3
"""Figures of a drawing."""
POINTS = 15
"""Points of a figure."""
NOISE = 0.015
"""Standard deviation of a hand that is not quite steady, where a figure is about 1 high."""

Points = NDArray[np.float64]


def pendulum_strokes() -> RawTable:
    """2,000 drawings of three figures each: loops, waves, circles, eights and knots.

    A figure is what two pendulums draw, one swinging to the right and one upwards, while the paper moves on
    or stands still (Lissajous figures). They stand in for the handwriting of people, which cannot be shipped:
    there are several ways to go on after a figure, a hand that shakes, a slant for each drawing.
    """
    generator = numpy_stream(0, "strokes", "pendulums")
    return strokes_table([written(_drawing(generator)) for _ in range(ROWS)], "pendulum-strokes")


def _drawing(generator: np.random.Generator) -> Points:
    """Steps and lifts of a drawing, the first step from where its first figure begins."""
    slant, size = generator.normal(0.0, 0.12), generator.normal(1.0, 0.08)
    places, lifts, left = [], [], 0.0
    for kind in generator.integers(0, 5, LETTERS):
        figure = _figure(int(kind), generator)
        figure[:, 0] += left - figure[:, 0].min()
        left = figure[:, 0].max() + 0.25
        places.append(figure)
        lifts += [0.0] * (len(figure) - 1) + [1.0]
    path = np.concatenate(places)
    path[:, 0] += slant * path[:, 1]
    path = size * path + generator.normal(0.0, NOISE, path.shape)
    steps = np.diff(path, axis=0)
    return np.column_stack([steps, lifts[1:]])


def _figure(kind: int, generator: np.random.Generator) -> Points:
    """Where the pen is at each moment of a figure, which is about 1 high."""
    wide, high = generator.normal(0.35, 0.03), generator.normal(0.5, 0.04)
    t = np.linspace(0.0, 2 * np.pi, POINTS)
    if kind == 0:  # two loops, as in handwritten e and l
        x, y = 0.16 * 2 * t - 0.3 * np.sin(2 * t), -high * np.cos(2 * t)
    elif kind == 1:
        x, y = 0.18 * t, 0.8 * high * np.sin(2 * t)
    elif kind == 2:
        x, y = wide * np.sin(t), -high * np.cos(t)
    elif kind == 3:
        x, y = 0.8 * wide * np.sin(2 * t), -high * np.cos(t)
    else:
        x, y = wide * np.sin(2 * t), high * np.sin(t + 0.6)
    return np.column_stack([x, y])

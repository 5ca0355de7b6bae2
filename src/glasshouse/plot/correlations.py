"""Correlations of columns: which go together, which against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from glasshouse.plot.heat import Scale, draw_cells
from glasshouse.plot.style import FONT, INK, WIDTH, literal, panel

_LONGEST_NAME = 18
_LARGEST_CELL = 34.0
_MOST_NUMBERS = 9
_LETTER = 6.2
_READABLE = 0.55
"""Strength up to which the page's ink can be read on a cell, on light pages and on dark ones."""


def correlations(record: Mapping[str, Any]) -> Figure:
    """Draw the lower triangle of a correlation matrix, with the numbers where there is room for them.

    Args:
        record: ``correlations`` of ``exploration.json``: at least two ``names``, and a square ``matrix`` from
            -1 to 1.

    Example:
        >>> len(correlations({"names": ["a", "b"], "matrix": [[1.0, 0.5], [0.5, 1.0]]}).axes)
        1
    """
    names = [literal(name, most=_LONGEST_NAME) for name in record["names"]]
    matrix = np.array(record["matrix"], dtype=float)
    size = len(names) - 1
    left = 10 + _LETTER * max(map(len, names[1:]))
    below = 14 + _LETTER * max(map(len, names[:-1]))
    cell = min((WIDTH - left - 14) / size, _LARGEST_CELL)
    right = WIDTH - left - cell * size
    figure, axes = panel(height=cell * size + 10 + below, margins=(left, right, 10, below))
    lower = np.where(np.tri(size + 1, k=-1, dtype=bool), matrix, np.nan)[1:, :-1]
    numbered = size <= _MOST_NUMBERS
    scale = Scale(-1.0, 1.0, signed=True, most=_READABLE if numbered else 1.0)
    draw_cells(axes, lower, scale, (-0.5, size - 0.5, size - 0.5, -0.5))
    axes.set_yticks(range(size), names[1:])
    axes.set_xticks(range(size), names[:-1], rotation=90)
    axes.tick_params(labelsize=min(FONT, cell * 0.85))
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    if numbered:
        _write_numbers(axes, lower)
    return figure


def _write_numbers(axes: Axes, values: NDArray[np.float64]) -> None:
    for row, column in zip(*np.nonzero(~np.isnan(values)), strict=True):
        value = values[row, column]
        number = f"{value:.1f}".replace("-", "−").replace("0.", ".") if abs(value) >= 0.05 else "0"
        axes.text(column, row, number, ha="center", va="center_baseline", fontsize=9, color=INK)

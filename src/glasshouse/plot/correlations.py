"""Correlations of columns: which go together, which against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from glasshouse.plot.heat import Scale, draw_cells
from glasshouse.plot.style import FONT, INK, PAPER, WIDTH, panel

_LONGEST_NAME = 18
_MOST_NUMBERS = 9


def correlations(record: Mapping[str, Any]) -> Figure:
    """Draw the lower triangle of a correlation matrix, with the numbers where there is room for them.

    Args:
        record: ``correlations`` of ``exploration.json``: ``names`` and a square ``matrix`` from -1 to 1.

    Example:
        >>> len(correlations({"names": ["a", "b"], "matrix": [[1.0, 0.5], [0.5, 1.0]]}).axes)
        1
    """
    names = [
        name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…" for name in record["names"]
    ]
    matrix = np.array(record["matrix"], dtype=float)
    count = len(names)
    left = 10 + 6.2 * max(map(len, names))
    side = (WIDTH - left - 14) / (count - 1)
    cell = min(side, 34.0)
    height = cell * (count - 1)
    below = 14 + 6.2 * max(map(len, names[:-1]))
    figure, axes = panel(
        height=height + 28 + below, margins=(left, WIDTH - left - cell * (count - 1), 28, below)
    )
    lower = np.where(np.tri(count, k=-1, dtype=bool), matrix, np.nan)[1:, :-1]
    scale = Scale(-1.0, 1.0, signed=True)
    draw_cells(axes, lower, scale, (-0.5, count - 1.5, count - 1.5, -0.5))
    axes.set_yticks(range(count - 1), names[1:])
    axes.set_xticks(range(count - 1), names[:-1], rotation=90)
    axes.tick_params(labelsize=min(FONT, cell * 0.85))
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    if count - 1 <= _MOST_NUMBERS:
        for row, column in zip(*np.nonzero(~np.isnan(lower)), strict=True):
            number = f"{lower[row, column]:.1f}".replace("-", "−").replace("0.", ".")
            colour = PAPER if abs(lower[row, column]) > 0.55 else INK
            axes.text(
                column,
                row,
                number,
                ha="center",
                va="center_baseline",
                fontsize=9,
                color=PAPER if strong else INK,
            )
    return figure


def _shown(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"

"""The confusion matrix of many classes as a heat map; a table shows few classes better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from glasshouse.plot.heat import draw_cells, draw_key, scale_of
from glasshouse.plot.style import WIDTH, literal, name_axes, panel


def confusion_map(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> Figure:
    """Draw shares of each true class by predicted class.

    Args:
        matrix: Counts, a row per true class, a column per predicted one.
        classes: Their names.

    Example:
        >>> len(confusion_map([[5, 1], [0, 4]], ["a", "b"]).axes)
        2
    """
    counts = np.array(matrix, dtype=float)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
    names = [literal(name, most=14) for name in classes]
    left = 10 + 5.2 * max(map(len, names))
    side = WIDTH - left - 14
    figure, axes = panel(height=side + 28 + 34, margins=(left, 14, 28, 34))
    scale = scale_of(shares)
    draw_cells(axes, shares, scale, (-0.5, len(names) - 0.5, len(names) - 0.5, -0.5))
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks([])
    axes.tick_params(axis="y", labelsize=min(9.0, 0.9 * side / len(names)))
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    name_axes(axes, "predicted, in the same order", "true")
    draw_key(axes, scale)
    return figure

"""Attention maps: where a network looked while it wrote."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from glasshouse.plot.heat import Scale, draw_cells
from glasshouse.plot.style import literal, panel


def attention(weights: Sequence[Sequence[float]], source: Sequence[str], said: Sequence[str]) -> Figure:
    """Draw how much each step of the output looked at each step of the source.

    Args:
        weights: One row per step of the output, one column per step of the source; rows add up to 1.
        source: What was read.
        said: What was written.

    Example:
        >>> len(attention([[0.9, 0.1], [0.2, 0.8]], ["go", "on"], ["va", "toujours"]).axes)
        1
    """
    rows, columns = len(said), len(source)
    figure, axes = panel(height=18 * rows + 90, margins=(96, 14, 12, 78))
    draw_cells(
        axes, np.asarray(weights, dtype=float), Scale(0.0, 1.0), (-0.5, columns - 0.5, rows - 0.5, -0.5)
    )
    axes.set_xticks(range(columns), [literal(each, 12) for each in source], rotation=45, ha="right")
    axes.set_yticks(range(rows), [literal(each, 14) for each in said])
    axes.grid(visible=False)
    return figure

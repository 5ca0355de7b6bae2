"""Predicted numbers against true ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, MUTED, literal, name_axes, panel


def residuals(points: Sequence[Sequence[float]], name: str) -> Figure:
    """Draw one dot per row; on the line, the prediction is exact.

    Args:
        points: Pairs (true, predicted).
        name: What is predicted, with its unit if it has one.

    Example:
        >>> len(residuals([[1.0, 1.1], [2.0, 1.8]], "price").axes[0].lines)
        2
    """
    figure, axes = panel(height=260)
    true, said = np.asarray(points, dtype=float).T
    low, high = float(min(true.min(), said.min())), float(max(true.max(), said.max()))
    room = 0.03 * (high - low) or 1.0
    axes.plot([low, high], [low, high], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.plot(
        true, said, color=ACCENT, marker="o", markersize=3.2, markeredgewidth=0, linestyle="none", alpha=0.4
    )
    axes.set(xlim=(low - room, high + room), ylim=(low - room, high + room))
    name_axes(axes, f"true {literal(name)}", "predicted")
    return figure

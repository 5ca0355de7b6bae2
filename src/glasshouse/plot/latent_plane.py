"""Rows by two coordinates of their code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glasshouse.plot.style import ACCENT, FONT, INK, MUTED, PAPER, literal, name_axes, panel

MOST_MARKS = 300
"""Rows drawn by the letter of their class; of more, the first."""
MOST_NAMES = 24
"""Classes whose names are written."""


def latent_plane(points: Sequence[Sequence[Any]], classes: Sequence[str]) -> Figure:
    """Draw one mark per row: the name of its class where that is one letter, else a dot.

    Args:
        points: Triples (x, y, index of the class or ``None``).
        classes: Names; empty where rows have none.

    Example:
        >>> figure = latent_plane([[0.0, 1.0, 0], [1.0, 0.0, 1]], ["3", "8"])
        >>> [text.get_text() for text in figure.axes[0].texts[:2]]
        ['3', '8']
    """
    figure, axes = panel(height=300)
    places = np.array([each[:2] for each in points], dtype=float)
    low, high = places.min(axis=0), places.max(axis=0)
    room = 0.06 * np.where(high > low, high - low, 1.0)
    axes.set(xlim=(low[0] - room[0], high[0] + room[0]), ylim=(low[1] - room[1], high[1] + room[1]))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if classes and all(len(name) == 1 for name in classes):
        for x, y, place in points[:MOST_MARKS]:
            name = literal(classes[place])
            axes.text(x, y, name, fontsize=9, color=ACCENT, ha="center", va="center", alpha=0.8)
    else:
        axes.plot(
            *places.T,
            color=ACCENT,
            marker="o",
            markersize=3.2,
            markeredgewidth=0,
            linestyle="none",
            alpha=0.4,
        )
        if len(classes) <= MOST_NAMES:
            _name_classes(axes, places, [each[2] for each in points], classes)
    name_axes(axes, "first coordinate", "second coordinate")
    return figure


def _name_classes(axes: Any, places: Any, labels: Sequence[int | None], classes: Sequence[str]) -> None:
    """Write each class's name at the middle of its rows."""
    for place, name in enumerate(classes):
        own = places[[label == place for label in labels]]
        if len(own):
            middle = np.median(own, axis=0)
            box = {"boxstyle": "round,pad=0.15", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85}
            axes.text(*middle, literal(name), fontsize=FONT, color=INK, ha="center", va="center", bbox=box)


def spreads(values: Sequence[float]) -> Figure:
    """Draw how much each number of the code differs from row to row, the largest first.

    Args:
        values: Standard deviations over the rows.

    Example:
        >>> [float(bar.get_height()) for bar in spreads([0.5, 1.0]).axes[0].patches]
        [1.0, 0.5]
    """
    figure, axes = panel()
    ordered = sorted(values, reverse=True)
    axes.bar(range(1, len(ordered) + 1), ordered, width=0.86, color=ACCENT, linewidth=0)
    axes.set_ylim(0, 1.05 * (max(ordered) or 1.0))
    axes.axhline(0, color=MUTED, linewidth=0.8)
    name_axes(axes, "number of the code", "standard deviation")
    return figure

"""Clouds of points in the plane at several moments: real ones, and those that a generator made by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from glasshouse.plot.style import ACCENT, FONT, MUTED, RULE, WIDTH

COLUMNS = 3
SIDE, GAP, TITLE = 110, 15, 20
"""Of one picture, between two, and above each, in points."""
MOST = 220
"""Points of either kind in one picture."""


def clouds(real: Sequence[Sequence[float]], moments: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw made points over real ones, a picture for each moment.

    Args:
        real: Real points, two numbers each.
        moments: ``epoch``, and the points ``made`` by then.

    Example:
        >>> len(clouds([[0, 0], [1, 1]], [{"epoch": 1, "made": [[0.5, 0.5]]}] * 4).axes)
        4
    """
    lines = -(-len(moments) // COLUMNS)
    height = lines * (SIDE + TITLE) + (lines - 1) * GAP
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    shown = np.array(real)[:MOST]
    low, high = shown.min(axis=0), shown.max(axis=0)
    margin = 0.12 * (high - low)
    for place, moment in enumerate(moments):
        line, column = divmod(place, COLUMNS)
        bottom = height - (line + 1) * (SIDE + TITLE) - line * GAP
        box = (column * (SIDE + GAP) / WIDTH, bottom / height, SIDE / WIDTH, SIDE / height)
        axes = figure.add_axes(box)
        axes.set_facecolor("none")
        for spine in axes.spines.values():
            spine.set(color=RULE, linewidth=1)
        axes.xaxis.set_major_locator(NullLocator())
        axes.yaxis.set_major_locator(NullLocator())
        made = np.array(moment["made"])[:MOST]
        axes.scatter(shown[:, 0], shown[:, 1], s=3.5, color=MUTED, alpha=0.35, linewidths=0)
        axes.scatter(made[:, 0], made[:, 1], s=5, color=ACCENT, alpha=0.75, linewidths=0)
        axes.set(
            xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1])
        )
        axes.annotate(
            f"epoch {moment['epoch']:,}",
            (0, 1),
            xycoords="axes fraction",
            xytext=(0, 5),
            textcoords="offset points",
            fontsize=FONT,
            color=MUTED,
        )
    return figure

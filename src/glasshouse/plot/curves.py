"""Curves of a concept: a function and its slope, paths, a histogram; up to three lines with their names."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glasshouse.plot.style import ACCENT, INK, MUTED, RULE, SECOND, label_ends, name_axes, panel

COLOURS = (ACCENT, SECOND, INK)
ROUND = [1, 2, 5, 10]
"""Steps between ticks, times a power of ten."""
DASHES = ("solid", (0, (4, 2.5)), (0, (1, 1.5)))


def curves(
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    across: str,
    up: str,
    filled: bool = False,
    zero: bool = False,
) -> Figure:
    """Draw lines with their names at their ends. They differ in their dashes as well as in colour.

    Args:
        lines: Name, places and values of each, at most three; not-a-number interrupts a line.
        across: What is on the horizontal axis.
        up: What is on the upright axis.
        filled: Whether the area below the first line is filled.
        zero: Whether the upright axis begins at 0.

    Example:
        >>> len(curves([("f", [0, 1], [0, 2]), ("g", [0, 1], [1, 1])], "x", "value").axes[0].lines)
        2
    """
    longest = max(len(name) for name, _, _ in lines)
    figure, axes = panel(height=240, margins=(44, 14 + 7 * longest, 26, 34))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=ROUND))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=ROUND))
    ends: list[tuple[float, float, str, str]] = []
    for (name, x, y), colour, dashes in zip(lines, COLOURS, DASHES, strict=False):
        axes.plot(x, y, color=colour, linewidth=1.6, linestyle=dashes, zorder=3)
        if name:
            last = max(place for place in range(len(y)) if math.isfinite(y[place]))
            ends.append((x[-1], y[last], name, colour))
    name, x, y = lines[0]
    if filled:
        axes.fill_between(x, y, color=ACCENT, alpha=0.18, linewidth=0)
    axes.set_xlim(min(x), max(x) if max(x) > min(x) else min(x) + 1)
    if zero:
        axes.set_ylim(bottom=0)
    elif any(value < 0 for _, _, y in lines for value in y):
        axes.axhline(0, color=MUTED, linewidth=0.8, zorder=2)
    if min(x) < 0 < max(x) and not filled:
        axes.axvline(0, color=RULE, linewidth=0.8, zorder=1)
    name_axes(axes, across, up)
    label_ends(axes, ends)
    return figure

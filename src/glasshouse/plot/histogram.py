"""A histogram from counted bins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, INK, literal, name_axes, panel, short


def histogram(
    edges: Sequence[float],
    counts: Sequence[int],
    across: str,
    marks: Sequence[tuple[float, str]] = (),
    up: str = "rows",
) -> Figure:
    """Draw counts over bins.

    Args:
        edges: Ends of the bins, one more than counts.
        counts: How many fall into each.
        across: What is counted.
        marks: Values to point at, each with a word ("median", say).
        up: What the counts are of.

    Example:
        >>> len(histogram([0, 1, 2], [3, 5], "age").axes[0].patches)
        2
    """
    figure, axes = panel()
    widths = [0.92 * (right - left) for left, right in pairwise(edges)]
    axes.bar(edges[:-1], counts, width=widths, align="edge", color=ACCENT, linewidth=0)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.05 * max(1, *counts))
    name_axes(axes, literal(across), up)
    ordered = sorted(marks)
    for place, (value, word) in enumerate(ordered):
        axes.axvline(value, color=INK, linewidth=1)
        # Words of two marks go to either side, or they would stand on each other.
        late = place < len(ordered) - 1 if len(ordered) > 1 else value > (edges[0] + edges[-1]) / 2
        axes.annotate(
            f"{word} {short(float(f'{value:.3g}'))}",
            (value, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 6),
            textcoords="offset points",
            fontsize=FONT,
            color=INK,
            ha="right" if late else "left",
        )
    return figure

"""Distances of pairs of one class and of two, over the same bins."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, INK, MUTED, name_axes, panel, short


def distances(
    edges: Sequence[float], same: Sequence[int], different: Sequence[int], threshold: float
) -> Figure:
    """Draw two histograms, pairs of one class filled and pairs of two as a line, and the threshold.

    Args:
        edges: Ends of the bins, one more than counts.
        same: Pairs of one class in each bin.
        different: Pairs of two classes in each bin.
        threshold: Below which pairs are called alike.

    Example:
        >>> figure = distances([0, 1, 2], [5, 1], [0, 6], 1.2)
        >>> len(figure.axes[0].patches)
        2
    """
    figure, axes = panel()
    # Where class and class overlap both must be seen: one is filled, the other an outline.
    axes.stairs(same, edges, fill=True, color=ACCENT, alpha=0.55, linewidth=0)
    axes.stairs(different, edges, color=INK, linewidth=1.2)
    top = 1.12 * max(1, *same, *different)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, top))
    name_axes(axes, "distance of two rows", "pairs")
    axes.axvline(threshold, color=MUTED, linewidth=1, linestyle="--")
    late = threshold > (edges[0] + edges[-1]) / 2
    axes.annotate(
        f"threshold {short(float(f'{threshold:.3g}'))}",
        (threshold, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 6),
        textcoords="offset points",
        fontsize=FONT,
        color=INK,
        ha="right" if late else "left",
    )
    _name(axes, edges, same, "same", ACCENT)
    _name(axes, edges, different, "different", INK)
    return figure


def _name(axes: Axes, edges: Sequence[float], counts: Sequence[int], name: str, colour: str) -> None:
    """Write what a histogram is of above its highest bin."""
    highest = max(range(len(counts)), key=counts.__getitem__)
    middle = (edges[highest] + edges[highest + 1]) / 2
    axes.annotate(
        name,
        (middle, counts[highest]),
        xytext=(0, 2),
        textcoords="offset points",
        fontsize=FONT,
        color=colour,
        ha="center",
        va="bottom",
    )

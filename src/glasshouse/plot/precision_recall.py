"""The precision-recall curve: how clean the alarms are, for how many are to be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, MUTED, name_axes, panel, shares


def precision_recall(record: Mapping[str, Sequence[float]], share: float | None = None) -> Figure:
    """Draw the curve with the precision of guessing.

    Args:
        record: ``curves.precision_recall`` of ``evaluation.json``.
        share: Share of the class among all rows: what guessing scores.

    Example:
        >>> curve = {"recall": [1, 0.5, 0], "precision": [0.3, 0.8, 1]}
        >>> len(precision_recall(curve, share=0.3).axes[0].lines)
        2
    """
    figure, axes = panel(height=260)
    if share is not None:
        axes.axhline(share, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        place, side = (share - 0.02, "top") if share > 0.85 else (share + 0.02, "bottom")
        axes.text(0.02, place, "guessing", color=MUTED, fontsize=FONT, va=side)
    axes.plot(record["recall"], record["precision"], color=ACCENT, linewidth=1.6)
    shares(axes)
    name_axes(axes, "found: share of the class", "right: share of the alarms")
    return figure

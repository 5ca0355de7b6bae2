"""The ROC curve: alarms that are right against alarms that are false, over all thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, MUTED, name_axes, panel, shares


def roc(record: Mapping[str, Sequence[float]]) -> Figure:
    """Draw the curve with the line of guessing.

    Args:
        record: ``curves.roc`` of ``evaluation.json``: both rates from 0 to 1.

    Example:
        >>> len(roc({"false_positive_rate": [0, 0, 1], "true_positive_rate": [0, 1, 1]}).axes[0].lines)
        2
    """
    figure, axes = panel(height=260)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(0.72, 0.62, "guessing", color=MUTED, fontsize=FONT)
    axes.plot(record["false_positive_rate"], record["true_positive_rate"], color=ACCENT, linewidth=1.6)
    shares(axes)
    name_axes(axes, "false alarms: share of the other class", "found: share of the class")
    return figure

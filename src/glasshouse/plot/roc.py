"""The ROC curve: alarms that are right against alarms that are false, over all thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, INK, MUTED, name_axes, panel, shares


def roc(
    record: Mapping[str, Sequence[float]],
    beside: Mapping[str, Sequence[float]] | None = None,
    name: str = "",
) -> Figure:
    """Draw the curve with the line of guessing.

    Args:
        record: ``curves.roc`` of ``evaluation.json``: both rates from 0 to 1.
        beside: Another curve, drawn thinly.
        name: What that one is of.

    Example:
        >>> len(roc({"false_positive_rate": [0, 0, 1], "true_positive_rate": [0, 1, 1]}).axes[0].lines)
        2
    """
    figure, axes = panel(height=260)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(0.72, 0.62, "guessing", color=MUTED, fontsize=FONT)
    if beside is not None:
        across, up = beside["false_positive_rate"], beside["true_positive_rate"]
        axes.plot(across, up, color=INK, linewidth=0.8)
        middle = len(across) // 2
        axes.annotate(
            name,
            (across[middle], up[middle]),
            xytext=(5, -10),
            textcoords="offset points",
            color=INK,
            fontsize=FONT,
        )
    axes.plot(record["false_positive_rate"], record["true_positive_rate"], color=ACCENT, linewidth=1.6)
    shares(axes)
    name_axes(axes, "false alarms: share of the other class", "found: share of the class")
    return figure

"""The reliability diagram: how often the network is right, for how sure it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, MUTED, name_axes, panel, quiet


def calibration(record: Mapping[str, Any]) -> Figure:
    """Draw accuracy over confidence, and below it how many rows had which confidence.

    Args:
        record: The ``calibration`` of ``evaluation.json``: ``bins`` and ``ece``.

    Example:
        >>> bins = [{"low": 0.9, "high": 1.0, "count": 5, "confidence": 0.95, "accuracy": 0.8}]
        >>> len(calibration({"bins": bins, "ece": 0.15}).axes)
        2
    """
    figure, axes = panel(height=260, margins=(44, 14, 28, 84))
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(0.04, 0.11, "as sure as it is right", color=MUTED, fontsize=FONT)
    filled = [each for each in record["bins"] if each["count"]]
    sure, right = [each["confidence"] for each in filled], [each["accuracy"] for each in filled]
    axes.plot(sure, right, color=ACCENT, linewidth=1.5, marker="o", markersize=5, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_xticklabels([])
    name_axes(axes, "", "share that is right")

    box = axes.get_position()
    counts = figure.add_axes((box.x0, 36 / 260, box.width, 38 / 260))
    quiet(counts)
    widths = [0.92 * (each["high"] - each["low"]) for each in record["bins"]]
    lows = [each["low"] for each in record["bins"]]
    heights = [each["count"] for each in record["bins"]]
    counts.bar(lows, heights, width=widths, align="edge", color=MUTED, alpha=0.55, linewidth=0)
    counts.set(xlim=(0, 1), ylim=(0, 1.1 * max(1, *heights)), yticks=[])
    counts.text(0.0, 1.0, "rows", transform=counts.transAxes, fontsize=FONT, color=MUTED, va="top")
    name_axes(counts, "confidence: the probability of its answer", "")
    return figure

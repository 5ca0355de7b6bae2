"""The reliability diagram: how often the network is right, for how sure it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, MUTED, name_axes, panel, quiet, shares


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
    axes.text(0.98, 0.06, "dashed: as sure as it is right", color=MUTED, fontsize=FONT, ha="right")
    filled = [each for each in record["bins"] if each["count"]]
    sure, right = [each["confidence"] for each in filled], [each["accuracy"] for each in filled]
    most = max((each["count"] for each in filled), default=1)
    axes.plot(sure, right, color=ACCENT, linewidth=1, alpha=0.45)
    for each in filled:  # a bin of two rows must not look like one of two thousand
        size = 3 + 6 * (each["count"] / most) ** 0.5
        axes.plot(each["confidence"], each["accuracy"], "o", color=ACCENT, markersize=size, clip_on=False)
    shares(axes)
    axes.set_xticklabels([])
    name_axes(axes, "", "share that is right")

    box = axes.get_position()
    counts = figure.add_axes((box.x0, 36 / 260, box.width, 38 / 260))
    quiet(counts)
    widths = [0.92 * (each["high"] - each["low"]) for each in record["bins"]]
    lows = [each["low"] for each in record["bins"]]
    heights = [each["count"] for each in record["bins"]]
    counts.bar(lows, heights, width=widths, align="edge", color=MUTED, alpha=0.55, linewidth=0)
    shares(counts)
    counts.set(ylim=(0, 1.1 * max(1, *heights)), yticks=[])
    counts.text(0.0, 1.0, "rows", transform=counts.transAxes, fontsize=FONT, color=MUTED, va="top")
    name_axes(counts, "confidence: the probability of its answer", "")
    return figure

"""Learning curves of several trainings of the same settings: their mean, and the band that they fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from glasshouse.plot.curves import COLOURS, DASHES
from glasshouse.plot.style import (
    MUTED,
    label_ends,
    logarithmic,
    name_axes,
    panel,
    spans_decades,
    without_outliers,
)


@dataclass(frozen=True)
class Band:
    """One curve.

    Args:
        name: What stands at its end.
        mean: For each epoch the mean.
        spread: For each epoch the standard deviation.
    """

    name: str
    mean: Sequence[float]
    spread: Sequence[float]


def band_curves(bands: Sequence[Band], measure: str, others: Sequence[Sequence[float]] = ()) -> Figure:
    """Draw up to three curves with their bands of one standard deviation, above thin lines of the others.

    Args:
        bands: The curves.
        measure: What is on the upright axis.
        others: Means of further trainings.

    Example:
        >>> band = Band("trial 3", [0.5, 0.3], [0.1, 0.05])
        >>> axes = band_curves([band], "loss", others=[[0.6, 0.5]]).axes[0]
        >>> len(axes.lines), len(axes.collections[0].get_segments())
        (1, 1)
    """
    figure, axes = panel(height=240, margins=(44, 70, 28, 34))
    # A collection is drawn several times as fast as that many lines.
    paths = [np.column_stack([np.arange(1, len(each) + 1), each]) for each in others]
    axes.add_collection(LineCollection(paths, colors=MUTED, alpha=0.3, linewidths=0.7, zorder=2))
    ends = []
    for band, colour, dashes in zip(bands, COLOURS, DASHES, strict=False):
        epochs = np.arange(1, len(band.mean) + 1)
        mean, spread = np.asarray(band.mean, float), np.asarray(band.spread, float)
        axes.fill_between(epochs, mean - spread, mean + spread, color=colour, alpha=0.15, linewidth=0)
        single = "o" if len(epochs) == 1 else None
        axes.plot(epochs, mean, color=colour, linewidth=1.7, linestyle=dashes, marker=single, zorder=4)
        ends.append((float(epochs[-1]), float(mean[-1]), band.name, colour))
    last = max([len(each) for each in others] + [len(band.mean) for band in bands], default=1)
    axes.set_xlim(1, max(2, last))
    heights = [value for band in bands for value in band.mean] + [value for each in others for value in each]
    if measure == "loss" and spans_decades(heights):
        logarithmic(axes.yaxis)
        lows = [value for value in heights if value > 0]
        axes.set_ylim(bottom=0.7 * min(lows))
    elif heights:
        ends_of = [band.mean[-1] for band in bands] + [each[-1] for each in others if each]
        low, high = without_outliers(
            [*ends_of, *(v for band in bands for v in band.mean[1:])], measure != "loss"
        )
        axes.set_ylim(low - 0.08 * ((high - low) or 1), high + 0.08 * ((high - low) or 1))
    name_axes(axes, "epoch", measure)
    label_ends(axes, ends)
    return figure

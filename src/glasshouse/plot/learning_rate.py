"""The learning rate over the steps, as the schedule set it."""

from __future__ import annotations

import polars as pl
from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, logarithmic, name_axes, panel, spans_decades

_POINTS = 300


def learning_rate(steps: pl.DataFrame) -> Figure:
    """Draw the learning rate of every step.

    Args:
        steps: ``Run.steps``: ``step`` and ``learning_rate``.

    Example:
        >>> len(learning_rate(pl.DataFrame({"step": [0, 1], "learning_rate": [0.1, 0.05]})).axes[0].lines)
        1
    """
    figure, axes = panel()
    thinned = steps.gather_every(max(1, steps.height // _POINTS))
    rates = thinned["learning_rate"].to_list()
    axes.plot(thinned["step"].to_list(), rates, color=ACCENT, linewidth=1.5)
    # a cosine ends near zero: what most steps have decides, not the last ones
    if spans_decades(sorted(rate for rate in rates if rate > 0)[len(rates) // 10 :], 2.2):
        logarithmic(axes.yaxis)
        name_axes(axes, "step", "learning rate (log scale)")
    else:
        axes.set_ylim(0, 1.08 * max(rates, default=0.0) or 1.0)
        name_axes(axes, "step", "learning rate")
    axes.set_xlim(0, max(1, steps.height - 1))
    return figure

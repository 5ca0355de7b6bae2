"""The learning-rate range test: the loss while the rate rises, and the rate that was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, INK, RULE, logarithmic, name_axes, panel, short


def range_test(record: Mapping[str, Any]) -> Figure:
    """Draw loss over learning rate.

    Args:
        record: ``range_test.json``: ``rates``, ``losses`` and ``suggestion``.

    Example:
        >>> record = {"rates": [1e-4, 1e-3, 1e-2], "losses": [2.0, 1.0, 3.0], "suggestion": 1e-3}
        >>> range_test(record).axes[0].get_xscale()
        'log'
    """
    figure, axes = panel()
    rates, losses, chosen = record["rates"], record["losses"], record["suggestion"]
    axes.plot(rates, losses, color=ACCENT, linewidth=1.5)
    logarithmic(axes.xaxis)
    name_axes(axes, "learning rate (log scale)", "loss")
    axes.axvline(chosen, color=RULE, linewidth=1, zorder=0)
    height = float(np.interp(np.log(chosen), np.log(rates), losses))
    axes.plot([chosen], [height], marker="o", markersize=5, color=ACCENT, clip_on=False)
    axes.annotate(
        f"chosen: {short(float(f'{chosen:.2g}'))}",
        (chosen, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 6),
        textcoords="offset points",
        fontsize=FONT,
        color=INK,
        ha="center",
    )
    return figure

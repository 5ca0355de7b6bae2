"""A series with the stretches that somebody marked and the windows that a network named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from glasshouse.plot.series import within
from glasshouse.plot.style import ACCENT, MUTED, SECOND, legend, literal, name_axes, panel


def odd_windows(drawn: Mapping[str, Any]) -> Figure:
    """Draw a series over its windows.

    Args:
        drawn: ``name``; ``places`` and ``values``; ``judged``, ``marked`` and ``named`` as stretches.

    Example:
        >>> known = {"name": "load", "places": [0, 1, 2], "values": [1.0, 5.0, 1.0],
        ...          "judged": [(1, 2)], "marked": [(1, 1)], "named": [(1, 1)]}
        >>> len(odd_windows(known).axes[0].patches)
        2
    """
    figure, axes = panel(height=240)
    places, values = np.asarray(drawn["places"]), np.asarray(drawn["values"], dtype=np.float64)
    judged = within(places, drawn["judged"])
    axes.plot(places, values, color=MUTED, linewidth=0.6, alpha=0.6, label="learnt from")
    axes.plot(places, np.where(judged, values, np.nan), color=SECOND, linewidth=0.9, label="judged")
    for number, (first, last) in enumerate(drawn["marked"]):
        label = "marked" if number == 0 else None
        axes.axvspan(first - 0.5, last + 0.5, color=MUTED, alpha=0.25, linewidth=0, label=label)
    for number, (first, last) in enumerate(drawn["named"]):
        label = "named" if number == 0 else None
        axes.axvspan(first - 0.5, last + 0.5, ymax=0.05, color=ACCENT, linewidth=0, label=label)
    low, high = float(values.min()), float(values.max())
    axes.set_ylim(low - 0.12 * (high - low or 1.0), high + 0.45 * (high - low or 1.0))
    legend(axes, "upper left", 2)
    name_axes(axes, "window", literal(drawn["name"]))
    return figure

"""Forecasts over time, and how the error grows with the steps ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, INK, MUTED, SECOND, legend, literal, name_axes, panel

STYLES = ((MUTED, (0, (4, 3))), (SECOND, (0, (1, 2))), (INK, (0, (5, 2, 1, 2))), (SECOND, "solid"))
"""Colour and dashes of the simple methods."""


def forecast(rows: Sequence[int], came: Sequence[float], said: Sequence[float], name: str) -> Figure:
    """Draw what came and what had been said one step before.

    Args:
        rows: Numbers of the windows, in the order of time.
        came: What came.
        said: The forecasts.
        name: What is forecast.

    Example:
        >>> len(forecast([0, 1], [1.0, 2.0], [1.5, 1.5], "price").axes[0].lines)
        2
    """
    figure, axes = panel(height=240)
    axes.plot(rows, came, color=MUTED, linewidth=1.2, label="came")
    axes.plot(rows, said, color=SECOND, linewidth=1.2, label="said")
    legend(axes)
    name_axes(axes, "window", literal(name))
    return figure


def error_ahead(errors: Sequence[Mapping[str, Any]]) -> Figure | None:
    """Draw the error of each step ahead; ``None`` where there is one step.

    Args:
        errors: ``{"name", "rmse"}``, the network first.

    Example:
        >>> len(error_ahead([{"name": "this network", "rmse": [1.0, 2.0]}]).axes[0].lines)
        1
    """
    steps = len(errors[0]["rmse"])
    if steps < 2:
        return None
    figure, axes = panel(height=240)
    ahead = range(1, steps + 1)
    for place, each in enumerate(errors):
        colour, dashes = (ACCENT, "solid") if place == 0 else STYLES[(place - 1) % len(STYLES)]
        axes.plot(ahead, each["rmse"], color=colour, linestyle=dashes, linewidth=1.5, label=each["name"])
    legend(axes)
    axes.set_ylim(bottom=0)
    name_axes(axes, "steps ahead", "root mean squared error")
    return figure

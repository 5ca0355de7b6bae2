"""A series over time: which stretch of it is learnt from, which is judged, and where marked ones lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from glasshouse.plot.style import ACCENT, INK, MUTED, SECOND, legend, literal, name_axes, panel

COLOURS = {"train": ACCENT, "validation": INK, "test": SECOND}

Stretches = Sequence[tuple[int, int]]


def series(
    name: str,
    places: Sequence[int],
    values: Sequence[float],
    parts: Mapping[str, Stretches],
    marked: tuple[str, Stretches] | None = None,
) -> Figure:
    """Draw a variable of a series over its steps.

    Args:
        name: What the variable is called.
        places: Steps, in ascending order.
        values: One for each of them.
        parts: Stretches of steps of each part, first and last; what is in none of them stays pale.
        marked: What is shaded: what to call it, and its stretches.

    Example:
        >>> drawn = series("load", [0, 1, 2], [1.0, 5.0, 1.0], {"train": [(0, 1)], "test": [(2, 2)]})
        >>> len(drawn.axes[0].lines)
        3
    """
    figure, axes = panel(height=240)
    steps, numbers = np.asarray(places), np.asarray(values, dtype=np.float64)
    axes.plot(steps, numbers, color=MUTED, linewidth=0.6, alpha=0.6)
    for part, stretches in parts.items():
        inside = np.where(within(steps, stretches), numbers, np.nan)
        axes.plot(steps, inside, color=COLOURS.get(part, MUTED), linewidth=0.8, label=part)
    for number, (first, last) in enumerate(marked[1] if marked else ()):
        label = marked[0] if marked and number == 0 else None
        axes.axvspan(first - 0.5, last + 0.5, color=MUTED, alpha=0.3, linewidth=0, label=label)
    low, high = float(numbers.min()), float(numbers.max())
    room = high - low or 1.0
    axes.set_ylim(low - 0.08 * room, high + (0.45 if parts else 0.08) * room)
    if parts or marked:
        legend(axes, "upper left", 2)
    name_axes(axes, "step", literal(name))
    return figure


def within(places: NDArray[np.int64], stretches: Stretches) -> NDArray[np.bool_]:
    """Which places lie in one of the stretches.

    Example:
        >>> within(np.array([0, 1, 2, 3]), [(1, 2)]).tolist()
        [False, True, True, False]
    """
    inside = np.zeros(len(places), dtype=bool)
    for first, last in stretches:
        inside |= (places >= first) & (places <= last)
    return inside

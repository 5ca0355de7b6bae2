"""One quiet style for all figures: thin lines, few ticks, words beside the lines that they name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

WIDTH = 360
"""Width of a panel in points; one point is one pixel on a page that shows it at that width."""
FONT = 11
"""Size of all text in a figure, in points."""

INK = "#17211f"
MUTED = "#56655f"
RULE = "#dce4e1"
PAPER = "#fcfdfc"
ACCENT = "#0b6e63"
SECOND = "#b4540a"
COLOURS = {INK: "ink", MUTED: "muted", RULE: "rule", PAPER: "paper", ACCENT: "accent", SECOND: "second"}
"""The only colours of figures, and the names by which a page may replace them.

Accent and second differ in lightness as well as hue and stay apart for people who see no red or green.
"""

Margins = tuple[float, float, float, float]


def panel(height: float = 210, margins: Margins = (44, 14, 26, 34)) -> tuple[Figure, Axes]:
    """A figure of one panel in the house style.

    Args:
        height: Of the whole figure, in points.
        margins: Space left, right, above and below the axes, in points.
    """
    left, right, top, bottom = margins
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    box = (left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, 1 - (top + bottom) / height)
    axes = figure.add_axes(box)
    quiet(axes)
    return figure, axes


def quiet(axes: Axes) -> None:
    """Take away what draws attention to itself."""
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set(color=RULE, linewidth=1)
    axes.set_facecolor("none")
    axes.tick_params(length=0, labelsize=FONT, labelcolor=MUTED, pad=5)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def name_axes(axes: Axes, across: str, up: str) -> None:
    """Name the axes: the upright one above its end, where nobody has to tilt their head."""
    axes.set_xlabel(across, fontsize=FONT, color=MUTED, loc="right", labelpad=3)
    axes.annotate(
        up,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 6),
        textcoords="offset points",
        fontsize=FONT,
        color=MUTED,
    )


def legend(axes: Axes, place: str = "best", columns: int = 1) -> None:
    """Say what the lines are, in a colour that a dark page turns light."""
    axes.legend(frameon=False, fontsize=10, labelcolor=MUTED, loc=place, ncols=columns)


def shares(axes: Axes) -> None:
    """Let both axes run from 0 to 1, labelled in per cent."""
    for axis, lowest in ((axes.xaxis, 0), (axes.yaxis, 0.25)):  # one 0 in the corner is enough
        axis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        axis.set_major_formatter(
            FuncFormatter(lambda value, _, lowest=lowest: f"{100 * value:.0f} %" if value >= lowest else "")
        )
    axes.set(xlim=(0, 1), ylim=(0, 1.02))


def logarithmic(axis: Any) -> None:
    """Give an axis a logarithmic scale with few, plain labels."""
    axis._set_axes_scale("log")
    axis.set_major_locator(LogLocator(10, numticks=5))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def spans_decades(values: Sequence[float], decades: float = 1.3) -> bool:
    """Whether positive values differ so much that a plain scale would hide the small ones."""
    finite = [value for value in values if math.isfinite(value)]
    return bool(finite) and min(finite) > 0 and math.log10(max(finite) / min(finite)) > decades


def without_outliers(values: Sequence[float], larger: bool) -> tuple[float, float]:
    """Limits that show the good values and leave out hopeless ones, which would press all others together.

    Left out is what lies more than three times the middle half's width on the bad side of it.

    Args:
        values: What is to be drawn; at least one.
        larger: Whether larger is better.

    Example:
        >>> without_outliers([0.90, 0.91, 0.92, 0.93, 0.10], larger=True)
        (0.84, 0.93)
    """
    low, high = min(values), max(values)
    first, third = np.quantile(np.asarray(values, dtype=float), [0.25, 0.75])
    reach = 3 * (third - first) or high - low
    if larger:
        return round(max(low, float(first - reach)), 6), high
    return low, round(min(high, float(third + reach)), 6)


def label_ends(axes: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write names at the ends of lines, moved apart where they would overlap.

    Args:
        axes: With its limits set.
        ends: x and y of each line's end, its name, and its colour.
    """
    _ = axes.get_xlim(), axes.get_ylim()  # asking for the limits settles them
    places = [axes.transData.transform((x, y)) for x, y, _, _ in ends]
    # pixels at 72 dots per inch are points; lines of text need a little more than their size
    gap = FONT * 1.25 * axes.figure.dpi / 72
    order = sorted(range(len(ends)), key=lambda place: places[place][1])
    heights = [places[place][1] for place in order]
    for upper in range(1, len(heights)):
        heights[upper] = max(heights[upper], heights[upper - 1] + gap)
    shift = sum(places[place][1] - height for place, height in zip(order, heights, strict=True))
    for place, height in zip(order, heights, strict=True):
        x, y, name, colour = ends[place]
        moved = (height + shift / len(ends) - places[place][1]) * 72 / axes.figure.dpi
        axes.annotate(
            name,
            (x, y),
            xytext=(6, moved),
            textcoords="offset points",
            fontsize=FONT,
            color=colour,
            va="center",
            annotation_clip=False,
        )


def literal(name: str, most: int | None = None) -> str:
    r"""A name from somebody's data, to be drawn as it is: on one line, and no dollar sign starts a formula.

    Args:
        name: Any text.
        most: Letters to keep; ``None`` for all.

    Example:
        >>> print(literal("price in $"), literal("a very long name", most=7))
        price in \$ a very…
    """
    plain = " ".join(name.split())
    if most is not None and len(plain) > most:
        plain = plain[: most - 1].rstrip() + "…"
    return plain.replace("$", r"\$")


def short(value: float) -> str:
    """A tick label: at most four characters or so.

    Example:
        >>> [short(value) for value in (0, 0.25, 12, 1500, 2_000_000, 0.00001)]
        ['0', '0.25', '12', '1.5k', '2M', '1e-5']
    """
    size = abs(value)
    if size == 0 or not math.isfinite(value):
        return "0" if size == 0 else ""
    if size < 0.001:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= limit:
            return f"{value / limit:.4g}{letter}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")

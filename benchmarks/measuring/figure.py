"""The figure beside the tables: how fast everybody is, case by case, in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from glasshouse.plot.style import ACCENT, FONT, INK, MUTED, RULE, WIDTH, logarithmic, quiet
from glasshouse.plot.svg import as_file, to_svg
from measuring.clock import Spread

LINE, HEAD, FOOT, LEFT, RIGHT = 17, 30, 26, 148, 40
"""Points: a row, above and below the rows of a panel, and beside them."""


class Bar(NamedTuple):
    """One row.

    Args:
        title: Whose.
        speed: As a multiple of the reference's.
        own: Whether it is Glasshouse.
    """

    title: str
    speed: Spread
    own: bool


def draw(panels: dict[str, Sequence[Bar]], path: Path) -> None:
    """Write a panel for each case, one below the other, on the same scale.

    Args:
        panels: The rows by the heading of a case.
        path: The SVG file.
    """
    height = sum(HEAD + FOOT + LINE * len(bars) for bars in panels.values())
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    every = [each for bars in panels.values() for bar in bars for each in bar.speed]
    limits = min(0.8 * min(every), 0.5), 1.15 * max(*every, 2.0)
    top = float(height)
    for heading, bars in panels.items():
        tall = LINE * len(bars)
        top -= HEAD + tall
        box = (LEFT / WIDTH, top / height, 1 - (LEFT + RIGHT) / WIDTH, tall / height)
        axes = figure.add_axes(box)
        panel(axes, bars, limits)
        figure.text(8 / WIDTH, (top + tall + 10) / height, heading, fontsize=FONT, color=INK)
        top -= FOOT
    path.parent.mkdir(parents=True, exist_ok=True)
    svg = to_svg(figure, "Speed of a training step beside a PyTorch tutorial loop", description(panels))
    path.write_text(as_file(svg), encoding="utf-8")


def panel(axes: Axes, bars: Sequence[Bar], limits: tuple[float, float]) -> None:
    """Bars from 1 on, to the left where slower, with the quartiles as a thin line."""
    quiet(axes)
    logarithmic(axes.xaxis)
    axes.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
    axes.grid(False)
    axes.grid(axis="x", color=RULE, linewidth=0.8)
    axes.set(xlim=limits, ylim=(len(bars) - 0.5, -0.5), yticks=range(len(bars)))
    axes.set_yticklabels([bar.title for bar in bars])
    for place, (bar, label) in enumerate(zip(bars, axes.get_yticklabels(), strict=True)):
        colour = ACCENT if bar.own else MUTED
        label.set(fontsize=FONT - 1, color=colour, fontweight="bold" if bar.own else "normal")
        middle = bar.speed.median
        axes.barh(place, middle - 1, left=1, height=0.62, color=colour)
        axes.plot([bar.speed.lower, bar.speed.upper], [place, place], color=INK, linewidth=1)
        axes.annotate(
            f"{middle:.2f}" if middle < 10 else f"{middle:.0f}",
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(RIGHT - 6, 0),
            textcoords="offset points",
            ha="right",
            va="center_baseline",
            fontsize=FONT - 1,
            color=colour,
        )
    axes.axvline(1, color=INK, linewidth=0.8)


def description(panels: dict[str, Sequence[Bar]]) -> str:
    """The figure in words, for people who do not see it."""
    return " ".join(
        f"{heading}: " + ", ".join(f"{bar.title} {bar.speed.median:.2f}" for bar in bars) + "."
        for heading, bars in panels.items()
    )

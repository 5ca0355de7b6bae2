"""Parallel coordinates: every trial of a search as one line through its settings to its score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, MUTED, PAPER, SECOND, literal

WIDTH, HEIGHT = 760, 330
"""Of the figure, in points."""
LEFT, RIGHT, TOP, BOTTOM = 4, 64, 46, 30
FAINT, STRONG = 0.1, 0.95
"""How opaque the worst and the best line are."""


@dataclass(frozen=True)
class Axis:
    """One upright axis.

    Args:
        name: What stands above it.
        ticks: Places from 0 (below) to 1 with what stands beside them.
        below: A second line under the name, such as the scale.
    """

    name: str
    ticks: Sequence[tuple[float, str]]
    below: str = ""


def parallel_coordinates(
    axes: Sequence[Axis], lines: Sequence[Sequence[float | None]], ranks: Sequence[float], best: int | None
) -> Figure:
    """Draw lines across upright axes, good ones strong and bad ones faint.

    Args:
        axes: From left to right; the last one is the score.
        lines: For each trial its place on every axis, from 0 to 1; ``None`` where a setting does not count:
            the line then runs below the axis.
        ranks: For each trial from 0, the worst, to 1, the best.
        best: The place of the line that is drawn apart, or ``None``.

    Example:
        >>> axes = [Axis("rate", [(0, "0.1"), (1, "1")]), Axis("accuracy", [(0, "0.5"), (1, "0.9")])]
        >>> figure = parallel_coordinates(axes, [[0.0, 0.2], [1.0, 0.9]], [0.0, 1.0], best=1)
        >>> len(figure.axes[0].collections[0].get_segments())
        1
    """
    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=72)
    room = figure.add_axes(
        (LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (TOP + BOTTOM) / HEIGHT)
    )
    room.set_facecolor("none")
    room.set_axis_off()
    room.set(xlim=(0, max(1, len(axes) - 1)), ylim=(-0.12, 1.02))
    order = sorted(range(len(lines)), key=lambda place: ranks[place])
    paths = [
        [(at, -0.1 if height is None else height) for at, height in enumerate(lines[place])]
        for place in order
    ]
    strengths = [FAINT + (STRONG - FAINT) * ranks[place] ** 3 for place in order]
    # A collection is drawn several times as fast as that many lines.
    room.add_collection(
        LineCollection(
            [path for place, path in zip(order, paths, strict=True) if place != best],
            colors=[to_rgba(ACCENT, strengths[at]) for at, place in enumerate(order) if place != best],
            linewidths=0.9,
            zorder=2,
            clip_on=False,
        ),
        autolim=False,
    )
    if best is not None:
        across, up = zip(*paths[order.index(best)], strict=True)
        room.plot(across, up, color=SECOND, linewidth=2.2, zorder=4, clip_on=False)
    for place, axis in enumerate(axes):
        _draw(room, place, axis, place == len(axes) - 1, letters=max(8, 150 // len(axes)))
    return figure


def _draw(room: Axes, place: int, axis: Axis, last: bool, letters: int) -> None:
    """An axis with its name and the words beside it, which stand on paper so that lines do not cross them."""
    room.plot([place, place], [0, 1], color=MUTED, linewidth=1, zorder=5, clip_on=False)
    for height, word in axis.ticks:
        room.plot([place], [height], "o", color=MUTED, markersize=3, zorder=6, clip_on=False)
        room.annotate(
            literal(word, most=14),
            (place, height),
            xytext=(6, 0),
            textcoords="offset points",
            fontsize=FONT,
            color=MUTED,
            va="center",
            zorder=7,
            annotation_clip=False,
            bbox={"boxstyle": "square,pad=0.12", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.75},
        )
    room.annotate(
        literal(axis.name, most=letters),
        (place, 1),
        xytext=(0, 24),
        textcoords="offset points",
        fontsize=FONT,
        color=ACCENT if last else MUTED,
        weight="bold" if last else "normal",
        ha="right" if last and place else "left" if place == 0 else "center",
        annotation_clip=False,
    )
    if axis.below:
        room.annotate(
            axis.below,
            (place, 1),
            xytext=(0, 11),
            textcoords="offset points",
            fontsize=FONT,
            color=MUTED,
            alpha=0.8,
            ha="right" if last and place else "left" if place == 0 else "center",
            annotation_clip=False,
        )

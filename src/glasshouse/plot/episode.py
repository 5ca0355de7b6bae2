"""An episode: what was seen and done over time, one strip below the other."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glasshouse.plot.style import ACCENT, FONT, MUTED, RULE, SECOND, WIDTH, literal, quiet

STRIP = 46
"""Height of one strip, in points."""
GAP = 20
"""Space above it, for its name."""


def episode(
    seen: Sequence[tuple[str, Sequence[float]]],
    done: Sequence[tuple[str, Sequence[float]]],
    counted: bool,
) -> Figure:
    """Draw an episode.

    Args:
        seen: Name and values over time of every number that is seen.
        done: Name and values of every number of the action.
        counted: Whether actions are counted, and so drawn as steps.

    Example:
        >>> len(episode([("angle", [0.1, 0.2])], [("push", [0, 1])], counted=True).axes)
        2
    """
    rows = [*((name, values, ACCENT, False) for name, values in seen)]
    rows += [(name, values, SECOND, counted) for name, values in done]
    height = len(rows) * (STRIP + GAP) + 34
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    for place, (name, values, colour, stepped) in enumerate(rows):
        bottom = height - (place + 1) * (STRIP + GAP)
        axes = figure.add_axes((44 / WIDTH, bottom / height, 1 - 58 / WIDTH, STRIP / height))
        quiet(axes)
        axes.yaxis.set_major_locator(MaxNLocator(2, integer=stepped))
        axes.set_xlim(0, max(1, len(values) - 1))
        if stepped:
            axes.step(range(len(values)), values, where="post", color=colour, linewidth=1)
        else:
            axes.plot(values, color=colour, linewidth=1.4)
            if min(values) < 0 < max(values):
                axes.axhline(0, color=RULE, linewidth=1, zorder=0)
        axes.annotate(
            literal(name),
            (0, 1),
            xycoords="axes fraction",
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=FONT,
            color=MUTED,
        )
        if place < len(rows) - 1:
            axes.set_xticklabels([])
        else:
            axes.set_xlabel("step", fontsize=FONT, color=MUTED, loc="right", labelpad=3)
    return figure

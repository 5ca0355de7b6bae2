"""The reward curve: returns over the steps in a world, of acting with chance and without."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, FONT, INK, MUTED, RULE, label_ends, name_axes, panel, short


def reward_curve(
    steps: Sequence[float],
    judged: Sequence[float],
    band: tuple[Sequence[float], Sequence[float]],
    acted: tuple[Sequence[float], Sequence[float]],
    marks: Sequence[tuple[float, str]] = (),
    best: float | None = None,
) -> Figure:
    """Draw returns over steps.

    Args:
        steps: Steps in the world at which the policy was judged.
        judged: Mean return there, without chance.
        band: Lowest and highest return there.
        acted: Steps and mean returns of the episodes in which chance had a part.
        marks: Levels to compare with, each with a word.
        best: The step whose weights were kept.

    Example:
        >>> figure = reward_curve([1, 2], [5, 9], ([1, 8], [9, 10]), ([1, 2], [4, 6]), [(2, "random")])
        >>> len(figure.axes[0].lines)
        3
    """
    figure, axes = panel(height=240, margins=(48, 74, 28, 34))
    axes.fill_between(steps, *band, color=ACCENT, alpha=0.16, linewidth=0)
    axes.plot(*acted, color=MUTED, linewidth=1.2)
    axes.plot(steps, judged, color=ACCENT, linewidth=1.8, marker="o" if len(steps) == 1 else None)
    axes.set_xlim(0, max(steps))
    if min([*band[0], *acted[1]]) >= 0:
        axes.set_ylim(bottom=0)
    for level, _ in marks:
        axes.axhline(level, color=MUTED, linewidth=1, linestyle=(0, (4, 2.5)), zorder=1)
    ends = [(steps[-1], judged[-1], "greedy", ACCENT)]
    if len(acted[0]):
        ends.append((max(steps), acted[1][-1], "exploring", MUTED))
    ends += [(max(steps), level, word, MUTED) for level, word in marks]
    if best is not None:
        axes.axvline(best, color=RULE, linewidth=1, zorder=0)
        late = best > 0.55 * max(steps)
        axes.annotate(
            f"kept: step {short(best)}",
            (best, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0 if late else 3, 6),
            textcoords="offset points",
            fontsize=FONT,
            color=INK,
            ha="right" if late else "left",
        )
    name_axes(axes, "steps in the world", "" if best is not None and best < 0.3 * max(steps) else "return")
    label_ends(axes, ends)
    return figure

"""One setting of a search against the score: every trial a dot, and the mean of each value or band."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from glasshouse.plot.style import (
    ACCENT,
    MUTED,
    SECOND,
    literal,
    logarithmic,
    name_axes,
    panel,
    without_outliers,
)

SPREAD = 0.22
"""How far the dots of one value lie apart, as a share of the way to the next value."""


def setting_slice(
    values: Sequence[float],
    scores: Sequence[float],
    means: Sequence[tuple[float, float, float]],
    name: str,
    measure: str,
    words: Sequence[str] = (),
    log: bool = False,
    larger: bool = True,
) -> Figure:
    """Draw scores over the values of a setting.

    Args:
        values: Of each trial: a number, or with ``words`` the place of its word.
        scores: Of each trial.
        means: For each value or band: from, to, and the mean score.
        name: Of the setting.
        measure: What the score is.
        words: What stands below the places, where values are no numbers.
        log: Whether the setting is on a logarithmic scale.
        larger: Whether a larger score is better; scores that are hopeless leave the picture.

    Example:
        >>> means = [(0, 0, 0.5), (1, 1, 0.85)]
        >>> figure = setting_slice([0, 1, 1], [0.5, 0.8, 0.9], means, "size", "accuracy", words=["16", "32"])
        >>> len(figure.axes[0].lines)
        3
    """
    figure, axes = panel(height=200)
    places = list(values)
    if words:
        # Trials of one value side by side, in their order, so that none hides another.
        seen: dict[float, int] = {}
        counts = {value: places.count(value) for value in places}
        for at, value in enumerate(values):
            number = seen[value] = seen.get(value, -1) + 1
            places[at] = value + SPREAD * (2 * (number + 0.5) / counts[value] - 1)
        axes.set_xlim(-0.5, len(words) - 0.5)
    if log:
        logarithmic(axes.xaxis)
    axes.plot(places, scores, "o", color=ACCENT, alpha=0.45, markersize=4, markeredgewidth=0)
    for low, high, mean in means:
        ends = (low - 1.4 * SPREAD, high + 1.4 * SPREAD) if words else (low, high)
        axes.plot(ends, (mean, mean), color=SECOND, linewidth=2, solid_capstyle="butt", zorder=4)
    if words:
        axes.xaxis.set_major_locator(FixedLocator(list(range(len(words)))))
        axes.xaxis.set_major_formatter(
            FixedFormatter([literal(word, most=60 // len(words) + 2) for word in words])
        )
        axes.tick_params(axis="x", labelcolor=MUTED)
    low, high = without_outliers(scores, larger)
    margin = 0.08 * ((high - low) or 1)
    axes.set_ylim(low - margin, high + margin)
    name_axes(axes, "" if words else literal(name), measure)
    return figure

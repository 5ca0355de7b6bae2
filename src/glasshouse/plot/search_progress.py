"""How a search went: the score of every trial in its turn, and the best until then."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, MUTED, label_ends, name_axes, panel, without_outliers


def search_progress(scores: Sequence[float | None], measure: str, larger: bool) -> Figure:
    """Draw scores by the number of the trial, with the best so far as a stair.

    Args:
        scores: Of each trial in its turn; ``None`` where it has none.
        measure: What the score is.
        larger: Whether larger is better.

    Example:
        >>> len(search_progress([0.5, None, 0.7], "accuracy", larger=True).axes[0].lines)
        2
    """
    figure, axes = panel(height=240, margins=(44, 60, 28, 34))
    known = [(place, score) for place, score in enumerate(scores) if score is not None]
    best: list[float] = []
    for _, score in known:
        best.append(score if not best else (max if larger else min)(best[-1], score))
    axes.plot([place for place, _ in known], [score for _, score in known], "o", color=MUTED, alpha=0.5,
              markersize=3.5, markeredgewidth=0)  # fmt: skip
    if known:
        places = [place for place, _ in known]
        axes.step(places, best, where="post", color=ACCENT, linewidth=1.7)
        axes.set_xlim(-0.5, max(1, len(scores) - 1) + 0.5)
        label_ends(axes, [(places[-1], best[-1], "best", ACCENT)])
        low, high = without_outliers([score for _, score in known], larger)
        margin = 0.08 * ((high - low) or 1)
        axes.set_ylim(low - margin, high + margin)
    name_axes(axes, "trial", measure)
    return figure

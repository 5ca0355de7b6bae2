"""The learning curve: a loss or metric over the epochs, on rows that were learnt and rows that were not."""

from __future__ import annotations

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glasshouse.plot.style import (
    ACCENT,
    FONT,
    INK,
    MUTED,
    RULE,
    label_ends,
    logarithmic,
    name_axes,
    panel,
    short,
    spans_decades,
)

_LOWEST_R2 = -0.5
"""Below this, R² leaves the picture: a wild first epoch would press all others into one line."""


def learning_curve(history: pl.DataFrame, measure: str, best_epoch: int | None = None) -> Figure:
    """Draw one measure over the epochs, training and validation, with the epoch that was kept.

    Args:
        history: ``Run.history``: ``epoch`` and columns such as ``train_loss`` and ``validation_loss``.
        measure: ``"loss"``, ``"accuracy"``, ``"r2"`` or any other of the history, such as ``"free_energy"``.
        best_epoch: The epoch whose weights were kept, from 1.

    Example:
        >>> history = pl.DataFrame({"epoch": [1, 2], "train_loss": [1.0, 0.5], "validation_loss": [1.1, 0.7]})
        >>> len(learning_curve(history, "loss", best_epoch=2).axes)
        1
    """
    figure, axes = panel(margins=(44, 66, 28, 34))
    ends, everything = [], []
    for part, colour, width in (("train", MUTED, 1.2), ("validation", ACCENT, 1.8)):
        epochs, values = _known(history, f"{part}_{measure}")
        if not values:
            continue
        axes.plot(
            epochs,
            values,
            color=colour,
            linewidth=width,
            marker="o" if len(values) == 1 else None,
            markersize=4,
        )
        ends.append((epochs[-1], values[-1], part, colour))
        everything += values
    _scale(axes, measure, everything)
    last = max((end[0] for end in ends), default=1)
    axes.set_xlim(1, max(2, last))
    _mark_best(axes, *_known(history, f"validation_{measure}"), best_epoch)
    label_ends(axes, ends)
    return figure


def _known(history: pl.DataFrame, column: str) -> tuple[list[int], list[float]]:
    if column not in history.columns:
        return [], []
    known = history.select("epoch", column).drop_nulls()
    return known["epoch"].to_list(), known[column].to_list()


def _scale(axes: Axes, measure: str, values: list[float]) -> None:
    if measure == "loss" and spans_decades(values):
        logarithmic(axes.yaxis)
        name_axes(axes, "epoch", "loss (log scale)")
        return
    name_axes(axes, "epoch", {"r2": "R²"}.get(measure, measure.replace("_", " ")))
    if measure == "r2" and values and min(values) < _LOWEST_R2 < max(values):
        axes.set_ylim(bottom=_LOWEST_R2)


def _mark_best(axes: Axes, epochs: list[int], values: list[float], best: int | None) -> None:
    if best not in epochs:
        return
    axes.axvline(best, color=RULE, linewidth=1, zorder=0)
    value = values[epochs.index(best)]
    axes.plot([best], [value], marker="o", markersize=5, color=ACCENT, zorder=5, clip_on=False)
    late = best > 0.55 * epochs[-1]
    axes.annotate(
        f"kept: epoch {best}, {short(float(f'{value:.3g}'))}",
        (best, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0 if late else 3, 6),
        textcoords="offset points",
        fontsize=FONT,
        color=INK,
        ha="right" if late else "left",
    )

"""The learning curve: how a loss or metric went, epoch by epoch, on rows that were learnt and rows that were not."""

from __future__ import annotations

import polars as pl
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


def learning_curve(history: pl.DataFrame, measure: str, best_epoch: int | None = None) -> Figure:
    """Draw one measure over the epochs, training and validation, with the epoch that was kept.

    Args:
        history: ``Run.history``: ``epoch`` and columns such as ``train_loss`` and ``validation_loss``.
        measure: ``"loss"``, ``"accuracy"`` or ``"r2"``.
        best_epoch: The epoch whose weights were kept, from 1.

    Example:
        >>> history = pl.DataFrame({"epoch": [1, 2], "train_loss": [1.0, 0.5], "validation_loss": [1.1, 0.7]})
        >>> len(learning_curve(history, "loss", best_epoch=2).axes)
        1
    """
    figure, axes = panel(margins=(44, 66, 28, 34))
    ends, everything = [], []
    for part, colour, width in (("train", MUTED, 1.2), ("validation", ACCENT, 1.8)):
        column = f"{part}_{measure}"
        if column not in history.columns:
            continue
        known = history.select("epoch", column).drop_nulls()
        epochs, values = known["epoch"].to_list(), known[column].to_list()
        if not values:
            continue
        dot = "o" if len(values) == 1 else None
        axes.plot(epochs, values, color=colour, linewidth=width, marker=dot, markersize=4)
        ends.append((epochs[-1], values[-1], part, colour))
        everything += values
        if part == "validation" and best_epoch in epochs:
            _mark_best(axes, best_epoch, values[epochs.index(best_epoch)], epochs[-1])
    if measure == "loss" and spans_decades(everything):
        logarithmic(axes.yaxis)
        name_axes(axes, "epoch", "loss (log scale)")
    else:
        name_axes(axes, "epoch", {"r2": "R²"}.get(measure, measure))
        _leave_out_wild_starts(axes, everything, measure)
    axes.set_xlim(1, max(2, history["epoch"].max() if history.height else 2))  # type: ignore[type-var, arg-type]
    if ends:
        label_ends(axes, ends)
    return figure


def _mark_best(axes: object, epoch: int, value: float, last: int) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    axes.axvline(epoch, color=RULE, linewidth=1, zorder=0)
    axes.plot([epoch], [value], marker="o", markersize=5, color=ACCENT, zorder=5)
    side = "right" if epoch > 0.6 * last else "left"
    axes.annotate(
        f"kept: epoch {epoch}, {short(round(value, 4))}",
        (epoch, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if side == "right" else 4, 6),
        textcoords="offset points",
        fontsize=FONT,
        color=INK,
        ha=side,
    )


def _leave_out_wild_starts(axes: object, values: list[float], measure: str) -> None:
    """A first epoch with R² of -20 would press all others into one line: let it leave the picture."""

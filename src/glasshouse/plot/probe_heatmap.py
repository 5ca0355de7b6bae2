"""Probe heat maps: one statistic of every layer, at every look while training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glasshouse.plot.heat import draw_cells, draw_key, scale_of
from glasshouse.plot.style import FONT, literal, name_axes, panel

_MOST_NAMES = 40
_LONGEST_NAME = 20


def probe_heatmap(
    probes: pl.DataFrame, statistic: str, names: Mapping[str, str] | None = None
) -> Figure | None:
    """Draw a statistic as cells: layers downwards in the order of the network, steps across.

    Layers that never have the statistic (the gradient norm of a layer without weights, say) are left out.

    Args:
        probes: ``Run.probes``: ``step``, ``position``, ``layer`` and the statistics.
        statistic: A column: ``"gradient_norm"``, ``"activation_zeros"`` ...
        names: What to call layers instead of their names in the records.

    Returns:
        The figure, or ``None`` where no layer has the statistic.

    Example:
        >>> probes = pl.DataFrame({"step": [0], "position": [0], "layer": ["a"], "weight_norm": [1.0]})
        >>> probe_heatmap(probes, "weight_norm") is None, probe_heatmap(probes.clear(), "weight_norm") is None
        (False, True)
    """
    known = probes.filter(pl.col(statistic).is_not_null())
    if known.is_empty():
        return None
    layers = known.select("position", "layer").unique().sort("position")["layer"].to_list()
    steps = probes["step"].unique().sort().to_list()
    rows = known["layer"].replace_strict(layers, range(len(layers)), return_dtype=pl.Int64).to_numpy()
    columns = known["step"].replace_strict(steps, range(len(steps)), return_dtype=pl.Int64).to_numpy()
    values = np.full((len(layers), len(steps)), np.nan)
    values[rows, columns] = known[statistic].to_numpy()
    return _draw(values, [_shown((names or {}).get(layer, layer)) for layer in layers], steps)


def _shown(name: str) -> str:
    """Long dotted names keep their end, which tells them apart."""
    return literal(name if len(name) <= _LONGEST_NAME else "…" + name[-_LONGEST_NAME + 1 :])


def _draw(values: np.ndarray, layers: list[str], steps: list[int]) -> Figure:
    count = len(layers)
    body = min(420.0, max(56.0, 17.0 * count)) if count <= _MOST_NAMES else 420.0
    left = 12 + min(6.3 * max(map(len, layers)), 126)
    figure, axes = panel(height=body + 28 + 34, margins=(left, 14, 28, 34))
    gap = steps[1] - steps[0] if len(steps) > 1 else 1
    scale = scale_of(values)
    draw_cells(axes, values, scale, (steps[0] - gap / 2, steps[-1] + gap / 2, count - 0.5, -0.5))
    every = -(-count // _MOST_NAMES)
    axes.set_yticks(range(0, count, every), layers[::every])
    if count > 24:
        axes.tick_params(axis="y", labelsize=FONT - 2.5)
    named = MaxNLocator(5, integer=True).tick_values(steps[0], steps[-1])
    axes.set_xticks([each for each in named if steps[0] <= each <= steps[-1]])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    name_axes(axes, "step", "")
    draw_key(axes, scale)
    return figure

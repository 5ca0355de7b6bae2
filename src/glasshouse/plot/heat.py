"""Heat maps whose cells are one colour at different strengths, so that they suit light and dark pages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from glasshouse.plot.style import ACCENT, FONT, MUTED, SECOND, WIDTH, short

FAINTEST = 0.06
"""Strength of the smallest value; what is missing has none at all."""
_DECADES = 1.5
_OUTLIERS = 0.005

Cells = NDArray[np.float64]
Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class Scale:
    """What the strength of a colour means.

    Args:
        low: The value of the faintest cells; with ``signed``, the negative of ``high``.
        high: The value of the strongest.
        signed: Whether negative values have a colour of their own.
        logarithmic: Whether equal steps of strength are equal ratios.
        most: Strength of the strongest, below 1 where words are to be read on top.
    """

    low: float
    high: float
    signed: bool = False
    logarithmic: bool = False
    most: float = 1.0

    def strength(self, values: Cells) -> Cells:
        """Strength from 0 to 1 for each value, by size where values are signed; NaN stays NaN."""
        if self.signed:
            size: Cells = self.most * np.minimum(np.abs(values) / self.high, 1.0)
            return size
        if not self.high > self.low:
            return np.where(np.isnan(values), np.nan, 0.5)
        clipped = np.clip(values, self.low, self.high)
        if self.logarithmic:
            share = np.log(clipped / self.low) / np.log(self.high / self.low)
        else:
            share = (clipped - self.low) / (self.high - self.low)
        strength: Cells = FAINTEST + (self.most - FAINTEST) * share
        return strength


def scale_of(values: Cells) -> Scale:
    """The scale that suits values: signed where there are negative ones, logarithmic where they span decades.

    Extreme half per cents are cut off, so that one outlier does not make all others pale.

    Example:
        >>> scale_of(np.array([[0.001, 0.01], [0.1, 1.0]])).logarithmic
        True
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return Scale(0.0, 0.0)
    low, high = (float(each) for each in np.quantile(finite, [_OUTLIERS, 1 - _OUTLIERS]))
    if low < 0:
        most = max(-low, high)
        return Scale(-most, most, signed=True)
    positive = finite[finite > 0]
    if len(positive) and high > 0:
        floor = max(float(np.quantile(positive, _OUTLIERS)), high * 1e-8)
        # zeros have no logarithm: where they are common, a plain scale says more
        if len(positive) > 0.9 * len(finite) and np.log10(high / floor) > _DECADES:
            return Scale(floor, high, logarithmic=True)
    return Scale(min(low, 0.0) if low < 0.3 * high else low, high)


def draw_cells(axes: Axes, values: Cells, scale: Scale, extent: Extent) -> None:
    """Draw values as cells.

    Args:
        axes: Where.
        values: NaN for missing cells, shape (rows, columns), the first row on top.
        scale: What strength means.
        extent: Left, right, bottom and top in data coordinates.
    """
    strength = scale.strength(values)
    if not scale.signed:
        _tint(axes, strength, ACCENT, extent)
        return
    _tint(axes, np.where(values >= 0, strength, np.nan), ACCENT, extent)
    _tint(axes, np.where(values < 0, strength, np.nan), SECOND, extent)


def _tint(axes: Axes, strength: Cells, colour: str, extent: Extent) -> None:
    pixels = np.empty((*strength.shape, 4))
    pixels[..., :3] = to_rgb(colour)
    pixels[..., 3] = np.nan_to_num(strength)
    image = axes.imshow(pixels, interpolation="none", aspect="auto", extent=extent)
    # the SVG writer finds heat maps by this name and lets the page choose the colour
    image.set_gid(f"heat-{colour.removeprefix('#')}")


def draw_key(axes: Axes, scale: Scale) -> None:
    """A strip above the right corner that says what faint and strong mean.

    Args:
        axes: The axes of the heat map.
        scale: What strength means.
    """
    figure = axes.figure
    height = figure.get_size_inches()[1] * 72  # type: ignore[union-attr]
    box = axes.get_position()
    high, low = short(_rounded(scale.high)), short(_rounded(scale.low))
    high += " (log)" if scale.logarithmic else ""
    room = 6.2 * len(high) + 5
    strip = figure.add_axes(
        (box.x1 - (64 + room) / WIDTH, box.y1 + 9 / height, 64 / WIDTH, 7 / height), frameon=False
    )
    steps = np.linspace(scale.low, scale.high, 33)[np.newaxis]
    if scale.logarithmic:
        steps = np.geomspace(scale.low, scale.high, 33)[np.newaxis]
    draw_cells(strip, steps, scale, (0, 1, 0, 1))
    strip.set_axis_off()
    for x, words, side in ((-0.08, low, "right"), (1.08, high, "left")):
        strip.text(
            x,
            0.5,
            words,
            transform=strip.transAxes,
            fontsize=FONT,
            color=MUTED,
            ha=side,
            va="center_baseline",
        )


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")

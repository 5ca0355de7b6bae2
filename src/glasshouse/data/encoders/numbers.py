"""Numbers to features: the median where a value is missing, then one of several scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.data.encoders.encoder import Encoder, Features, missing_flag

Scaling = Literal["auto", "z-score", "min-max", "unit-vector", "quantile", "binary", "none"]

HEAVY_TAIL = 2.0
"""From this absolute skewness on, ``auto`` adds the quantile beside the z-score."""

_KNOTS = 256
_FLAT = 4 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Knots:
    """A rising curve from values to standard normal scores, straight between its knots, flat beyond them."""

    values: NDArray[np.float64]
    scores: NDArray[np.float64]

    def __call__(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Normal scores, same shape as ``numbers``."""
        return np.interp(numbers, self.values, self.scores)


def fit_knots(numbers: NDArray[np.float64]) -> Knots:
    r"""Fit the curve that gives numbers the distribution of a standard normal.

    The score of a value is :math:`\Phi^{-1}((r - 1/2) / n)` with its mean rank :math:`r` among :math:`n`
    values; at most 256 of the values, evenly spread over the ranks, become knots.

    Args:
        numbers: Training values, shape (rows,), at least one, finite.

    Source: van der Waerden (1952), Order tests for the two-sample problem.
    """
    from scipy.special import ndtri  # scipy takes a quarter second to import: only fitting needs it

    values, counts = np.unique(numbers, return_counts=True)
    above = np.cumsum(counts)
    scores = ndtri((above - counts / 2) / above[-1])
    if len(values) > _KNOTS:
        ranks = np.linspace(0, above[-1] - 1, _KNOTS)
        chosen = np.unique(np.searchsorted(above, ranks, side="right"))
        values, scores = values[chosen], scores[chosen]
    return Knots(values, scores)


def skewness(numbers: NDArray[np.float64]) -> float:
    r"""The third standardised moment :math:`g_1 = m_3 / m_2^{3/2}`, 0 for numbers that do not differ."""
    with np.errstate(over="ignore", invalid="ignore"):
        centred = numbers - numbers.mean()
        largest = np.abs(centred).max()
    if not 0 < largest < np.inf:
        return 0.0
    centred = centred / largest
    return float(np.mean(centred**3) / np.mean(centred**2) ** 1.5)


class NumberEncoder(Encoder):
    r"""A column of numbers as one scaled feature, with its normal score and a flag for missing cells if due.

    ``z-score`` is :math:`(x - \text{mean}) / \text{spread}`, ``min-max`` :math:`(x - \min) / (\max - \min)`:
    it goes beyond 0 and 1 for values beyond those of training, because clipping them would hide that they
    are unusual. ``none`` and ``unit-vector`` leave numbers as they are (rows become unit vectors later, when
    all their numbers stand side by side). Numbers that do not differ in training become 0.

    Args:
        column: The name of the column.
        median: What missing cells become.
        scale: ``z-score``, ``min-max`` or ``none``; empty for the normal score alone.
        centre, spread: ``(x - centre) / spread`` is the scaled feature; a spread of 0 gives 0.
        knots: The curve of the normal score, where there is one.
        flags_missing: Whether cells were missing in training.
    """

    kind = "number"

    def __init__(
        self,
        column: str,
        *,
        median: float,
        scale: str,
        centre: float,
        spread: float,
        knots: Knots | None,
        flags_missing: bool,
    ) -> None:
        super().__init__(column)
        self.median = median
        self.scale = scale
        self.centre = centre
        self.spread = spread
        self.knots = knots
        self.flags_missing = flags_missing

    @classmethod
    def fit(cls, cells: pl.Series, scaling: Scaling) -> Self:
        """Learn median, scale and curve from training cells (Float64, missing ones null)."""
        present = cells.drop_nulls().to_numpy()
        known = present if len(present) else np.zeros(1)
        median = 2 * float(np.median(known / 2))  # halves, so that the sum of two huge numbers stays finite
        filled = cells.fill_null(median).to_numpy()
        scale = {"auto": "z-score", "unit-vector": "none", "quantile": ""}.get(scaling, scaling)
        curved = scaling == "quantile" or (scaling == "auto" and abs(skewness(known)) > HEAVY_TAIL)
        centre, spread = _centre_and_spread(filled, scale)
        return cls(
            cells.name,
            median=median,
            scale=scale,
            centre=centre,
            spread=spread,
            knots=fit_knots(known) if curved else None,
            flags_missing=len(present) < len(cells),
        )

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        names = [self.column] if self.scale else []
        names += [f"{self.column} (quantile)"] if self.knots else []
        names += [f"{self.column} (missing)"] if self.flags_missing else []
        return tuple(names)

    def transform(self, cells: pl.Series) -> Features:
        """Features of some rows, shape (rows, features)."""
        numbers = cells.fill_null(self.median).to_numpy()
        columns: list[Features] = []
        if self.scale:
            with np.errstate(over="ignore"):
                scaled = (numbers - self.centre) / self.spread if self.spread else np.zeros_like(numbers)
            columns.append(scaled[:, None])
        if self.knots:
            columns.append(self.knots(numbers)[:, None])
        if self.flags_missing:
            columns.append(missing_flag(cells))
        return np.concatenate(columns, axis=1)

    def back(self, features: Features) -> pl.Series:
        """The numbers that scaled features, or else their normal scores, stand for."""
        given = features.astype(np.float64)
        if self.scale:
            numbers = given[:, 0] * self.spread + self.centre
        elif self.knots:
            numbers = np.interp(given[:, 0], self.knots.scores, self.knots.values)
        else:
            numbers = np.full(len(given), self.median)
        cells = pl.Series(self.column, numbers)
        if not self.flags_missing:
            return cells
        return cells.to_frame().select(pl.when(pl.Series(given[:, -1] < 0.5)).then(pl.col(self.column)))[
            self.column
        ]

    def becomes(self) -> str:
        """What the column becomes, in words."""
        steps = [f"median {self.median:.6g} for missing"] if self.flags_missing else []
        if self.scale and not self.spread:
            steps.append("0, as it does not differ in training")
        elif self.scale == "z-score":
            steps.append(f"z-score with mean {self.centre:.6g} and spread {self.spread:.6g}")
        elif self.scale == "min-max":
            steps.append(f"0 to 1 between {self.centre:.6g} and {self.centre + self.spread:.6g}")
        elif self.scale == "none":
            steps.append("the number itself")
        steps += [f"its quantile as a normal score ({len(self.knots.values)} knots)"] if self.knots else []
        steps += ["a flag for missing"] if self.flags_missing else []
        return ", ".join(steps)

    def state(self) -> dict[str, Any]:
        """What was learnt, in plain JSON types."""
        knots = self.knots and {"values": self.knots.values.tolist(), "scores": self.knots.scores.tolist()}
        return {
            "median": self.median,
            "scale": self.scale,
            "centre": self.centre,
            "spread": self.spread,
            "knots": knots,
            "flags_missing": self.flags_missing,
        }

    @classmethod
    def restore(cls, column: str, state: dict[str, Any]) -> Self:
        """The encoder of a stored state."""
        knots = state["knots"] and Knots(
            np.array(state["knots"]["values"]), np.array(state["knots"]["scores"])
        )
        return cls(column, **{**state, "knots": knots})


def _centre_and_spread(numbers: NDArray[np.float64], scale: str) -> tuple[float, float]:
    """What to subtract and divide by. A spread that is nothing but rounding counts as 0."""
    if scale not in ("z-score", "min-max"):
        return 0.0, 1.0
    lowest, highest = float(numbers.min()), float(numbers.max())
    largest = max(abs(lowest), abs(highest)) or 1.0
    if highest / largest - lowest / largest <= _FLAT:
        return float(numbers[0]), 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        if scale == "min-max":
            centre, spread = lowest, float(np.subtract(highest, lowest))
        else:
            centre, spread = float(numbers.mean()), float(numbers.std())
    if not (np.isfinite(centre) and np.isfinite(spread)):  # sums or squares of huge numbers
        unit = numbers / largest
        centre, spread = float(unit.mean() * largest), float(unit.std() * largest)
    return centre, spread

"""Dates to features: the time that has passed, and the place in the year, the week and the day."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.data.encoders.encoder import Encoder, Features, missing_flag

_DAY = 86_400e6
_CYCLES = {"month": 12, "weekday": 7, "hour": 24}


class DateEncoder(Encoder):
    r"""A column of moments as days since the first one in training, the year, and positions on circles.

    A position on a circle of :math:`n` (12 months, 7 weekdays, 24 hours) is the pair
    :math:`\sin(2\pi k/n), \cos(2\pi k/n)`, so that December lies beside January. The hour is a feature only
    where times of day occur. What does not differ in training is left out. Missing cells are 0 everywhere,
    with a flag.

    Args:
        column: The name of the column.
        first: The earliest moment in training, in microseconds since 1970.
        days, year: Mean and spread of each, for z-scores.
        cycles: Which of month, weekday and hour are features.
        flags_missing: Whether cells were missing in training.
    """

    kind = "date"

    def __init__(
        self,
        column: str,
        *,
        first: int,
        days: tuple[float, float],
        year: tuple[float, float],
        cycles: tuple[str, ...],
        flags_missing: bool,
    ) -> None:
        super().__init__(column)
        self.first = first
        self.days = days
        self.year = year
        self.cycles = cycles
        self.flags_missing = flags_missing

    @classmethod
    def fit(cls, cells: pl.Series) -> Self:
        """Learn the first moment, the scales, and what differs, from training cells (Datetime, or null)."""
        present = cells.drop_nulls()
        first = int(present.dt.epoch("us").to_numpy().min()) if len(present) else 0
        days, year = _days(present, first), present.dt.year().to_numpy().astype(np.float64)
        cycles = [name for name in _CYCLES if len(np.unique(_position(present, name))) > 1]
        return cls(
            cells.name,
            first=first,
            days=_mean_and_spread(days),
            year=_mean_and_spread(year),
            cycles=tuple(cycles),
            flags_missing=len(present) < len(cells),
        )

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        names = [f"{self.column} (days)"]
        names += [f"{self.column} (year)"] if self.year[1] else []
        names += [f"{self.column} ({cycle}, {wave})" for cycle in self.cycles for wave in ("sin", "cos")]
        names += [f"{self.column} (missing)"] if self.flags_missing else []
        return tuple(names)

    def transform(self, cells: pl.Series) -> Features:
        """Features of some rows, shape (rows, features)."""
        gone = cells.is_null().to_numpy()
        moments = cells.fill_null(pl.lit(self.first).cast(pl.Datetime("us"))) if gone.any() else cells
        columns = [_scaled(_days(moments, self.first), self.days)]
        if self.year[1]:
            columns.append(_scaled(moments.dt.year().to_numpy().astype(np.float64), self.year))
        for cycle in self.cycles:
            angle = 2 * np.pi * _position(moments, cycle) / _CYCLES[cycle]
            columns += [np.sin(angle), np.cos(angle)]
        features = np.stack(columns, axis=1)
        features[gone] = 0
        return np.concatenate([features, missing_flag(cells)], axis=1) if self.flags_missing else features

    def becomes(self) -> str:
        """What the column becomes, in words."""
        start = np.datetime64(self.first, "us").astype("datetime64[D]")
        steps = [f"days since {start} as z-score"]
        steps += ["year"] if self.year[1] else []
        steps += [f"{cycle} on a circle" for cycle in self.cycles]
        steps += ["a flag for missing"] if self.flags_missing else []
        return ", ".join(steps)

    def state(self) -> dict[str, Any]:
        """What was learnt, in plain JSON types."""
        return {
            "first": self.first,
            "days": list(self.days),
            "year": list(self.year),
            "cycles": list(self.cycles),
            "flags_missing": self.flags_missing,
        }

    @classmethod
    def restore(cls, column: str, state: dict[str, Any]) -> Self:
        """The encoder of a stored state."""
        pairs = {name: tuple(state[name]) for name in ("days", "year", "cycles")}
        return cls(column, **{**state, **pairs})


def _days(moments: pl.Series, first: int) -> NDArray[np.float64]:
    return (moments.dt.epoch("us").to_numpy() - first) / _DAY


def _position(moments: pl.Series, cycle: str) -> NDArray[np.float64]:
    """Where moments stand in a cycle, from 0. The hour runs on through its minutes."""
    if cycle == "month":
        return moments.dt.month().to_numpy() - 1.0
    if cycle == "weekday":
        return moments.dt.weekday().to_numpy() - 1.0
    return moments.dt.hour().to_numpy() + moments.dt.minute().to_numpy() / 60.0


def _mean_and_spread(numbers: NDArray[np.float64]) -> tuple[float, float]:
    return (float(numbers.mean()), float(numbers.std())) if len(numbers) else (0.0, 0.0)


def _scaled(numbers: NDArray[np.float64], scale: tuple[float, float]) -> NDArray[np.float64]:
    mean, spread = scale
    return (numbers - mean) / spread if spread else np.zeros_like(numbers)

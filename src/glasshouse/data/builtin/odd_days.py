"""A daily rhythm made from a fixed seed, with some days that go otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.builtin.nab import STATE, TIME, UNUSUAL, USUAL, marked_series
from glasshouse.data.raw import RawTable
from glasshouse.data.settings import DataSettings

DAYS, HOURS = 240, 24
ODD = 12
"""How many days are unusual; all are in the last two fifths."""
NOISE = 0.06
WEEKEND = 0.6
"""How busy Saturdays and Sundays are, beside working days."""


def odd_days(settings: DataSettings) -> RawTable:
    """Hours of 240 days, busy in the morning and in the evening, less so at weekends.

    On twelve of the last hundred days something is unusual: no evening, busy all night, all hours too late,
    or a day that stands still. No single hour of them need be extreme.

    Args:
        settings: ``window`` is the number of steps (48 without one).
    """
    generator = numpy_stream(0, "series", "odd days")
    hours = np.arange(HOURS)
    usual = 0.2 + np.exp(-((hours - 8.5) ** 2) / 6) + 1.2 * np.exp(-((hours - 18) ** 2) / 9)
    days = np.array([usual * (WEEKEND if day % 7 > 4 else 1.0) for day in range(DAYS)])
    days *= generator.normal(1.0, 0.05, (DAYS, 1))
    start = DAYS * 3 // 5
    chosen = start + np.sort(generator.permutation((DAYS - start) // 2)[:ODD]) * 2  # never two in a row
    for place, day in enumerate(chosen):
        days[day] = _odd(days[day], place % 4)
    values = np.round(days.ravel() + generator.normal(0.0, NOISE, DAYS * HOURS), 4)
    first = datetime(2024, 1, 1)
    odd = np.isin(np.repeat(np.arange(DAYS), HOURS), chosen)
    frame = pl.DataFrame(
        {
            TIME: [first + timedelta(hours=hour) for hour in range(DAYS * HOURS)],
            "value": values,
            STATE: np.where(odd, UNUSUAL, USUAL),
        }
    )
    return marked_series("odd-days", frame, settings)


def _odd(day: NDArray[np.float64], kind: int) -> NDArray[np.float64]:
    """A day on which something is unusual."""
    changed = day.copy()
    if kind == 0:
        changed[14:] = day[12]
    elif kind == 1:
        changed[:6] = day[8]
    elif kind == 2:
        changed = np.roll(day, 4)
    else:
        changed[:] = day.mean()
    return changed

"""Forecasts that need no network: the last value, the last season, a straight line, a linear model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

Numbers = NDArray[np.float64]
PENALTIES = (0.1, 10.0, 1000.0)
LEAST_GAIN = 0.97
"""A season must lower the naive error at least to this share of it."""


@dataclass(frozen=True)
class SimpleForecast:
    """What a simple method says about the next steps.

    Args:
        name: What it is called.
        about: How it answers, as a sentence.
        values: Its answers (windows, steps ahead), in the target's unit.
    """

    name: str
    about: str
    values: Numbers


def naive(past: Numbers, ahead: int) -> Numbers:
    """The last value, for every step ahead.

    Args:
        past: Of the target, (windows, steps), oldest first.
        ahead: Steps to forecast.

    Example:
        >>> naive(np.array([[1.0, 4.0]]), 3).tolist()
        [[4.0, 4.0, 4.0]]
    """
    return np.repeat(past[:, -1:], ahead, axis=1)


def seasonal_naive(past: Numbers, ahead: int, season: int) -> Numbers:
    """What was a season ago, and again.

    Example:
        >>> seasonal_naive(np.array([[9.0, 1.0, 2.0, 3.0]]), 5, season=3).tolist()
        [[1.0, 2.0, 3.0, 1.0, 2.0]]
    """
    places: NDArray[np.int64] = past.shape[1] - season + np.arange(ahead) % season
    again: Numbers = past[:, places]
    return again


def drift(past: Numbers, ahead: int) -> Numbers:
    """A straight line from the first step of the window through the last one, and on.

    Example:
        >>> drift(np.array([[1.0, 2.0, 3.0]]), 2).tolist()
        [[4.0, 5.0]]
    """
    slope = (past[:, -1:] - past[:, :1]) / max(1, past.shape[1] - 1)
    line: Numbers = past[:, -1:] + slope * np.arange(1, ahead + 1)
    return line


def find_season(past: Numbers, truth: Numbers) -> int | None:
    """The length of the season that forecasts training windows best, if it beats the last value.

    Args:
        past: Of the target in training windows, (windows, steps).
        truth: What came, (windows, steps ahead).

    Example:
        >>> steps = np.arange(60) % 6
        >>> past = np.lib.stride_tricks.sliding_window_view(steps[:-1].astype(float), 12)
        >>> find_season(past, steps[12:, None].astype(float))
        6
    """
    ahead = truth.shape[1]
    least = LEAST_GAIN * float(np.abs(naive(past, ahead) - truth).mean())
    best = None
    for season in range(2, past.shape[1] + 1):
        error = float(np.abs(seasonal_naive(past, ahead, season) - truth).mean())
        if error < least - 1e-12:
            best, least = season, error
    return best


@dataclass(frozen=True)
class Shown:
    """What simple methods see of a part, and what came.

    Args:
        windows: All numbers of each window, relative to its last step, and that step: (windows, numbers).
        past: Of the target, in its unit: (windows, steps).
        truth: The next steps of the target: (windows, steps ahead).
    """

    windows: Numbers
    past: Numbers
    truth: Numbers

    @property
    def moved(self) -> Numbers:
        """What came, relative to the last value: so that a level outside of training does no harm."""
        return self.truth - self.past[:, -1:]


def simple_forecasts(
    train: Shown, judged: Shown, watched: Shown | None, season: int = 0
) -> list[SimpleForecast]:
    """All of them, fitted on training windows alone.

    Args:
        train: The training part.
        judged: The part to forecast; what came there is not looked at.
        watched: The validation part, which chooses the linear model's penalty.
        season: Length of the season in steps; 0 to find it on the training windows.
    """
    seen, ahead = judged.past, train.truth.shape[1]
    found = [SimpleForecast("last value", "the next steps are like the last one (naive)", naive(seen, ahead))]
    length = season or find_season(train.past, train.truth)
    if length and length <= seen.shape[1]:
        about = f"what was {length} steps before" + ("" if season else ", a season found in training windows")
        found.append(SimpleForecast("seasonal naive", about, seasonal_naive(seen, ahead, length)))
    found.append(SimpleForecast("drift", "a straight line through the ends of a window", drift(seen, ahead)))
    models = [Ridge(alpha=penalty).fit(train.windows, train.moved) for penalty in PENALTIES]
    best, chosen = models[0], ""
    if watched is not None:
        errors = [
            float(((each.predict(watched.windows).reshape(watched.moved.shape) - watched.moved) ** 2).mean())
            for each in models
        ]
        place = int(np.argmin(errors))
        best, chosen = models[place], f", penalty {PENALTIES[place]:g} chosen on validation windows"
    values = np.asarray(best.predict(judged.windows)).reshape(len(seen), ahead) + seen[:, -1:]
    about = f"one weight for each number of a window and each step ahead, least squares{chosen}"
    found.append(SimpleForecast("linear model", about, values))
    return found

"""Two predictors on the same rows: which is better, and is the difference more than chance?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from glasshouse.core.seeds import numpy_stream
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.metrics import Prediction

RESAMPLES = 2000
_CELLS = 4_000_000


@dataclass(frozen=True)
class Difference:
    """The primary metric of the first minus that of the second, on the same rows.

    Args:
        metric: ``"accuracy"``, ``"r2"``, ``"return"``, or the score of a picture.
        rows: How many rows both answered.
        value: The difference; above 0 the first is better.
        low, high: Its confidence interval.
        method: How the interval was found.
    """

    metric: str
    rows: int
    value: float
    low: float
    high: float
    method: str

    @property
    def decided(self) -> bool:
        """Whether the interval leaves out 0: the rows are enough to tell which is better."""
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for the record."""
        return {**asdict(self), "decided": self.decided}


def paired_difference(
    target: NDArray[Any], first: Prediction, second: Prediction, task: str, seed: int
) -> Difference:
    """Compare two predictors row by row. Rows that are hard for both cancel out, which separate intervals
    cannot know: they may overlap while one predictor is clearly better.

    Args:
        target: Class indices or numbers, shape (rows,).
        first: The answers of one predictor to the same rows.
        second: Those of the other.
        task: ``"classification"`` compares accuracy, ``"regression"`` R².
        seed: For the resamples of a regression.
    """
    if task == "classification":
        return _of_accuracy(target, first, second)
    return _of_r2(target, first, second, seed)


def _of_accuracy(target: NDArray[np.int64], first: Prediction, second: Prediction) -> Difference:
    """Bonett and Price's interval: Wald's with one more disagreement imagined on each side.

    Resampling rows would be too sure of itself here: when only a handful of rows are answered differently,
    and all in favour of one side, every resample agrees with it.

    Source: D. Bonett and R. Price: Adjusted Wald confidence interval for a difference of binomial proportions
        based on paired data (2012).
    """
    rows = len(target)
    assert first.labels is not None
    assert second.labels is not None
    one, other = np.equal(first.labels, target), np.equal(second.labels, target)
    gains, losses = int((one & ~other).sum()), int((other & ~one).sum())
    up, down = (gains + 1) / (rows + 2), (losses + 1) / (rows + 2)
    centre = up - down
    half = float(stats.norm.ppf(0.5 + LEVEL / 2)) * np.sqrt((up + down - centre**2) / (rows + 2))
    value = (gains - losses) / rows
    low, high = min(value, centre - half), max(value, centre + half)
    return Difference("accuracy", rows, value, low, high, "adjusted Wald interval for paired shares")


def _of_r2(target: NDArray[np.float64], first: Prediction, second: Prediction, seed: int) -> Difference:
    """Percentiles over resamples of the rows, drawn with replacement."""
    assert first.values is not None
    assert second.values is not None
    rows = len(target)
    centred = target - target.mean()
    total = float(centred @ centred)
    if rows < 2 or total == 0:
        return Difference("r2", rows, float("nan"), float("-inf"), float("inf"), "undefined: equal targets")
    gain = (second.values - target) ** 2 - (first.values - target) ** 2
    terms = np.stack([gain, centred, centred**2], axis=1)
    generator = numpy_stream(seed, "paired difference")
    found = []
    for start in range(0, RESAMPLES, step := max(1, _CELLS // rows)):
        drawn = min(step, RESAMPLES - start)
        picks = generator.integers(rows, size=(drawn, rows)) + rows * np.arange(drawn)[:, np.newaxis]
        counts = np.bincount(picks.reshape(-1), minlength=drawn * rows).reshape(drawn, rows)
        gains, sums, squares = (counts @ terms).T
        spread = squares - sums**2 / rows
        found.append(gains[spread > 0] / spread[spread > 0])
    low, high = np.quantile(np.concatenate(found), [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    method = f"paired bootstrap, {RESAMPLES:,} resamples of the rows"
    return Difference("r2", rows, float(gain.sum()) / total, float(low), float(high), method)


def error_difference(
    first: NDArray[np.float64], second: NDArray[np.float64], spreads: NDArray[np.float64]
) -> Difference:
    r"""Compare two ways of giving rows back by the share of the variance that they keep.

    Args:
        first: Error of each row by one way.
        second: Error of the same rows by the other.
        spreads: Error of each row, if nothing but the mean row were known.

    Example:
        >>> ones = np.ones(4)
        >>> found = error_difference(0.1 * ones, np.array([0.2, 0.3, 0.2, 0.3]), ones)
        >>> round(found.value, 3), found.decided
        (0.15, True)
    """
    rows, total = len(first), float(spreads.sum())
    if rows < 2 or total == 0:
        return Difference("r2", rows, float("nan"), float("-inf"), float("inf"), "undefined: equal rows")
    gain = second - first
    value = float(gain.sum()) / total
    moved = (gain - value * spreads) / total
    margin = float(stats.t.ppf(0.5 + LEVEL / 2, rows - 1)) * np.sqrt(float(moved @ moved) * rows / (rows - 1))
    method = "delta method on the rows' paired differences"
    return Difference("r2", rows, value, value - float(margin), value + float(margin), method)


def return_difference(first: NDArray[np.float64], second: NDArray[np.float64]) -> Difference:
    """Compare two policies by their mean returns in the same episodes.

    Args:
        first: Return of each episode by one policy.
        second: Returns of the same episodes by the other.

    Example:
        >>> found = return_difference(np.array([5.0, 7.0, 9.0]), np.array([4.0, 5.0, 8.0]))
        >>> round(found.value, 3), found.decided
        (1.333, False)
    """
    return score_difference("return", "episode", first, second)


def score_difference(
    metric: str, thing: str, first: NDArray[np.float64], second: NDArray[np.float64]
) -> Difference:
    """Compare the mean scores that two ways have on the same things.

    Args:
        metric: What the scores are called.
        thing: What each score is of: an episode, a picture.
        first: Score of each by one way; larger is better.
        second: Scores of the same ones by the other.
    """
    gain = first - second
    rows, value = len(gain), float(gain.mean())
    if rows < 2:
        return Difference(metric, rows, value, float("-inf"), float("inf"), f"undefined: one {thing}")
    margin = float(stats.t.ppf(0.5 + LEVEL / 2, rows - 1)) * float(gain.std(ddof=1)) / rows**0.5
    method = f"Student's t over paired {thing}s"
    return Difference(metric, rows, value, value - margin, value + margin, method)

"""Who is ahead, and by more than chance? The best trial, the second, and the noise between them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from glasshouse.search.measure import Measure
from glasshouse.search.trial import Trial

LEVEL = 0.95
"""Confidence of intervals."""


@dataclass(frozen=True)
class Standing:
    r"""What the finished trials say.

    The difference of the best two is taken fold by fold and seed by seed, because a hard fold is hard for
    both. Folds share most of their training rows, so their differences are not independent; the variance is
    corrected for that: :math:`\left(\frac1J + \frac{n_\text{held}}{n_\text{train}}\right) s^2` over J pairs.

    Args:
        best: Number of the trial with the best mean score.
        second: Number of the next one, or ``None``.
        mean: The best mean score.
        error: Its standard error, corrected in the same way; ``None`` where one network was trained.
        difference: How far the second is behind, from 0.
        low, high: The interval of that difference; ``None`` where nobody can tell.
        within: Numbers of the trials within one standard error of the best, the best one first.
        simplest: The one of these with the fewest parameters.

    Source:
        Nadeau and Bengio 2003, Inference for the generalization error; Bouckaert and Frank 2004, Evaluating
        the replicability of significance tests for comparing learning algorithms. One standard error:
        Breiman, Friedman, Olshen and Stone 1984, Classification and regression trees.
    """

    best: int
    second: int | None
    mean: float
    error: float | None
    difference: float | None
    low: float | None
    high: float | None
    within: tuple[int, ...]
    simplest: int

    @property
    def decided(self) -> bool:
        """Whether the best is ahead of the second by more than the noise."""
        return self.second is None or (self.low is not None and self.low > 0)

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for the record."""
        return {**asdict(self), "decided": self.decided}


def standing_of(trials: Mapping[int, Trial], measure: Measure, held_share: float) -> Standing | None:
    """Compare the trials that were trained to their end; ``None`` where there are none.

    Args:
        trials: All that are done.
        measure: What they are compared by.
        held_share: Held-out rows of a fold per row that is learnt from.

    Example:
        >>> one = Trial(0, {}, "finished", [[0.9], [0.8]], parameters=10)
        >>> other = Trial(1, {}, "finished", [[0.8], [0.71]], parameters=5)
        >>> found = standing_of({0: one, 1: other}, Measure("accuracy"), held_share=1.0)
        >>> found.best, round(found.difference, 3), found.decided
        (0, 0.095, False)
    """
    finished = ranked(trials, measure)
    if not finished:
        return None
    best = finished[0]
    second = finished[1] if len(finished) > 1 else None
    error = corrected_error(best.cells.reshape(-1), held_share)
    within = [best]
    if error is not None:
        within += [each for each in finished[1:] if abs(each.mean - best.mean) <= error]
    difference = low = high = None
    if second is not None:
        difference, low, high = lead(best, second, measure, held_share)
    return Standing(
        best=best.number,
        second=None if second is None else second.number,
        mean=best.mean,
        error=error,
        difference=difference,
        low=low,
        high=high,
        within=tuple(each.number for each in within),
        simplest=min(within, key=lambda each: each.parameters).number,
    )


def ranked(trials: Mapping[int, Trial], measure: Measure) -> list[Trial]:
    """The trials that were trained to their end, the best first. Of equal ones the lower loss comes first."""
    finished = [each for each in trials.values() if each.state == "finished" and each.scores]
    finished.sort(key=lambda each: float(np.mean(each.losses)) if each.losses else math.inf)
    return [finished[place] for place in measure.order([each.mean for each in finished])]


def lead(
    best: Trial, second: Trial, measure: Measure, held_share: float
) -> tuple[float, float | None, float | None]:
    """How far one trial is ahead of another on the same folds and seeds, with its interval."""
    sign = 1.0 if measure.larger else -1.0
    pairs = sign * (best.cells - second.cells).reshape(-1)
    difference = float(pairs.mean())
    error = corrected_error(pairs, held_share)
    if error is None:
        return difference, None, None
    margin = float(stats.t.ppf(0.5 + LEVEL / 2, len(pairs) - 1)) * error
    return difference, difference - margin, difference + margin


def corrected_error(values: NDArray[np.float64], held_share: float) -> float | None:
    """The standard error of a mean over folds and seeds, corrected for what folds share.

    Example:
        >>> round(corrected_error(np.array([1.0, 3.0]), held_share=0.5), 4)  # s = sqrt(2), sqrt(1/2 + 1/2) s
        1.4142
    """
    if len(values) < 2:
        return None
    return math.sqrt(1 / len(values) + held_share) * float(values.std(ddof=1))


def warning_of(standing: Standing, measure: Measure) -> str:
    """What people should know before they believe in the best trial; empty where it is clearly ahead."""
    if standing.second is None:
        return ""
    if standing.low is None or standing.high is None:
        return (
            "one fold and one seed: how much of a score is chance cannot be told. "
            "Take folds = 5 or seeds = 3 to find out"
        )
    if standing.decided:
        return ""
    if standing.difference == 0:
        return (
            f"trials {standing.best} and {standing.second} are equal in {measure.name}; {standing.best} is "
            "named because its loss is lower"
        )
    return (
        f"trial {standing.best} is ahead of trial {standing.second} by {standing.difference:.4g} in "
        f"{measure.name}, which is less than the noise: the {LEVEL:.0%} interval of the difference goes from "
        f"{standing.low:.4g} to {standing.high:.4g}"
    )

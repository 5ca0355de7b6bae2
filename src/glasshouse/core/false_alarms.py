"""A threshold for a score, so that usual rows exceed it as seldom as was chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.checks import number
from glasshouse.core.errors import SettingError

MOST_KEPT = 2001
"""Scores kept of a larger set: enough for rates from 1 in 1,000."""


def false_alarm_threshold(scores: Sequence[float] | NDArray[np.float64], rate: float) -> float:
    r"""The score that a new usual row exceeds with a chance of at most ``rate``.

    It is the :math:`\lceil (n + 1)(1 - \alpha) \rceil`-th smallest of the n scores: for rows that could as
    well have been among those n, the chance that a new one lies above it is at most :math:`\alpha`, whatever
    the scores' distribution.

    Args:
        scores: Of usual rows that nothing was fitted to.
        rate: :math:`\alpha`, above 0 and below 1.

    Raises:
        SettingError: There are too few scores for so small a rate: it takes :math:`1 / \alpha - 1` of them.

    Source:
        Vovk, Gammerman and Shafer 2005, Algorithmic learning in a random world (conformal prediction).

    Example:
        >>> false_alarm_threshold(range(1, 100), rate=0.05)
        95.0
    """
    number("rate", rate, above=0, below=1)
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    # Without the slack, 0.95 * 100 would be a little more than 95.
    place = math.ceil((len(ordered) + 1) * (1 - rate) - 1e-9)
    if place > len(ordered):
        raise SettingError(
            f"a false-alarm rate of {rate:g} from {len(ordered)} usual rows",
            expected=f"a rate of at least 1 / {len(ordered) + 1}",
            fix=f"choose rate = {1 / (len(ordered) + 1):.2g} or more, or keep more rows for validation",
        )
    return float(ordered[max(place, 1) - 1])


def thinned(scores: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """Scores in ascending order; of very many, evenly spaced ones with both ends.

    Example:
        >>> thinned([3.0, 1.0, 2.0])
        [1.0, 2.0, 3.0]
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    if len(ordered) > MOST_KEPT:
        # Rounded up, so that a threshold from fewer scores is never below that from all.
        places = np.ceil(np.linspace(0, len(ordered) - 1, MOST_KEPT)).astype(np.int64)
        ordered = ordered[places]
    kept: list[float] = ordered.tolist()
    return kept

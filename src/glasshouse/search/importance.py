"""How much each setting matters: the share of the variance of the scores that it explains by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.search.dimension import Dimension, Range, hashable
from glasshouse.search.space import Space
from glasshouse.search.trial import Trial

BANDS = 5
"""Into how many bands of equal counts the values of a range are cut."""


def importance(trials: Mapping[int, Trial], space: Space) -> dict[str, float | None]:
    r"""For every setting the share of the variance of the mean scores that its levels explain, from 0 to 1.

    One-way analysis of variance, adjusted for what chance alone would explain:

    .. math:: \epsilon^2 = \frac{SS_b - (k - 1)\, MS_w}{SS_t}

    with the sums of squares between levels, within them, and in total. Settings that matter only together
    get little each. Only trials that were trained for equally many epochs are compared.

    Args:
        trials: All that are done.
        space: Its settings.

    Returns:
        By dotted key; ``None`` where too few trials tell.

    Source:
        Kelley 1935, An unbiased correlation ratio measure.

    Example:
        >>> from glasshouse.search.space import read_space
        >>> space = read_space({"training.batch_size": [16, 32], "model.dropout": [0.0, 0.5]})
        >>> trials = {n: Trial(n, point, "finished", [[point["model.dropout"]]])
        ...           for n, point in enumerate(space.grid())}
        >>> importance(trials, space)
        {'training.batch_size': 0.0, 'model.dropout': 1.0}
    """
    finished = [each for each in trials.values() if each.state == "finished" and each.scores]
    return {each.key: _share(each, finished) for each in space}


def _share(dimension: Dimension, trials: Sequence[Trial]) -> float | None:
    counted = [each for each in trials if dimension.key in each.settings]
    scores = np.array([each.mean for each in counted])
    levels = levels_of(dimension, [each.settings[dimension.key] for each in counted])
    groups = [scores[levels == level] for level in np.unique(levels)]
    within_freedom = len(scores) - len(groups)
    if len(groups) < 2 or within_freedom < 1:
        return None
    total = float(((scores - scores.mean()) ** 2).sum())
    if total == 0:
        return 0.0
    between = sum(len(group) * float(group.mean() - scores.mean()) ** 2 for group in groups)
    noise = max(0.0, total - between) / within_freedom
    return min(1.0, max(0.0, (between - (len(groups) - 1) * noise) / total))


def levels_of(dimension: Dimension, values: Sequence[Any]) -> NDArray[np.int64]:
    """The level of each value: its place in the list, or its band of the range."""
    if isinstance(dimension, Range):
        numbers = np.array(values, dtype=np.float64)
        if len(np.unique(numbers)) > BANDS + 1:
            edges = np.quantile(numbers, np.linspace(0, 1, BANDS + 1)[1:-1])
            return np.searchsorted(edges, numbers, side="right").astype(np.int64)
        return np.unique(numbers, return_inverse=True)[1].astype(np.int64)
    known = [hashable(each) for each in dimension.values]
    return np.array([known.index(hashable(value)) for value in values], dtype=np.int64)

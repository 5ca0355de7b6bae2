"""How well distances tell pairs of one class from pairs of two: thresholds, error rates, neighbours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve

from glasshouse.core.false_alarms import false_alarm_threshold
from glasshouse.core.seeds import numpy_stream
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.latent import nearest

MOST_ANCHORS = 2000
"""Rows of a part that stand first in a pair of each kind."""
MOST_ASKED, MOST_STORED = 1000, 5000
"""Rows whose neighbours are looked for, and rows among which they are."""
NEIGHBOURS, STRANGERS = 5, 10
METHOD = "the spread of the answers over {clusters}, which are taken to be drawn independently"

Distances = NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows of one part.

    Args:
        one: Places in the part, int64, shape (pairs,).
        other: The rows that they are compared with.
        same: Whether the two are of one class.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    same: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.one)

    def distances(self, rows: NDArray[Any]) -> Distances:
        """Euclidean distance of every pair.

        Args:
            rows: Embeddings, or the rows' own numbers, of the whole part: (N, K).
        """
        pieces = np.array_split(np.arange(len(self)), max(1, len(self) // 512))
        found = [np.linalg.norm(rows[self.one[each]] - rows[self.other[each]], axis=1) for each in pieces]
        return np.concatenate(found).astype(np.float64)


def draw_pairs(labels: NDArray[np.int64], seed: int) -> Pairs:
    """For up to 2,000 rows one row of the same class and one of another.

    Args:
        labels: Class of each row, shape (N,).
        seed: For drawing; equal seeds give equal pairs.

    Example:
        >>> pairs = draw_pairs(np.array([0, 0, 1, 1, 2]), seed=0)
        >>> len(pairs), int(pairs.same.sum())
        (8, 4)
    """
    generator = numpy_stream(seed, "pairs")
    counts = np.bincount(labels)
    usable = np.flatnonzero((counts[labels] > 1) & (counts[labels] < len(labels)))
    anchors = np.sort(generator.permutation(usable)[:MOST_ANCHORS])
    own = []
    by_class = {label: np.flatnonzero(labels == label) for label in np.unique(labels[anchors])}
    for row in anchors:
        rows = by_class[labels[row]]
        place = generator.integers(len(rows) - 1)
        own.append(rows[place] if rows[place] < row else rows[place + 1])
    same = np.repeat([True, False], len(anchors))
    other = np.concatenate([np.array(own, dtype=np.int64), _of_others(anchors, labels, generator)])
    return Pairs(np.concatenate([anchors, anchors]), other, same)


def draw_strangers(labels: NDArray[np.int64], seed: int) -> Pairs:
    """Ten pairs of two classes for each of up to 2,000 rows: a rare false alarm takes many of them to see.

    Args:
        labels: Class of each row, shape (N,).
        seed: For drawing; equal seeds give equal pairs.

    Example:
        >>> len(draw_strangers(np.array([0, 0, 1, 1, 2]), seed=0))
        50
    """
    generator = numpy_stream(seed, "strangers")
    counts = np.bincount(labels)
    usable = np.flatnonzero(counts[labels] < len(labels))
    anchors = np.repeat(np.sort(generator.permutation(usable)[:MOST_ANCHORS]), STRANGERS)
    return Pairs(anchors, _of_others(anchors, labels, generator), np.zeros(len(anchors), dtype=bool))


def _of_others(
    anchors: NDArray[np.int64], labels: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """A row of another class for each."""
    drawn = generator.integers(len(labels), size=len(anchors))
    while (clash := labels[drawn] == labels[anchors]).any():
        drawn[clash] = generator.integers(len(labels), size=int(clash.sum()))
    return drawn


def best_threshold(distances: Distances, same: NDArray[np.bool_]) -> float:
    """The distance below which calling a pair the same is right most often; of several, the middle one.

    Args:
        distances: Of each pair.
        same: Whether it is of one class.

    Example:
        >>> best_threshold(np.array([0.1, 0.3, 0.5, 0.9]), np.array([True, True, False, False]))
        0.4
    """
    order = np.argsort(distances, kind="stable")
    ordered, hits = distances[order], same[order]
    # right[i]: the i nearest pairs are called the same, all others different
    right = np.concatenate([[0], np.cumsum(hits)]) + np.concatenate([np.cumsum(~hits[::-1])[::-1], [0]])
    edges = np.concatenate(
        [[ordered[0]], (ordered[:-1] + ordered[1:]) / 2, [np.nextafter(ordered[-1], np.inf)]]
    )
    # A threshold cannot part pairs of equal distance.
    right[1:-1] = np.where(ordered[:-1] < ordered[1:], right[1:-1], -1)
    best = np.flatnonzero(right == right.max())
    return float(edges[best[len(best) // 2]])


def accepting_threshold(strangers: Distances, rate: float) -> float | None:
    """The distance below which a new pair of two classes falls with a chance of at most ``rate``.

    Args:
        strangers: Distances of pairs of two classes, of rows that nothing was fitted to.
        rate: Chosen in advance, above 0 and below 1.

    Returns:
        ``None`` where there are too few pairs for so small a rate.

    Example:
        >>> accepting_threshold(np.arange(1.0, 200.0), rate=0.05)
        10.0
    """
    if (len(strangers) + 1) * rate < 1:
        return None
    return -false_alarm_threshold(-strangers, rate)


def equal_error_rate(distances: Distances, same: NDArray[np.bool_]) -> float:
    """The error rate at the threshold where pairs of both kinds are wrong equally often.

    Args:
        distances: Of each pair.
        same: Whether it is of one class.

    Example:
        >>> round(equal_error_rate(np.array([1.0, 2.0, 4.0, 3.0]), np.array([True, True, False, True])), 4)
        0.0
        >>> equal_error_rate(np.array([1.0, 3.0, 2.0, 4.0]), np.array([True, True, False, False]))
        0.5
    """
    accepted, found, _ = roc_curve(same, -distances, drop_intermediate=False)
    gap = accepted - (1 - found)  # rises from -1 to 1
    after = int(np.argmax(gap >= 0))
    if gap[after] == 0 or after == 0:
        return float(accepted[after])
    share = -gap[after - 1] / (gap[after] - gap[after - 1])
    return float(accepted[after - 1] + share * (accepted[after] - accepted[after - 1]))


def judged_pairs(distances: Distances, same: NDArray[np.bool_], threshold: float) -> dict[str, float]:
    """What is measured of as many pairs of one class as of two.

    Args:
        distances: Of each pair.
        same: Whether it is of one class.
        threshold: Below which a pair is called the same.

    Example:
        >>> judged_pairs(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, False, False]), 2.5)
        {'accuracy': 1.0, 'roc_auc': 1.0, 'equal_error_rate': 0.0}
    """
    return {
        "accuracy": float(((distances < threshold) == same).mean()),
        "roc_auc": float(roc_auc_score(same, -distances)),
        "equal_error_rate": equal_error_rate(distances, same),
    }


@dataclass(frozen=True)
class Retrieved:
    """Rows that were asked for, with their nearest neighbours among the others of their part.

    Args:
        asked: Places in the part, int64, shape (Q,).
        found: Their neighbours, the nearest first, shape (Q, count).
        distances: Of the neighbours.
        right: Whether a neighbour has the class of the row that was asked for.
    """

    asked: NDArray[np.int64]
    found: NDArray[np.int64]
    distances: Distances
    right: NDArray[np.bool_]

    def measured(self) -> dict[str, float]:
        """Share whose nearest neighbour is right, and the share of right ones among the first."""
        count = self.right.shape[1]
        return {
            "recall_at_1": float(self.right[:, 0].mean()),
            f"precision_at_{count}": float(self.right.mean()),
        }


def retrieve(
    rows: NDArray[Any], labels: NDArray[np.int64], seed: int, count: int = NEIGHBOURS
) -> Retrieved | None:
    """Look for the neighbours of rows among all others of their part.

    Args:
        rows: Embeddings, or the rows' own numbers: (N, K).
        labels: Class of each row.
        seed: For drawing, where there are very many rows.
        count: Neighbours of each, from 1.

    Returns:
        ``None`` where there are too few rows.

    Example:
        >>> rows = np.array([[0.0], [1.0], [10.0], [11.0]])
        >>> retrieve(rows, np.array([0, 0, 1, 1]), seed=0, count=1).measured()
        {'recall_at_1': 1.0, 'precision_at_1': 1.0}
    """
    if len(rows) <= count:
        return None
    stored = np.sort(numpy_stream(seed, "stored rows").permutation(len(rows))[:MOST_STORED])
    asked = np.sort(numpy_stream(seed, "asked rows").permutation(stored)[:MOST_ASKED])
    places, distances = nearest(rows[asked], rows[stored], count + 1)
    found = stored[places]
    # The row itself is no neighbour; where another one equals it, it may not even stand first.
    others = found != asked[:, None]
    others[others.all(axis=1), -1] = False
    found, distances = (each[others].reshape(len(asked), count) for each in (found, distances))
    return Retrieved(asked, found, distances, labels[found] == labels[asked][:, None])


def clustered_interval(
    values: NDArray[np.float64], clusters: NDArray[np.int64], level: float = LEVEL
) -> tuple[float, float] | None:
    r"""The interval of a mean whose values belong together in clusters: all pairs of one face, say.

    .. math:: s^2 = \frac{G}{G - 1} \frac{1}{N^2} \sum_g \Big(\sum_{n \in g} (x_n - \bar x)\Big)^2

    Args:
        values: Shape (N,).
        clusters: Number of the cluster that each belongs to.
        level: How often such an interval shall hold the true value.

    Returns:
        Ends within 0 and 1, by Student's t; ``None`` for one cluster or where all values are equal.

    Source:
        Liang and Zeger 1986, Longitudinal data analysis using generalized linear models.

    Example:
        >>> clustered_interval(np.array([1.0, 1.0, 0.0, 1.0]), np.array([0, 0, 1, 1]))
        (0.0, 1.0)
    """
    names, place = np.unique(clusters, return_inverse=True)
    sums = np.bincount(place, weights=values - values.mean())
    spread = float(sums @ sums)
    if len(names) < 2 or spread == 0:
        return None
    error = math.sqrt(len(names) / (len(names) - 1) * spread) / len(values)
    margin = float(stats.t.ppf(0.5 + level / 2, len(names) - 1)) * error
    mean = float(values.mean())
    return max(0.0, mean - margin), min(1.0, mean + margin)

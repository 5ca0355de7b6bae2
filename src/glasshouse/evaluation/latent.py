"""Looking at codes: the plane in which they differ most, which numbers are used, who is near whom."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream

POINTS = 500
"""Rows drawn for the plane."""
MOST_STORED, MOST_ASKED = 5_000, 500
"""Training rows among which neighbours are looked for, and rows whose neighbours are."""
LEAST_VARIANCE = 0.01
"""Variance over the rows from which a number of a variational code counts as used."""

Codes = NDArray[np.float32]


def plane(codes: Codes, labels: NDArray[np.int64] | None, seed: int) -> dict[str, Any]:
    """Two coordinates of the code for some rows.

    Args:
        codes: Shape (N, K).
        labels: Class of each row, where there are classes.
        seed: For drawing rows.

    Returns:
        ``points`` (x, y, and the class or ``None``), ``explained`` (the share of the codes' variance that the
        plane shows) and ``method``.
    """
    centred = codes.astype(np.float64) - codes.mean(axis=0, dtype=np.float64)
    total = float(np.square(centred).sum())
    method = "the two numbers of the code" if codes.shape[1] == 2 else "first two principal components"
    if codes.shape[1] > 2:
        _, axes = np.linalg.eigh(centred.T @ centred)
        centred = centred @ axes[:, ::-1][:, :2]
    elif codes.shape[1] == 1:
        method = "the one number of the code"
        centred = np.column_stack([centred, np.zeros(len(centred))])
    shown = float(np.square(centred).sum())
    drawn = np.sort(numpy_stream(seed, "latent plane").permutation(len(codes))[:POINTS])
    points = [
        [float(centred[row, 0]), float(centred[row, 1]), None if labels is None else int(labels[row])]
        for row in drawn
    ]
    return {"points": points, "explained": shown / total if total > 0 else 1.0, "method": method}


def used(codes: Codes, variational: bool) -> dict[str, Any]:
    """How many numbers of the code carry something.

    Args:
        codes: Shape (N, K): for a variational autoencoder the means.
        variational: Whether codes have the standard normal as their measure; otherwise a number counts as
            used when its variance is at least a hundredth of the largest.

    Source:
        Burda, Grosse and Salakhutdinov 2016, Importance weighted autoencoders, section 5 (active units).

    Example:
        >>> used(np.array([[0.0, 5.0], [2.0, 5.0]], dtype=np.float32), variational=True)
        {'width': 2, 'used': 1, 'spreads': [1.0, 0.0]}
    """
    variances = codes.var(axis=0, dtype=np.float64)
    least = LEAST_VARIANCE if variational else LEAST_VARIANCE * float(variances.max())
    count = int((variances > least).sum()) if variances.max() > 0 else 0
    return {"width": codes.shape[1], "used": count, "spreads": np.sqrt(variances).tolist()}


def nearest(asked: NDArray[Any], among: NDArray[Any], count: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The nearest rows by Euclidean distance, the nearest first.

    Args:
        asked: Shape (N, K).
        among: Shape (M, K).
        count: How many for each, from 1 to M.

    Returns:
        Places in ``among`` and distances, both of shape (N, count).

    Example:
        >>> places, distances = nearest(np.array([[0.0]]), np.array([[3.0], [1.0], [-2.0]]), count=2)
        >>> places.tolist(), distances.tolist()
        ([[1, 2]], [[1.0, 2.0]])
    """
    places, distances = [], []
    other = among.astype(np.float64)
    for rows in np.array_split(asked.astype(np.float64), max(1, len(asked) // 256)):
        squares = np.square(rows).sum(axis=1)[:, None] + np.square(other).sum(axis=1) - 2 * rows @ other.T
        found = np.argsort(squares, axis=1, kind="stable")[:, :count]
        places.append(found)
        # Recomputed from the rows: the expanded square loses digits where rows are almost equal.
        apart = rows[:, None, :] - other[found]
        distances.append(np.sqrt(np.square(apart).sum(axis=2)))
    return np.concatenate(places), np.concatenate(distances)


def neighbours_agree(
    asked: NDArray[Any],
    asked_labels: NDArray[np.int64],
    among: NDArray[Any],
    among_labels: NDArray[np.int64],
    seed: int,
) -> float:
    """Share of rows whose nearest training row has their class; of very many rows, some are drawn.

    Args:
        asked: Rows (N, K).
        asked_labels: Their classes.
        among: Training rows (M, K).
        among_labels: Their classes.
        seed: For drawing.
    """
    some = numpy_stream(seed, "asked").permutation(len(asked))[:MOST_ASKED]
    stored = numpy_stream(seed, "stored").permutation(len(among))[:MOST_STORED]
    places, _ = nearest(asked[some], among[stored], 1)
    return float((among_labels[stored][places[:, 0]] == asked_labels[some]).mean())

"""The Frechet distance between real and made rows, on features that are simple enough to name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from glasshouse.core.seeds import derive, numpy_stream
from glasshouse.evaluation.principal_components import principal_components

COMPONENTS, UNITS = 50, 64
MOST_ROWS = 4000
"""Training rows that the small classifier learns from."""

Features = NDArray[np.float64]


def frechet_distance(one: Features, other: Features) -> float:
    r"""The squared Frechet distance between two clouds of features, as if both were normal.

    .. math:: \lVert \mu_1 - \mu_2 \rVert^2 + \operatorname{tr}(\Sigma_1 + \Sigma_2
        - 2 (\Sigma_1^{1/2} \Sigma_2 \Sigma_1^{1/2})^{1/2})

    Args:
        one: Shape (N, D), at least 2 rows.
        other: Shape (M, D), at least 2 rows.

    Returns:
        From 0; in squared units of the features. It grows as fewer rows are compared: only distances between
        equally many rows, on the same features, can be compared.

    Source:
        Dowson and Landau 1982; Heusel et al. 2017, GANs trained by a two time-scale update rule, arXiv
        1706.08500, whose features are those of an Inception network: values are not comparable with theirs.

    Example:
        >>> square = np.array([[0.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 2.0]])
        >>> round(frechet_distance(square, square + [3.0, 0.0]), 6)
        9.0
    """
    apart = one.mean(axis=0) - other.mean(axis=0)
    first, second = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (one, other))
    root = _root(first)
    cross = _root(root @ second @ root)
    return max(0.0, float(apart @ apart + np.trace(first) + np.trace(second) - 2 * np.trace(cross)))


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    root: NDArray[np.float64] = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    return root


@dataclass(frozen=True)
class Eye:
    """What turns rows into features.

    Args:
        look: From rows (N, ...) to features (N, D).
        about: What the features are, for the reader.
        classify: From rows to class indices, where there is a classifier; else ``None``.
        accuracy: Of the classifier, on training rows that it did not learn from.
    """

    look: Callable[[torch.Tensor], Features]
    about: str
    classify: Callable[[torch.Tensor], NDArray[np.int64]] | None = None
    accuracy: float | None = None


def make_eye(inputs: torch.Tensor, labels: NDArray[np.int64] | None, seed: int) -> Eye:
    """Features of training rows: of a small classifier where there are classes, else principal components.

    The classifier has one hidden layer of 64 ReLUs on at most 50 principal components, learnt from at most
    4,000 rows. It takes seconds, and it sees what tells the classes apart; whatever all classes share it need
    not see.

    Args:
        inputs: Training rows (N, ...).
        labels: Their classes, or ``None``.
        seed: For drawing rows and first weights.

    Example:
        >>> rows = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))
        >>> eye = make_eye(rows, None, seed=0)
        >>> eye.look(rows).shape, eye.about
        ((60, 4), 'the 4 numbers of a row')
    """
    drawn = np.sort(numpy_stream(seed, "eye").permutation(len(inputs))[: MOST_ROWS + MOST_ROWS // 4])
    some = inputs[torch.from_numpy(drawn)]
    numbers = inputs[0].numel()
    width = min(COMPONENTS, len(some) - 1)
    components = principal_components(some, width, seed) if numbers > width else None

    def coordinates(rows: torch.Tensor) -> Features:
        flat: Features = rows.flatten(1).double().numpy()
        if components is None:
            return flat
        turned: Features = (flat - components.mean) @ components.components.T
        return turned

    base = (
        f"the {numbers} numbers of a row"
        if components is None
        else f"the first {width} principal components of the training rows"
    )
    if labels is None or len(np.unique(labels)) < 2:
        return Eye(coordinates, base)
    points, classes = coordinates(some), labels[drawn]
    kept = max(1, len(drawn) // 5)
    scale = points.std() or 1.0
    network = _fitted(points[kept:] / scale, classes[kept:], seed)
    if network is None:
        return Eye(coordinates, base)
    weights, biases = network.coefs_[0], network.intercepts_[0]

    def hidden(rows: torch.Tensor) -> Features:
        sums: Features = coordinates(rows) / scale @ weights + biases
        return np.maximum(sums, 0.0)

    def classify(rows: torch.Tensor) -> NDArray[np.int64]:
        answers: NDArray[np.int64] = network.predict(coordinates(rows) / scale).astype(np.int64)
        return answers

    right = float((classify(some[:kept]) == classes[:kept]).mean())
    about = f"the {UNITS} hidden numbers of a small classifier, which looks at {base}"
    return Eye(hidden, about, classify, right)


def _fitted(points: Features, classes: NDArray[np.int64], seed: int) -> Any:
    """A small classifier, or ``None`` where one class is all there is to learn from."""
    if len(np.unique(classes)) < 2:
        return None
    network = MLPClassifier(
        (UNITS,), alpha=0.1, learning_rate_init=0.003, max_iter=60, random_state=derive(seed, "eye") % 2**32
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it need not be the best classifier
        return network.fit(points, classes)

"""scikit-learn's MLPClassifier: one partial_fit per epoch, which shuffles and cuts as everybody does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sklearn.neural_network import MLPClassifier


def fit(
    inputs: Any,
    targets: Any,
    hidden: Sequence[int],
    *,
    batch_size: int,
    epochs: int,
    learning_rate: float,
    seed: int,
    note: Callable[[], None],
) -> MLPClassifier:
    """Train on arrays, without PyTorch.

    Args:
        inputs: (rows, numbers).
        targets: (rows,), classes from 0.
        hidden: Units of the hidden layers.
        batch_size: Rows per step.
        epochs: Passes.
        learning_rate: Of Adam.
        seed: Of the first weights.
        note: Called when an epoch is over.
    """
    model = MLPClassifier(
        hidden_layer_sizes=list(hidden),
        alpha=0.0,
        batch_size=batch_size,
        learning_rate_init=learning_rate,
        random_state=seed,
    )
    for _ in range(epochs):
        model.partial_fit(inputs, targets, classes=range(int(targets.max()) + 1))
        note()
    return model

"""scikit-learn's GridSearchCV over MLPClassifier, without PyTorch in any of its processes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib.externals.loky import get_reusable_executor
from measuring.grid_points import ACTIVATIONS, BATCH, RATES, SCALING, WIDTHS
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

SCALERS = {"z-score": StandardScaler, "min-max": MinMaxScaler}


def search(
    name: str, epochs: int, inputs: Any, classes: Any, folds: Sequence[tuple[Any, Any]], processes: int = 2
) -> float:
    """The best mean accuracy over the folds.

    Args:
        name: Of the data.
        epochs: Passes of every network.
        inputs: (rows, numbers).
        classes: (rows,).
        folds: Row numbers to train on and to judge by.
        processes: How many work at once.
    """
    warnings.simplefilter("ignore", ConvergenceWarning)
    network = MLPClassifier(
        solver="adam", alpha=0.0, batch_size=BATCH, max_iter=epochs, tol=0.0, n_iter_no_change=epochs + 1,
        random_state=0,
    )  # fmt: skip
    grid = {
        "mlpclassifier__learning_rate_init": RATES,
        "mlpclassifier__hidden_layer_sizes": [tuple(each) for each in WIDTHS],
        "mlpclassifier__activation": list(ACTIVATIONS.values()),
    }
    pipeline = make_pipeline(SCALERS[SCALING[name]](), network)
    found = GridSearchCV(pipeline, grid, cv=list(folds), n_jobs=processes, refit=False)
    found.fit(inputs.astype(np.float64), classes)
    return float(found.best_score_)


def dismiss() -> None:
    """End the processes, so that what they computed is counted."""
    get_reusable_executor().shutdown(wait=True)

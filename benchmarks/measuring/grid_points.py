"""The grid of 64 points that ``grid.py`` and ``memory.py`` go through."""

from __future__ import annotations

import numpy as np

RATES = [float(f"{rate:.4g}") for rate in np.geomspace(3e-4, 3e-2, 8)]
WIDTHS = [[16], [32], [64], [32, 16]]
ACTIVATIONS = {"relu": "relu", "tanh": "tanh"}
"""Glasshouse's name and scikit-learn's."""
FOLDS, BATCH = 5, 32
SCALING = {"breast_cancer": "z-score", "digits": "min-max"}
"""The data, and how both sides scale them inside each fold."""

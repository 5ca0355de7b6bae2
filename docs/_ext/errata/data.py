"""Errata about data, evaluation, and what deep learning is said to do."""

from __future__ import annotations

from errata.close import random
from errata.entry import Proof


def leaking_scale() -> Proof:
    """The mean of 30 rows, ten of which are for testing, with one far value among these."""
    rows = random(30, seed=2)
    rows[25] = 100.0
    everything, training = float(rows.mean()), float(rows[:20].mean())
    return Proof(
        {"everything": everything, "training": training},
        {"the test rows moved the scale": abs(everything - training) > 1},
    )

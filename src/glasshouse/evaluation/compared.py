"""Rows that are compared: pairs of a part, their distances, and below which two rows are called alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glasshouse.data.parts import Part
from glasshouse.evaluation.pair_rates import (
    Distances,
    Pairs,
    Retrieved,
    accepting_threshold,
    best_threshold,
    draw_pairs,
    draw_strangers,
    judged_pairs,
    retrieve,
)


@dataclass(frozen=True)
class Compared:
    """One part, by what pairs of it are apart.

    Args:
        part: The rows and their classes.
        rows: What distances are taken of: embeddings, or the rows' own numbers, (N, K).
        labels: Class of each row.
        pairs: The pairs.
        distances: Of each pair.
        strangers: Distances of many more pairs of two classes, by which rare false alarms are counted.
        retrieved: Neighbours; ``None`` where there are too few rows.
    """

    part: Part
    rows: NDArray[np.float32]
    labels: NDArray[np.int64]
    pairs: Pairs
    distances: Distances
    strangers: Distances
    retrieved: Retrieved | None

    @classmethod
    def of(cls, part: Part, rows: NDArray[np.float32], seed: int) -> Compared | None:
        """Draw pairs and look for neighbours; ``None`` where there are no pairs of both kinds."""
        labels = part.targets.numpy()
        pairs = draw_pairs(labels, seed)
        if not len(pairs):
            return None
        strangers = draw_strangers(labels, seed).distances(rows)
        return cls(part, rows, labels, pairs, pairs.distances(rows), strangers, retrieve(rows, labels, seed))

    def accepts(self, threshold: float) -> dict[str, float]:
        """Share of the pairs of one class, and of two, that lie below a threshold."""
        found = self.distances[self.pairs.same] < threshold
        return {
            "true_accepts": float(found.mean()),
            "false_accepts": float((self.strangers < threshold).mean()),
        }


@dataclass(frozen=True)
class Thresholds:
    """Distances below which two rows are called alike, taken from rows that no weight was fitted to.

    Args:
        part: Whose rows.
        threshold: Right most often.
        rate: False-alarm rate that was chosen in advance.
        accepting: Keeps to that rate; ``None`` where there were too few pairs.
    """

    part: str
    threshold: float
    rate: float
    accepting: float | None

    @classmethod
    def of(cls, found: Mapping[str, Compared], rate: float) -> Thresholds:
        """From the validation part, or the training part where there is none."""
        part = "validation" if "validation" in found else next(iter(found))
        chosen = found[part]
        threshold = best_threshold(chosen.distances, chosen.pairs.same)
        return cls(part, threshold, rate, accepting_threshold(chosen.strangers, rate))

    def measured(self, found: Compared) -> dict[str, float]:
        """All metrics of a part."""
        told = judged_pairs(found.distances, found.pairs.same, self.threshold)
        accepts = {} if self.accepting is None else found.accepts(self.accepting)
        return {**told, **accepts, **(found.retrieved.measured() if found.retrieved else {})}

"""What trials are compared by, and how it is read out of what training wrote down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

DIGITS = 6
"""Significant digits of curves in the journal."""


@dataclass(frozen=True)
class Measure:
    """A number by which trials are compared.

    Args:
        name: ``"accuracy"``, ``"r2"`` or ``"loss"``, as it stands in the records of an epoch.

    Example:
        >>> Measure("loss").best([0.5, 0.2, 0.3]), Measure("accuracy").better(0.9, 0.8)
        (1, True)
    """

    name: str

    @property
    def larger(self) -> bool:
        """Whether larger is better."""
        return self.name != "loss"

    def better(self, one: float, other: float) -> bool:
        """Whether one score is better than another."""
        return one > other if self.larger else one < other

    def order(self, scores: Sequence[float]) -> list[int]:
        """Places from the best score to the worst; equal ones as they came, not-a-number last."""
        worth = np.asarray(scores, dtype=np.float64)
        worth = np.where(np.isnan(worth), -np.inf, worth if self.larger else -worth)
        return [int(place) for place in np.argsort(-worth, kind="stable")]

    def best(self, scores: Sequence[float]) -> int:
        """The place of the best score."""
        return self.order(scores)[0]


def score_of(row: Mapping[str, Any], name: str) -> float | None:
    """A number of the part that watched, out of the record of an epoch."""
    value = row["validation"].get(name)
    return None if value is None else float(value)


def curves_of(histories: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, dict[str, list[float]]]:
    """For every measurement its mean and spread over several trainings, epoch by epoch.

    Trainings that ended earlier count as long as they went.

    Example:
        >>> histories = [[{"train": {"loss": 1.0}}], [{"train": {"loss": 3.0}}]]
        >>> curves_of(histories)
        {'train_loss': {'mean': [2.0], 'spread': [1.41421]}}
    """
    longest = max((len(history) for history in histories), default=0)
    names = [
        (part, name)
        for part in ("train", "validation")
        for name in (histories[0][0].get(part, {}) if longest and histories[0] else {})
    ]
    found = {}
    for part, name in names:
        table = np.full((len(histories), longest), np.nan)
        for place, history in enumerate(histories):
            values = [row[part].get(name) for row in history]
            table[place, : len(values)] = [np.nan if value is None else value for value in values]
        if len(histories) > 1 and not np.isnan(table).any():
            mean, spread = table.mean(axis=0), table.std(axis=0, ddof=1)
            found[f"{part}_{name}"] = {"mean": _short(mean), "spread": _short(spread)}
            continue
        known = (~np.isnan(table)).sum(axis=0)
        total = np.nansum(table, axis=0)
        mean = np.divide(total, known, out=np.full(longest, np.nan), where=known > 0)
        squares = np.nansum((table - mean) ** 2, axis=0)
        spread = np.sqrt(np.divide(squares, known - 1, out=np.zeros(longest), where=known > 1))
        found[f"{part}_{name}"] = {"mean": _short(mean), "spread": _short(spread)}
    return found


def _short(values: np.typing.NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in values]

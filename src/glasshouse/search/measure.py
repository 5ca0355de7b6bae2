"""What trials are compared by, and how it is read out of what training wrote down."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasshouse.losses.contract import Meaning
from glasshouse.objectives import Objective
from glasshouse.training.quick import metric_name

DIGITS = 6
"""Significant digits of curves in the journal."""
SMALLER = ("loss", "nats", "rmse")
"""Measures of which less is better."""
COLUMNS = {"nats": "loss"}
"""Measures that stand under another name in the records of an epoch."""
OF_ANSWERS: dict[Meaning, str] = {
    "next_token": "nats",
    "frames": "nats",
    "tags": "nats",
    "strokes": "nats",
    "translation": "bleu",
    "captioning": "bleu",
    "pixel_classes": "mean_iou",
    "pixels": "psnr",
    "grid": "average_precision_50",
    "embedding": "accuracy",
}
"""What the report of a run puts first, by what outputs mean; for others the metric of an epoch."""


@dataclass(frozen=True)
class Measure:
    """A number by which trials are compared.

    Args:
        name: ``"accuracy"``, ``"r2"``, ``"loss"``, ``"nats"`` ..., as the evaluation of a run calls it.

    Example:
        >>> Measure("loss").best([0.5, 0.2, 0.3]), Measure("accuracy").better(0.9, 0.8)
        (1, True)
    """

    name: str

    @property
    def larger(self) -> bool:
        """Whether larger is better."""
        return self.name not in SMALLER

    @property
    def column(self) -> str:
        """What it is called in the records of an epoch, where it stands there."""
        return COLUMNS.get(self.name, self.name)

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


def measure_for(task: str, objective: Objective, watched: Collection[str]) -> Measure:
    """What trials are compared by where nobody asks for the loss.

    Args:
        task: What is learnt.
        objective: One of the trials'.
        watched: What says which epoch is best, of the objectives of all of them.

    Example:
        >>> from glasshouse.objectives.language import Language
        >>> measure_for("language", Language(), {"loss"})
        Measure(name='nats')
    """
    if task == "forecast":
        return Measure("rmse")
    if not objective.comparable:  # a game: what is made is compared with held-out rows
        return Measure("coverage")
    if watched == {"loss"}:
        meaning = objective.meaning
        known = None if meaning is None else OF_ANSWERS.get(meaning)
        return Measure(known or metric_name(meaning) or "loss")
    # Machines whose likelihood can be worked out, beside others that are too large for it.
    return Measure(next(iter(watched)) if len(watched) == 1 else "pseudo_likelihood")


def score_of(row: Mapping[str, Any], name: str) -> float | None:
    """A number of the part that watched, out of the record of an epoch."""
    value = row["validation"].get(Measure(name).column)
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

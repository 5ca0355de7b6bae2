"""A trial while it is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from glasshouse.search.cells import Networks
from glasshouse.search.trial import Asked


@dataclass
class Running:
    """A trial while it is trained.

    Args:
        asked: What it is.
        networks: Its networks.
        histories: Their epochs so far.
        judged: What the held-out rows say of each by now, where training does not write that down.
        seconds: Its share of the time so far.
        engine: What computes the gradients.
        engine_why: Why it was chosen.
        error: Why it cannot go on, or empty.
    """

    asked: Asked
    networks: Networks
    histories: list[list[dict[str, Any]]] = field(default_factory=list)
    judged: list[float | None] = field(default_factory=list)
    seconds: float = 0.0
    engine: str = ""
    engine_why: str = ""
    error: str = ""


def mean_of(scores: list[list[float]] | None) -> float:
    """The mean over folds and seeds; infinite where a score is not defined."""
    return math.inf if not scores else sum(map(sum, scores)) / sum(map(len, scores))

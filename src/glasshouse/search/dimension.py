"""One setting of a search: the values that it may take."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Condition = Mapping[str, tuple[Any, ...]]
"""Other settings of the space, and the values of theirs beside which a setting counts."""


@dataclass(frozen=True)
class Choice:
    """A list of values, of which one is taken.

    Args:
        key: The dotted setting of an experiment.
        values: What it may be, each once, in the order in which pictures show them.
        only_with: Beside which values of other settings it counts; empty for always.

    Example:
        >>> Choice("training.batch_size", (16, 32)).grid()
        [16, 32]
    """

    key: str
    values: tuple[Any, ...]
    only_with: Condition = field(default_factory=dict)

    def grid(self) -> list[Any]:
        """The values of a grid."""
        return list(self.values)

    def draw(self, generator: np.random.Generator) -> Any:
        """One value, each as likely as the others."""
        return self.values[int(generator.integers(len(self.values)))]

    def share(self, value: Any) -> float:
        """Where on an axis from 0 to 1 a value lies."""
        return self.values.index(value) / max(1, len(self.values) - 1)


@dataclass(frozen=True)
class Range:
    """All numbers from one to another.

    Args:
        key: The dotted setting of an experiment.
        low, high: The ends, both included, ``low`` below ``high``.
        scale: ``"linear"``, or ``"log"`` where factors matter and not differences.
        whole: Whether only whole numbers count.
        points: How many values a grid takes, from 2.
        only_with: Beside which values of other settings it counts; empty for always.

    Example:
        >>> [round(value, 6) for value in Range("training.learning_rate", 1e-4, 1e-1, "log", points=4).grid()]
        [0.0001, 0.001, 0.01, 0.1]
    """

    key: str
    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"
    whole: bool = False
    points: int = 5
    only_with: Condition = field(default_factory=dict)

    def grid(self) -> list[Any]:
        """The values of a grid: as many as ``points`` says, evenly apart on the scale, each once."""
        return list(dict.fromkeys(self._at(place / (self.points - 1)) for place in range(self.points)))

    def draw(self, generator: np.random.Generator) -> Any:
        """One value, evenly likely on the scale."""
        return self._at(float(generator.random()))

    def share(self, value: float) -> float:
        """Where on an axis from 0 to 1 a value lies."""
        if self.scale == "log":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def _at(self, share: float) -> Any:
        if self.scale == "log":
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + share * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        # Seven digits are more than a setting deserves, and read the same on every machine.
        return round(value) if self.whole else float(f"{value:.7g}")


Dimension = Choice | Range


def hashable(value: Any) -> Any:
    """A value as something that can be compared and counted, lists and tables too.

    Example:
        >>> hashable({"name": "sgd", "sizes": [1, 2]})
        (('name', 'sgd'), ('sizes', (1, 2)))
    """
    if isinstance(value, Mapping):
        return tuple((key, hashable(item)) for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(hashable(item) for item in value)
    return value

"""What a worked example is: a small problem, what is computed, and what course notes have printed for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ROUNDING = 1e-12
"""A tolerance of 0 means equal but for the last digits of float64, relative to the size of the number."""


@dataclass(frozen=True)
class Worked:
    """One worked example.

    Args:
        id: Its name.
        problem: What is asked.
        compute: Computes the numbers, by name.
        correct: What they are.
        stated: What a note printed, as far as it did.
        wrong: Those of the stated ones that are not what is computed.
        tolerance: How far a number may be off, for all or by name.
        why: Where the printed number came from, or what to know about it.
        published: Numbers that only a source can give.
    """

    id: str
    problem: str
    compute: Callable[[], Mapping[str, Any]]
    correct: Mapping[str, Any]
    stated: Mapping[str, Any] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    tolerance: float | Mapping[str, float] = 0.0
    why: str = ""
    published: Mapping[str, float] = field(default_factory=dict)

    def within(self, name: str) -> float:
        """The tolerance of one number."""
        return self.tolerance.get(name, 0.0) if isinstance(self.tolerance, Mapping) else self.tolerance


def agree(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two numbers, words or nested lists of numbers agree within the tolerance."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(agree(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, (list, tuple, str)) or isinstance(other, (list, tuple, str)):
        return one == other
    return abs(one - other) <= tolerance + ROUNDING * abs(other)

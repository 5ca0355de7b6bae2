"""The number that a recipe must pass, and whether a run did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bar:
    """A metric of one part, and how large or small it has to be.

    Args:
        metric: A name in the run's metrics, ``"accuracy"``, ``"mse"``, ``"return"`` ...; or the dotted way to
            another number of its evaluation, such as ``"reconstruction.unusual.roc_auc"``.
        part: ``"test"`` or ``"validation"``.
        number: The number to reach.
        at_least: Whether larger is better; otherwise the number is the most that is allowed.

    Example:
        >>> bar = Bar("accuracy", "test", 0.99)
        >>> print(bar.judged({"metrics": {"test": {"accuracy": 0.9913}}}))
        test accuracy 0.9913, at least 0.99 wanted: passed
    """

    metric: str
    part: str
    number: float
    at_least: bool = True

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.number:g}"

    def judged(self, evaluation: Mapping[str, Any]) -> Verdict:
        """Whether a run passes.

        Args:
            evaluation: As ``run.evaluation`` has it.
        """
        value = evaluation["metrics"].get(self.part, {}).get(self.metric)
        if value is None and "." in self.metric:
            value = _along(self.metric.split("."), evaluation)
        passed = value is not None and (value >= self.number if self.at_least else value <= self.number)
        return Verdict(self, value, passed)


def _along(way: list[str], record: Any) -> float | None:
    """The number at the end of a way through nested tables, where there is one."""
    for key in way:
        record = record.get(key) if isinstance(record, Mapping) else None
    return float(record) if isinstance(record, (int, float)) else None


@dataclass(frozen=True)
class Verdict:
    """What a run reached, beside what was wanted.

    Args:
        bar: What was wanted.
        value: What was reached; ``None`` where the run has no such metric.
        passed: Whether that is enough.
    """

    bar: Bar
    value: float | None
    passed: bool

    def __str__(self) -> str:
        reached = "was not measured" if self.value is None else f"{self.value:.5g}"
        end = "passed" if self.passed else "not passed"
        return f"{self.bar.part} {self.bar.metric} {reached}, {self.bar} wanted: {end}"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain types."""
        key = "at_least" if self.bar.at_least else "at_most"
        return {
            "metric": self.bar.metric,
            "part": self.bar.part,
            "value": self.value,
            key: self.bar.number,
            "passed": self.passed,
        }

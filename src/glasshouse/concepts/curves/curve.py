"""What is drawn of a concept: points, computed once for the terminal, for SVG and for programs."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from glasshouse.core.concept import Concept


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Args:
        name: What stands at its end: ``"f(x)"``.
        x: Places, rising.
        y: Values there; not-a-number where the line is interrupted.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """All that is drawn in one figure.

    Args:
        lines: At most three; the first one is the concept itself.
        across: What is on the horizontal axis.
        up: What is on the upright axis.
        about: What is shown, and what was held fixed, as a sentence.
        filled: Whether the area below the (only) line is what counts, as in a histogram.
        zero: Whether the upright axis must reach down to 0.
    """

    lines: tuple[Line, ...]
    across: str
    up: str
    about: str
    filled: bool = False
    zero: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values; ``None`` where a line is interrupted."""
        return {
            "about": self.about,
            "across": self.across,
            "up": self.up,
            "lines": [
                {
                    "name": line.name,
                    "x": list(line.x),
                    "y": [None if math.isnan(value) else value for value in line.y],
                }
                for line in self.lines
            ],
        }


def buildable(concept: Concept, *given: str) -> bool:
    """Whether a concept can be built from its defaults.

    Args:
        concept: Any concept.
        given: Settings that will be supplied.
    """
    empty = inspect.Parameter.empty
    return all(each.default is not empty for name, each in concept.settings().items() if name not in given)


def interrupted(y: list[float]) -> list[float]:
    """Values in which a jump is an interruption, so that no line is drawn where the function has none.

    A step from one of some hundred points to the next that takes more than a tenth of the whole range is
    taken for a jump; the value before it becomes not-a-number.

    Example:
        >>> interrupted([0.0, 0.0, 1.0, 1.0])
        [0.0, nan, 1.0, 1.0]
    """
    finite = [value for value in y if math.isfinite(value)]
    range_ = max(finite) - min(finite) if finite else 0.0
    jumps = [abs(after - before) > 0.1 * range_ for before, after in pairwise(y)]
    return [math.nan if jump else value for value, jump in zip(y, [*jumps, False], strict=False)]

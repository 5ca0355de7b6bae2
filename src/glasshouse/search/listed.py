"""Grid and random search: all trials are known before the first is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from glasshouse.core.errors import SettingError
from glasshouse.core.seeds import numpy_stream
from glasshouse.search.claims import Claims
from glasshouse.search.dimension import hashable
from glasshouse.search.space import Assignment, Space
from glasshouse.search.trial import Asked, Trial
from glasshouse.search.unit import Unit

MAY_DIFFER = (
    "training.learning_rate",
    "training.weight_decay",
    "training.optimizer.",
    "training.regularizers",
    "objective.class_weights",
    "model.dropout",
    "model.activation",
    "model.initializer",
)
"""Settings in which networks that are trained together may differ; all others are better kept apart."""
TRIES = 200
"""Draws for one new point before a space counts as exhausted."""


def grid_points(space: Space, trials: int) -> list[Assignment]:
    """Every combination of the grid, networks of one shape beside each other.

    Raises:
        SettingError: There are more than may be tried.

    Example:
        >>> from glasshouse.search.space import read_space
        >>> len(grid_points(read_space({"model.dropout": {"from": 0.0, "to": 0.4, "points": 3}}), 10))
        3
    """
    sizes = math.prod(len(each.grid()) for each in space)
    points = space.grid() if sizes <= 100 * trials else []
    found = len(points) or sizes
    if found > trials:
        raise SettingError(
            f"a grid of {found:,} points with trials = {trials}",
            expected=f"at most {trials} points",
            fix=f"set trials to {found}, give ranges fewer points, or take another strategy such as random",
        )
    return alike_together(points)


def random_points(space: Space, trials: int, seed: int) -> list[Assignment]:
    """Points at random, no two alike, networks of one shape beside each other.

    Args:
        space: What to draw from.
        trials: How many; fewer where the space has no more.
        seed: Equal seeds give equal points.

    Example:
        >>> from glasshouse.search.space import read_space
        >>> len(random_points(read_space({"training.batch_size": [16, 32]}), 10, seed=0))
        2
    """
    if space.size <= trials and not any(hasattr(each, "low") for each in space):
        return alike_together(space.grid())
    generator = numpy_stream(seed, "random search")
    found: dict[Any, Assignment] = {}
    for _ in range(trials):
        for _ in range(TRIES):
            point = space.draw(generator)
            if hashable(point) not in found:
                found[hashable(point)] = point
                break
        else:
            break
    return alike_together(list(found.values()))


def alike_together(points: Sequence[Assignment]) -> list[Assignment]:
    """The same points, those that differ only in what networks of a population may differ in together."""

    def shape(point: Assignment) -> str:
        return repr({key: value for key, value in point.items() if not key.startswith(MAY_DIFFER)})

    first = {shape(point): place for place, point in reversed(list(enumerate(points)))}
    return sorted(points, key=lambda point: first[shape(point)])


class Listed:
    """Hands out trials of a list, as many at a time as are trained together.

    Args:
        points: The settings of every trial, in the order of their numbers.
        at_once: How many trials make a unit.
    """

    def __init__(self, points: Sequence[Assignment], at_once: int) -> None:
        self.points, self.at_once = points, at_once

    @property
    def total(self) -> int:
        """How many trials there are."""
        return len(self.points)

    def ask(self, done: Mapping[int, Trial], claims: Claims) -> Unit | None:
        """The next trials that nobody is at; ``None`` where there are none."""
        found: list[Asked] = []
        for number, settings in enumerate(self.points):
            if len(found) == self.at_once:
                break
            if number not in done and claims.take(trial_name(number)):
                found.append(Asked(number, settings, trial_name(number)))
        return Unit(found) if found else None


def trial_name(number: int) -> str:
    """What the claim on a trial is called."""
    return f"trial-{number:06d}"

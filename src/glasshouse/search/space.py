"""The space of a search: which settings vary, and over what."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasshouse.core.errors import SettingError
from glasshouse.core.names import suggestions
from glasshouse.experiment.toml import assignment
from glasshouse.search.dimension import Choice, Dimension, Range, hashable
from glasshouse.search.keys import refuse_unknown

WORDS = ("from", "to", "scale", "points", "values", "only_with")
HOW = '{from = 1e-4, to = 1e-1, scale = "log"} for a range, [16, 32, 64] for a list'

Assignment = dict[str, Any]
"""A point of the space: a value for every setting that counts there, by dotted key."""


@dataclass(frozen=True)
class Space:
    """Settings that vary, in the order in which they were written down.

    Example:
        >>> space = read_space({"training.batch_size": [16, 32], "model": {"dropout": [0.0, 0.5]}})
        >>> space.size, space.grid()[1]
        (4, {'training.batch_size': 16, 'model.dropout': 0.5})
    """

    dimensions: tuple[Dimension, ...]

    def __iter__(self) -> Iterator[Dimension]:
        return iter(self.dimensions)

    @property
    def keys(self) -> list[str]:
        """The dotted keys."""
        return [each.key for each in self.dimensions]

    @property
    def size(self) -> float:
        """How many different points there are; infinite where a range of real numbers is among them."""
        if any(isinstance(each, Range) and not each.whole for each in self.dimensions):
            return math.inf
        if any(isinstance(each, Range) for each in self.dimensions):
            counts = [
                int(each.high) - int(each.low) + 1 if isinstance(each, Range) else len(each.values)
                for each in self.dimensions
            ]
            return math.prod(counts)
        return len(self.grid())

    def grid(self) -> list[Assignment]:
        """Every combination of the grid values, the last setting varying fastest; each once."""
        found: dict[Any, Assignment] = {}
        for values in itertools.product(*(each.grid() for each in self.dimensions)):
            point = self.counting(dict(zip(self.keys, values, strict=True)))
            found.setdefault(hashable(point), point)
        return list(found.values())

    def draw(self, generator: np.random.Generator) -> Assignment:
        """A point at random: every setting by itself."""
        return self.counting({each.key: each.draw(generator) for each in self.dimensions})

    def counting(self, point: Assignment) -> Assignment:
        """The point without settings whose condition does not hold there."""
        return {each.key: point[each.key] for each in self.dimensions if counts(each, point)}

    def to_dict(self) -> dict[str, Any]:
        """Plain types that :func:`read_space` reads again."""
        return {each.key: _written(each) for each in self.dimensions}

    def to_toml(self) -> str:
        """The text of a ``space.toml``, a line for each setting."""
        return "".join(f"{assignment(key, value)}\n" for key, value in self.to_dict().items())


def counts(dimension: Dimension, point: Mapping[str, Any]) -> bool:
    """Whether a setting counts beside the values of the others."""
    return all(point.get(key) in values for key, values in dimension.only_with.items())


def read_space(values: object) -> Space:
    """Read a space from a dictionary, as ``space.toml`` holds it: dotted keys, nested tables, or both.

    Args:
        values: For each setting a list of values, or a table with ``from``, ``to`` and, as needed,
            ``scale`` ("linear" or "log"), ``points`` (of a grid, from 2) and ``only_with`` (other settings
            of the space with the values beside which this one counts).

    Raises:
        SettingError: The space is empty, a key is no setting, a range is upside down or no range at all.

    Example:
        >>> rate = read_space({"training.learning_rate": {"from": 1e-4, "to": 0.1, "scale": "log"}})
        >>> rate.dimensions[0].share(0.1)
        1.0
    """
    if isinstance(values, Space):
        return values
    if not isinstance(values, Mapping):
        raise SettingError(
            f"the space is a {type(values).__name__}", expected="a table of settings", fix=f"write {HOW}"
        )
    found = [_dimension(key, written) for key, written in _flat(values)]
    if not found:
        raise SettingError(
            "the space is empty",
            expected="at least one setting with the values that are to be tried",
            fix='write, for example, "training.learning_rate" = ' + HOW.split(" for")[0],
        )
    keys = [each.key for each in found]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise SettingError(f"the space has {twice!r} twice", expected="each setting once", fix="remove one")
    for each in found:
        _refuse_condition(each, {other.key: other for other in found})
    # What others depend on comes first, so that a name stands before the settings that it takes.
    return Space(tuple(sorted(found, key=lambda each: bool(each.only_with))))


def with_settings(document: Mapping[str, Any], point: Mapping[str, Any]) -> dict[str, Any]:
    """A nested document with some dotted settings changed.

    A name gives way to a table where a setting of what it names is set: ``training.optimizer.momentum``.

    Example:
        >>> document = {"training": {"optimizer": "adam"}}
        >>> with_settings(document, {"training.optimizer": "momentum", "training.optimizer.momentum": 0.5})
        {'training': {'optimizer': {'name': 'momentum', 'momentum': 0.5}}}
    """
    changed: dict[str, Any] = _copied(document)
    for dotted in sorted(point, key=lambda key: key.count(".")):
        *sections, last = dotted.split(".")
        place = changed
        for section in sections:
            inner = place.setdefault(section, {})
            if isinstance(inner, str):
                inner = place[section] = {"name": inner}
            place = inner
        place[last] = copy.deepcopy(point[dotted])
    return changed


def _copied(value: Any) -> Any:
    """A copy of tables and lists with what is in them, ten times as fast as one of any object would be."""
    if isinstance(value, Mapping):
        return {key: _copied(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_copied(each) for each in value]
    return copy.deepcopy(value)


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys with what was written for them."""
    for key, value in values.items():
        dotted = f"{above}.{key}" if above else str(key)
        if isinstance(value, Mapping) and not set(value) & set(WORDS):
            if not value:
                raise SettingError(f"{dotted} = {{}} in the space", expected=HOW, fix="write one of them")
            yield from _flat(value, dotted)
        else:
            yield dotted, value


def _dimension(key: str, written: Any) -> Dimension:
    refuse_unknown(key)
    if isinstance(written, Choice | Range):
        return written
    if isinstance(written, (list, tuple)):
        return _choice(key, written, {})
    if not isinstance(written, Mapping):
        raise SettingError(
            f"{key} = {written!r} in the space", expected=HOW, fix=f"for a single value write [{written!r}]"
        )
    for word in written:
        if word not in WORDS:
            near = suggestions(word, WORDS, most=1)
            raise SettingError(
                f"{key} has {word!r} in the space",
                expected=f"one of {', '.join(WORDS)}",
                fix=f"did you mean {near[0]!r}?" if near else "remove it",
            )
    only_with = _condition(key, written.get("only_with", {}))
    if "values" in written:
        if "from" in written or "to" in written:
            raise SettingError(
                f"{key} has values and a range in the space", expected="one of them", fix="remove the other"
            )
        return _choice(key, written["values"], only_with)
    return _range(key, written, only_with)


def _choice(key: str, values: Any, only_with: Mapping[str, tuple[Any, ...]]) -> Choice:
    if not isinstance(values, (list, tuple)) or not values:
        raise SettingError(
            f"{key} = {values!r} in the space", expected="a list of values", fix="write at least one value"
        )
    seen = [hashable(each) for each in values]
    twice = next((each for each, known in zip(values, seen, strict=True) if seen.count(known) > 1), None)
    if twice is not None:
        raise SettingError(
            f"{key} has {twice!r} twice in the space", expected="each value once", fix="remove one"
        )
    return Choice(key, tuple(values), only_with)


def _range(key: str, written: Mapping[str, Any], only_with: Mapping[str, tuple[Any, ...]]) -> Range:
    low, high, scale = written.get("from"), written.get("to"), written.get("scale", "linear")
    for word, end in (("from", low), ("to", high)):
        if isinstance(end, bool) or not isinstance(end, (int, float)) or not math.isfinite(end):
            raise SettingError(
                f"{key}: {word} = {end!r} in the space"
                if end is not None
                else f"{key} has no {word!r} in the space",
                expected="a finite number",
                fix="write a range like {from = 0.0, to = 0.5}, or a list",
            )
    assert low is not None and high is not None  # noqa: PT018 - looked at above
    if low >= high:
        raise SettingError(
            f"{key}: from = {low} and to = {high} in the space",
            expected="a range that goes up",
            fix="exchange them" if low > high else f"write [{low}] for a single value",
        )
    if scale not in ("linear", "log"):
        raise SettingError(
            f"{key}: scale = {scale!r} in the space", expected="linear or log", fix="set one of them"
        )
    if scale == "log" and low <= 0:
        raise SettingError(
            f"{key}: from = {low} on a log scale in the space",
            expected="a range above 0",
            fix="begin above 0, or leave scale out",
        )
    points = written.get("points", 5)
    if isinstance(points, bool) or not isinstance(points, int) or points < 2:
        raise SettingError(
            f"{key}: points = {points!r} in the space", expected="a whole number from 2", fix="set points = 5"
        )
    whole = isinstance(low, int) and isinstance(high, int)
    return Range(key, low, high, scale, whole, points, only_with)


def _condition(key: str, written: Any) -> dict[str, tuple[Any, ...]]:
    if not isinstance(written, Mapping):
        raise SettingError(
            f"{key}: only_with = {written!r} in the space",
            expected="other settings with the values beside which this one counts",
            fix='write it like only_with = {"training.optimizer" = ["momentum"]}',
        )
    found: dict[str, tuple[Any, ...]] = {}
    for name, value in written.items():
        if isinstance(value, Mapping):
            found |= _condition(key, {f"{name}.{inner}": each for inner, each in value.items()})
        else:
            found[name] = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    return found


def _refuse_condition(dimension: Dimension, known: Mapping[str, Dimension]) -> None:
    """A condition must be about another setting of the space, and be able to come true."""
    for key, values in dimension.only_with.items():
        other = known.get(key)
        if not isinstance(other, Choice) or other.only_with:
            raise SettingError(
                f"{dimension.key}: only_with names {key!r}",
                expected="a setting of the space that has a list of values and no condition itself",
                fix="name one of "
                + (", ".join(k for k, each in known.items() if isinstance(each, Choice)) or "none"),
            )
        wrong = next((value for value in values if value not in other.values), None)
        if wrong is not None:
            raise SettingError(
                f"{dimension.key}: only_with says {key} = {wrong!r}",
                expected=f"one of {list(other.values)}",
                fix=f"add it to the values of {key}, or remove it",
            )


def _written(dimension: Dimension) -> Any:
    condition = {key: list(values) for key, values in dimension.only_with.items()}
    tail = {"only_with": condition} if condition else {}
    if isinstance(dimension, Choice):
        return {"values": list(dimension.values), **tail} if tail else list(dimension.values)
    ends = {"from": dimension.low, "to": dimension.high, "scale": dimension.scale}
    return {**ends, "points": dimension.points, **tail}

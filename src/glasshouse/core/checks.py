"""Argument checks whose messages all read alike.

Each check returns the value, so that it can stand in an assignment:
``self.rate = between("dropout", rate, 0, 1)``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from glasshouse.core.errors import SettingError
from glasshouse.core.names import suggestions


def whole_number(name: str, value: object, *, at_least: int, at_most: int | None = None) -> int:
    """A whole number in a closed range.

    Raises:
        SettingError: ``value`` is no whole number, or lies outside.

    Example:
        >>> whole_number("epochs", 3, at_least=1)
        3
    """
    upper = f" to {at_most}" if at_most is not None else ""
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= at_least
    if not fits or (at_most is not None and isinstance(value, int) and value > at_most):
        raise SettingError(
            f"{name} = {value!r}",
            expected=f"a whole number from {at_least}{upper}",
            fix=f"set {name} to {at_least} or more"
            if at_most is None
            else f"set {name} between {at_least} and {at_most}",
        )
    assert isinstance(value, int)
    return value


def whole_numbers(name: str, values: object, *, at_least: int) -> list[int]:
    """A list of whole numbers, which may be empty.

    Raises:
        SettingError: ``values`` is no list, or one of them is no whole number or too small.

    Example:
        >>> whole_numbers("hidden", [64, 32], at_least=1)
        [64, 32]
    """
    if not isinstance(values, (list, tuple)):
        raise SettingError(
            f"{name} = {values!r}",
            expected=f"a list of whole numbers from {at_least}",
            fix=f"write it like {name} = [64, 32]",
        )
    return [whole_number(f"{name}[{place}]", each, at_least=at_least) for place, each in enumerate(values)]


def number(
    name: str,
    value: object,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> float:
    """A finite number in a range whose ends may be open or closed.

    Raises:
        SettingError: ``value`` is no finite number, or lies outside.

    Example:
        >>> number("dropout", 0.5, at_least=0, below=1)
        0.5
    """
    bounds = []
    if at_least is not None:
        bounds.append(f"at least {at_least:g}")
    if above is not None:
        bounds.append(f"above {above:g}")
    if at_most is not None:
        bounds.append(f"at most {at_most:g}")
    if below is not None:
        bounds.append(f"below {below:g}")
    if (
        not isinstance(value, (int, float))
        or isinstance(value, bool)
        or not math.isfinite(value)
        or (at_least is not None and value < at_least)
        or (above is not None and value <= above)
        or (at_most is not None and value > at_most)
        or (below is not None and value >= below)
    ):
        expected = "a finite number" + (" " + " and ".join(bounds) if bounds else "")
        raise SettingError(f"{name} = {value!r}", expected=expected, fix=f"give {name} a value in that range")
    return float(value)


def one_of(name: str, value: object, allowed: Sequence[str]) -> str:
    """One word out of a short list.

    Raises:
        SettingError: ``value`` is not in ``allowed``; the nearest word is suggested.

    Example:
        >>> one_of("variant", "modern", ["1998", "modern"])
        'modern'
    """
    if isinstance(value, str) and value in allowed:
        return value
    near = suggestions(value, allowed, most=1) if isinstance(value, str) else []
    fix = f"did you mean {near[0]!r}?" if near else f"set {name} to one of them"
    raise SettingError(f"{name} = {value!r}", expected="one of " + ", ".join(map(repr, allowed)), fix=fix)

"""Tensors inside of lists, tuples, dictionaries and slices: finding them, and putting others there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def each_of(kind: type, nested: Any) -> Iterator[Any]:
    """Every object of a kind in nested lists, tuples, dictionaries and slices, in order.

    Args:
        kind: The class that is looked for.
        nested: Where it is looked for.

    Example:
        >>> list(each_of(int, (1, [2, {"a": 3}], "4", slice(5, None))))
        [1, 2, 3, 5]
    """
    if isinstance(nested, kind):
        yield nested
    elif isinstance(nested, (tuple, list)):
        for each in nested:
            yield from each_of(kind, each)
    elif isinstance(nested, dict):
        for each in nested.values():
            yield from each_of(kind, each)
    elif isinstance(nested, slice):
        for each in (nested.start, nested.stop, nested.step):
            yield from each_of(kind, each)


def replaced(nested: Any, by: Callable[[Any], Any], kind: type) -> Any:
    """The same nest with every object of a kind replaced.

    Args:
        nested: The nest; it is left as it is.
        by: From an object to what takes its place.
        kind: The class that is replaced.

    Example:
        >>> replaced((1, [2, "x"]), lambda each: each * 10, int)
        (10, [20, 'x'])
    """
    if isinstance(nested, kind):
        return by(nested)
    if isinstance(nested, tuple):
        parts = [replaced(each, by, kind) for each in nested]
        return type(nested)(*parts) if hasattr(nested, "_fields") else tuple(parts)
    if isinstance(nested, list):
        return [replaced(each, by, kind) for each in nested]
    if isinstance(nested, dict):
        return {key: replaced(each, by, kind) for key, each in nested.items()}
    if isinstance(nested, slice):
        return slice(*(replaced(each, by, kind) for each in (nested.start, nested.stop, nested.step)))
    return nested

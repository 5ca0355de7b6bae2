"""scikit-learn's own tests, run against our estimators.

The tests stay where they are installed: each function is taken from scikit-learn's module and bound to a copy
of its globals in which the classes are ours. Nothing of them is copied into this project.

Two things are not compared, because they are no interface: the wording of error messages (ours say what was
received, expected, and what to do; our own tests assert them), and what begins with an underscore.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

import pytest


class _Pytest:
    """pytest, except that the wording of exceptions is not looked at."""

    def __getattr__(self, name: str) -> Any:
        return getattr(pytest, name)

    @staticmethod
    def raises(expected: Any, *args: Any, match: Any = None, **kwargs: Any) -> Any:
        return pytest.raises(expected, *args, **kwargs)


def adapted(function: Any, ours: Mapping[str, Any]) -> Any:
    """The same test with our classes where it names scikit-learn's, also in its parameters.

    Args:
        function: A test function.
        ours: Our class for a name of scikit-learn's.
    """
    own_globals = function.__globals__
    theirs = {id(own_globals[name]): own for name, own in ours.items() if name in own_globals}
    world = {**own_globals, **ours, "pytest": _Pytest()}
    wrapped = getattr(function, "__wrapped__", None)
    inner = None if wrapped is None else adapted(wrapped, ours)
    # A decorated test holds the function that it decorates in its closure.
    closure = tuple(
        types.CellType(inner) if wrapped is not None and cell.cell_contents is wrapped else cell
        for cell in function.__closure__ or ()
    )
    bound = types.FunctionType(
        function.__code__, world, function.__name__, function.__defaults__, closure or None
    )
    bound.__kwdefaults__ = function.__kwdefaults__
    if inner is not None:
        bound.__wrapped__ = inner
    marks = getattr(function, "pytestmark", [])
    bound.pytestmark = [_mark(mark, theirs) for mark in marks if mark.name != "thread_unsafe"]
    return bound


def _mark(mark: Any, theirs: Mapping[int, Any]) -> Any:
    if mark.name != "parametrize":
        return mark
    names, values, *rest = mark.args
    return pytest.mark.parametrize(names, _swapped(list(values), theirs), *rest, **mark.kwargs).mark


def _swapped(value: Any, theirs: Mapping[int, Any]) -> Any:
    """A parameter, with our classes in it and in the instances that it holds."""
    if id(value) in theirs:
        return theirs[id(value)]
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_swapped(each, theirs) for each in value)
    if id(type(value)) in theirs and hasattr(value, "get_params"):
        return theirs[id(type(value))](**value.get_params(deep=False))
    return value

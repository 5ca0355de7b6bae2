"""How built-in data sets are read: only when they are asked for.

Scikit-learn and polars take seconds to import, and `glasshouse list` needs only the names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from glasshouse.data.settings import DataSettings, Task

if TYPE_CHECKING:
    from glasshouse.data.raw import Raw

    Reader = Callable[[DataSettings], Raw]


LONGEST = 30
"""Words of the longest text of pairs that are made here: none is left out for its length."""


TWO_YEARS = 24
"""Months of a window where nothing else is said."""


def late(place: str, settled: bool = True) -> Reader:
    """A reader that is a function of a module of this folder.

    Args:
        place: Module and function, ``"shapes.shapes"``.
        settled: Whether the function takes the settings; otherwise it takes nothing.
    """

    def read(settings: DataSettings) -> Raw:
        raw: Raw = _function(place)(settings) if settled else _function(place)()
        return raw

    return read


def late_table(name: str, place: str, target: str, task: Task = "classification") -> Reader:
    """A reader of a table that a function of a module of this folder makes.

    Args:
        name: Of the set.
        place: Module and function, ``"records.ratings"``; it takes nothing and gives a frame.
        target: The column to predict where the settings name none.
        task: What is learnt of it where nothing else is said.
    """

    def read(settings: DataSettings) -> Raw:
        return _table(name, _function(place)(), target, task, settings)

    return read


def _function(place: str) -> Any:
    module, function = place.split(".")
    return getattr(import_module(f"glasshouse.data.builtin.{module}"), function)


def _table(name: str, frame: object, target: str, task: Task, settings: DataSettings) -> Raw:
    from glasshouse.data.tables.read_table import table_from_frame

    if settings.target is None:
        wanted = task if settings.task in ("auto", "reconstruction") else settings.task
        settings = settings.replace(target=target, task=wanted)
    if settings.task == "translation" and settings.prepare.longest == "auto":
        whole = settings.prepare.replace(longest=LONGEST)
        settings = settings.replace(prepare=whole.model_dump())
    return replace(table_from_frame(frame, settings), origin=name)


def scikit_table(name: str, task: Task = "classification") -> Reader:
    """A reader of a table of scikit-learn."""

    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin.scikit_sets import scikit_frame

        frame, target = scikit_frame(name)
        return _table(name, frame, target, task, settings)

    return read


def toy(name: str) -> Reader:
    """A reader of points in the plane."""

    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin.toys import toy_frame

        return _table(name, toy_frame(name), "class", "classification", settings)

    return read


def nab(name: str) -> Reader:
    """A reader of a series of Numenta's benchmark."""

    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin.nab import nab_series

        return nab_series(name, settings)

    return read


def published(name: str) -> Reader:
    """A reader of a set of pictures that is found on this machine, or downloaded."""

    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin.published_sets import read_published

        return read_published(name, settings)

    return read


def tales(settings: DataSettings) -> Raw:
    """A made text in pieces."""
    from glasshouse.data.builtin import sentences
    from glasshouse.data.text.language import WINDOW, in_pieces

    return in_pieces(sentences.tales(), "tales", settings.window or WINDOW)


def seasons(settings: DataSettings) -> Raw:
    """A made series, in the order of its months."""
    from glasshouse.data.builtin import records

    time = settings.time if settings.time is not None else "month"
    settings = settings.replace(time=time, window=settings.window or TWO_YEARS)
    return _table("seasons", records.seasons(), "level", "forecast", settings)


def mackey_glass(settings: DataSettings) -> Raw:
    """A made chaotic series, in the order of its steps."""
    from glasshouse.data.builtin import records

    time = settings.time if settings.time is not None else "step"
    settings = settings.replace(time=time, window=settings.window or TWO_YEARS)
    return _table("mackey-glass", records.mackey_glass(), "level", "forecast", settings)

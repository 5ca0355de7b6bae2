"""A recipe: an experiment, the number that it must pass, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasshouse.core.errors import SettingError
from glasshouse.data.builtin.data_folder import find_below
from glasshouse.experiment import Experiment
from glasshouse.recipes.bar import Bar
from glasshouse.recipes.settings import FormSettings, Measured, RecipeSettings
from glasshouse.worlds import is_world


@dataclass(frozen=True)
class Form:
    """A recipe in full, or its small form.

    Args:
        written: The experiment as the recipe's file has it: files of real data by their names alone.
        bar: What it must reach.
        measured: What it reached, where that was measured.

    Example:
        >>> from glasshouse.recipes import find
        >>> form = find("mlp").small
        >>> form.experiment.data.source, str(form.bar)
        ('digits', 'at least 0.93')
    """

    written: Experiment
    bar: Bar
    measured: Measured | None

    @property
    def needs(self) -> tuple[str, ...]:
        """The files and folders of real data that it reads, by their names below ``GLASSHOUSE_DATA``."""
        data = self.written.data
        return tuple(each for each in (data.source, data.test) if each is not None and _is_file(each))

    @property
    def experiment(self) -> Experiment:
        """The experiment, ready to run: real data by the place where it lies on this machine.

        Raises:
            AbsentDataError: A file is not below ``GLASSHOUSE_DATA``.
        """
        data = self.written.data
        found = {
            key: str(find_below(getattr(data, key)))
            for key in ("source", "test")
            if _is_file(getattr(data, key))
        }
        return self.written.replace(data={**data.model_dump(), **found}) if found else self.written


def _is_file(source: str | None) -> bool:
    """Whether a name is one of a file or folder, not of built-in data or of a world."""
    return source is not None and not is_world(source) and ("/" in source or bool(Path(source).suffix))


@dataclass(frozen=True)
class Recipe:
    """A network for a purpose, with the number that it must pass.

    Args:
        name: Of the recipe.
        summary: What it is, in a sentence.
        family: The family of networks that it trains.
        applications: What such networks are used for.
        note: What to know of its data, where they stand in for others.
        full: The recipe itself, on real data where there are some.
        small: A form that trains in seconds on data that are there anywhere.

    Example:
        >>> from glasshouse.recipes import find
        >>> recipe = find("mlp")
        >>> recipe.family, recipe.full.bar.metric
        ('multi-layer perceptron', 'accuracy')
    """

    name: str
    summary: str
    family: str
    applications: tuple[str, ...]
    note: str
    full: Form
    small: Form

    @classmethod
    def read(cls, name: str, values: Mapping[str, Any]) -> Recipe:
        """Make a recipe of what its file holds.

        Args:
            name: Of the recipe.
            values: An experiment, and its table ``recipe``.

        Raises:
            SettingError: A key is unknown or missing, or a value is not allowed; the dotted key is named.
        """
        if not isinstance(values.get("recipe"), Mapping):
            raise SettingError(
                "there is no section [recipe]",
                expected="an experiment with a section [recipe] beside it",
                fix="add [recipe] with summary, family, metric, at_least or at_most, and [recipe.small]",
            )
        told = RecipeSettings.read(values["recipe"], "recipe")
        experiment = {key: value for key, value in values.items() if key != "recipe"}
        bar, small = _bar(told, told.metric, told.part, "recipe"), told.small
        small_bar = _bar(small, small.metric or told.metric, small.part or told.part, "recipe.small")
        return cls(
            name=name,
            summary=told.summary,
            family=told.family,
            applications=told.applications,
            note=told.note,
            full=Form(_experiment(experiment, name, ""), bar, told.measured),
            small=Form(
                _experiment(small.experiment or experiment, f"{name}-small", "recipe.small.experiment"),
                small_bar,
                small.measured or (told.measured if small.experiment is None else None),
            ),
        )

    def form(self, small: bool = False) -> Form:
        """The recipe in full, or its small form."""
        return self.small if small else self.full


def _experiment(values: Mapping[str, Any], name: str, where: str) -> Experiment:
    """The experiment, named after its recipe where it has no name."""
    try:
        return Experiment.read({"name": name, **values})
    except SettingError as error:
        if where:
            error.add_note(f"in [{where}]")
        raise


def _bar(told: FormSettings, metric: str, part: str, where: str) -> Bar:
    """The bar of a form: one of two keys."""
    given = {key: getattr(told, key) for key in ("at_least", "at_most") if getattr(told, key) is not None}
    if len(given) != 1:
        received = "both at_least and at_most" if given else "neither at_least nor at_most"
        raise SettingError(
            f"[{where}] has {received}",
            expected="one of them, with the number that the metric must pass",
            fix=f"write at_least = NUMBER or at_most = NUMBER into [{where}]",
        )
    ((key, number),) = given.items()
    return Bar(metric, part, number, key == "at_least")

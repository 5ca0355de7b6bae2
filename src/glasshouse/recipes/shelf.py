"""All recipes by name, read from the files beside this one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glasshouse.core.errors import AbsentDataError, SettingError
from glasshouse.core.names import normalise, unknown_name
from glasshouse.experiment.toml import read_toml
from glasshouse.recipes.recipe import Recipe

FOLDER = Path(__file__).parent
MARK = "recipe:"
"""What stands before a recipe's name where data or an experiment could be named as well."""


def names() -> list[str]:
    """The names of all recipes, in alphabetical order.

    Example:
        >>> "mlp" in names()
        True
    """
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find(name: str) -> Recipe:
    """The recipe of that name; ``recipe:`` in front and other spellings are understood.

    Args:
        name: As :func:`names` has it.

    Raises:
        UnknownNameError: There is none; the nearest names are suggested.

    Example:
        >>> find("recipe:MLP").name
        'mlp'
    """
    known = {normalise(each): each for each in names()}
    bare = name.removeprefix(MARK)
    if normalise(bare) not in known:
        raise unknown_name(bare, known.values(), "recipe")
    return read_recipe(FOLDER / f"{known[normalise(bare)]}.toml")


def read_recipe(path: Path) -> Recipe:
    """Read a recipe's file.

    Args:
        path: A TOML file: an experiment with a table ``[recipe]``.

    Raises:
        StorageError: The file is missing or is no TOML; the line is named.
        SettingError: A key is unknown or missing, or a value is not allowed; the file and the key are named.

    Example:
        >>> read_recipe(FOLDER / "mlp.toml").full.written.data.source
        'mnist'
    """
    try:
        return Recipe.read(path.stem, read_toml(path))
    except SettingError as error:
        error.add_note(f"in the recipe {path}")
        raise


def is_recipe(source: str) -> bool:
    """Whether a name stands for a recipe.

    Args:
        source: What was named.

    Example:
        >>> is_recipe("recipe:mlp"), is_recipe("digits")
        (True, False)
    """
    return source.startswith(MARK)


@contextmanager
def small_form_named(recipe: Recipe) -> Iterator[None]:
    """Where real data are not on this machine, say that the small form needs none.

    Args:
        recipe: What is run, in full.
    """
    try:
        yield
    except AbsentDataError as error:
        error.fix += f"; or train its small form: glasshouse run {MARK}{recipe.name} --small"
        raise

"""Recipes: an experiment for every family of networks and every application, each with a number to pass.

A recipe is a file ``NAME.toml`` in this folder: an experiment on real data, with a table ``[recipe]`` that
says what it is, what it must reach, what it reached, and how a small form of it trains in seconds anywhere.
"""

from __future__ import annotations

from glasshouse.recipes.bar import Bar, Verdict
from glasshouse.recipes.recipe import Form, Recipe
from glasshouse.recipes.settings import Measured
from glasshouse.recipes.shelf import find, names, read_recipe

__all__ = ["Bar", "Form", "Measured", "Recipe", "Verdict", "find", "names", "read_recipe"]

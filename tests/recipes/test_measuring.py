"""The script that measures recipes writes numbers into their files, and nothing else."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from glasshouse.recipes import Bar, Verdict, read_recipe

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "recipes.py"
TEXT = """# kept
[data]
source = "iris"  # kept as well

[recipe]
summary = "A network for flowers"
family = "perceptron"
metric = "accuracy"
at_least = 0.9

[recipe.small]
at_least = 0.8

[recipe.small.experiment]
data = {source = "moons"}
"""


@pytest.fixture
def write():
    spec = importlib.util.spec_from_file_location("measuring_recipes", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.write


def verdicts(*values):
    return [Verdict(Bar("accuracy", "test", 0.9), value, True) for value in values]


@pytest.mark.parametrize("small", [False, True])
def test_what_was_measured_is_written_and_replaced_and_all_else_is_left(write, tmp_path, small):
    path = tmp_path / "flowers.toml"
    path.write_text(TEXT)
    write(path, verdicts(0.91, 0.92), 3.14159, [0, 1], small)
    write(path, verdicts(0.9512345, 0.96, 0.97), 12.3456, [0, 1, 5], small)
    measured = read_recipe(path).form(small).measured
    assert measured.numbers == (0.95123, 0.96, 0.97)
    assert measured.seconds == 12
    assert measured.used == (0, 1, 5)
    assert read_recipe(path).form(not small).measured is None
    before = [line for line in TEXT.splitlines() if line]
    assert [line for line in path.read_text().splitlines() if line in before] == before


def test_both_forms_are_written_side_by_side(write, tmp_path):
    path = tmp_path / "flowers.toml"
    path.write_text(TEXT)
    for small, value in ((True, 0.85), (False, 0.95), (True, 0.86)):
        write(path, verdicts(value), 1.0, [0], small)
    recipe = read_recipe(path)
    assert (recipe.full.measured.numbers, recipe.small.measured.numbers) == ((0.95,), (0.86,))


def test_a_metric_that_a_run_has_not_is_not_written(write, tmp_path):
    path = tmp_path / "flowers.toml"
    path.write_text(TEXT)
    with pytest.raises(SystemExit, match="flowers has no metric accuracy: nothing is written"):
        write(path, verdicts(None), 1.0, [0], False)
    assert path.read_text() == TEXT

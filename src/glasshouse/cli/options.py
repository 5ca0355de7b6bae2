"""Options that several commands share, and what they mean for an experiment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glasshouse.core.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.experiment import Experiment

Command = TypeVar("Command", bound=Callable[..., Any])

TASKS = (
    "classification",
    "regression",
    "reconstruction",
    "language",
    "forecast",
    "translation",
    "frames",
    "tagging",
    "captioning",
    "strokes",
    "verification",
    "segmentation",
    "image_to_image",
    "detection",
)
"""What can be learnt, for `--task`; written out, so that help needs no heavy package."""

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."
)
quiet_option = click.option("--quiet", is_flag=True, help="Print results only.")


def experiment_options(command: Command) -> Command:
    """The options that turn data, or an experiment file, into the experiment that is meant."""
    options = [
        click.option(
            "--target", metavar="COLUMN", help="Column to predict: its name, or its index (-1 is the last)."
        ),
        click.option("--test", metavar="FILE", help="A separate test file or folder."),
        click.option(
            "--model", metavar="NAME", help="Network to train; `glasshouse list models` shows them."
        ),
        click.option(
            "--task",
            type=click.Choice(TASKS),
            help="What is learnt: classes, numbers, the rows themselves, which needs no target, what comes "
            "next in a text or a series, a translation, a caption, or whether two rows are alike.",
        ),
        click.option(
            "--header/--no-header", default=None, help="Whether the first row holds the column names."
        ),
        click.option(
            "--separator", metavar="CHARACTER", help='What stands between cells, such as ";" or tab.'
        ),
        click.option(
            "--missing", metavar="TEXT", multiple=True, help="A cell that means missing; may be repeated."
        ),
        click.option("--seed", type=click.IntRange(min=0), help="Decides all chance; 0 by default."),
        click.option("--name", metavar="NAME", help="Name of the run; that of the data by default."),
        click.option(
            "--small",
            is_flag=True,
            default=None,
            help="Of a recipe: its small form, which trains in seconds on data that are there anywhere.",
        ),
        click.option(
            "--set",
            "overrides",
            metavar="KEY=VALUE",
            multiple=True,
            help="Any other setting, such as training.epochs=5; may be repeated.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def read(source: str, chosen: dict[str, Any]) -> Experiment:
    """The experiment that the arguments of a command mean.

    Args:
        source: An experiment file (.toml), a recipe (``recipe:NAME``), or data.
        chosen: The options of :func:`experiment_options`, by parameter name.

    Raises:
        GlasshouseError: A file is missing or wrong, or a setting is not allowed.
    """
    from glasshouse.experiment import Experiment
    from glasshouse.experiment.toml import apply_override, read_experiment
    from glasshouse.recipes import find
    from glasshouse.recipes.shelf import is_recipe, small_form_named

    overrides = list(chosen["overrides"])
    values: dict[str, Any] = {"data": {"source": source}}
    if source.endswith(".toml"):
        values = read_experiment(Path(source)).model_dump()
    elif is_recipe(source):
        recipe = find(source)
        with small_form_named(recipe):
            values = recipe.form(bool(chosen["small"])).experiment.model_dump()
    if chosen["small"] and not is_recipe(source):
        raise UsageError(
            f"--small together with {source}",
            expected="--small with a recipe, which has a small form",
            fix="leave --small out, or take one of `glasshouse list recipes`",
        )
    data = values["data"]
    for key in ("target", "test", "task", "separator", "header"):
        if chosen[key] is not None:
            data[key] = chosen[key]
    if chosen["missing"]:
        from glasshouse.data.settings import DataSettings

        known = data.get("missing", DataSettings.model_fields["missing"].default)
        data["missing"] = (*known, *chosen["missing"])
    if chosen["model"] is not None:
        values["model"] = {"name": chosen["model"]}
    for key in ("seed", "name"):
        if chosen[key] is not None:
            values[key] = chosen[key]
    for override in overrides:
        apply_override(values, override)
    return Experiment.read(values)

"""``glasshouse new``: write an experiment file in which every setting is explained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glasshouse.cli.options import experiment_options, json_option, read
from glasshouse.cli.output import Output
from glasshouse.core.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.experiment import Experiment


@click.command()
@click.argument("source", metavar="DATA")
@click.argument("file", metavar="[FILE]", required=False)
@experiment_options
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@json_option
def new(source: str, file: str | None, force: bool, as_json: bool, **chosen: Any) -> None:
    """Write an experiment file for DATA.

    It has a comment above every setting. FILE is named after the data by default. Edit it, then
    `glasshouse run FILE`. `glasshouse new recipe:NAME` begins from a recipe, with its settings.
    """
    output = Output(as_json)
    experiment = read(source, chosen)
    path = Path(file or f"{Path(source.rstrip('/')).stem.replace(':', '-')}.toml")
    if path.exists() and not force:
        raise UsageError(f"{path} exists already", fix="choose another name, or add --force to replace it")
    from glasshouse.core.files import write_atomic
    from glasshouse.experiment.toml import commented
    from glasshouse.project.pipeline import decided, scene_or_materials

    materials = scene_or_materials(experiment, None)
    prepared, meant = materials.prepared, decided(experiment, materials)
    rows = int(materials.facts()["rows"])
    what = f"{len(prepared.classes)} classes" if prepared.classes else "a number"
    told = f"{materials.origin}: {rows:,} rows. Predicts {prepared.target_name}, {what}."
    first_lines = [
        f"{materials.told()}." if prepared.task == "control" else told,
        *materials.notes,
        f'For these data, "auto" below would now mean: {_meant(meant)}.',
    ]
    write_atomic(path, commented(experiment, first_lines))
    output.document({"experiment": path, "rows": rows, "task": prepared.task, "model": meant.model.name})
    for line in first_lines:
        output.say(line)
    output.say(f"\nWritten to {path}. Edit it, then: glasshouse run {path}")


def _meant(decided: Experiment) -> str:
    """What was decided, in a line."""
    training = decided.training
    return (
        f"model {decided.model.name}, loss {decided.objective.loss}, optimizer {training.optimizer} at rate "
        f"{training.learning_rate}, {training.epochs} epochs of batches of {training.batch_size}"
    )

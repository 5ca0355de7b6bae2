"""``glasshouse run``: the whole job, from data to a report and a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from glasshouse.cli.options import experiment_options, json_option, quiet_option, read
from glasshouse.cli.output import Output, number

if TYPE_CHECKING:
    from glasshouse.experiment import Run


@click.command()
@click.argument("source", metavar="DATA|EXPERIMENT|RECIPE")
@experiment_options
@click.option(
    "--out", metavar="FOLDER", default="runs", show_default=True, help="Where run folders are made."
)
@quiet_option
@json_option
def run(source: str, out: str, quiet: bool, as_json: bool, **chosen: Any) -> None:
    """Train on data: explore, train, report.

    The data are explored and prepared, a network is trained and evaluated, and a report and a bundle are
    written. DATA is a .csv, .tsv, .parquet or .arff file, a folder of pictures with one folder per class, or
    a built-in name (`glasshouse list data`). EXPERIMENT is a .toml file (`glasshouse new` writes one).
    RECIPE is recipe: and a name (`glasshouse list recipes`); at the end it is said whether the run passed
    the recipe's number. A run that did not pass has not failed: the exit code is 0.

    \b
    glasshouse run digits
    glasshouse run people.csv --target income
    glasshouse run photos/ --model cnn --set training.epochs=20
    glasshouse run recipe:names-by-language --small
    """  # noqa: D301 - click wants the control character itself, before lines to leave as they are
    output = Output(as_json, quiet)
    experiment = read(source, chosen)
    output.tell("Starting PyTorch ...")
    from glasshouse.project import run as carry_out
    from glasshouse.recipes import find
    from glasshouse.recipes.shelf import is_recipe, small_form_named

    recipe = find(source) if is_recipe(source) else None
    small = bool(chosen["small"])
    with nullcontext() if recipe is None or small else small_form_named(recipe):
        done = carry_out(experiment, out=out, observers=[] if quiet else None, tell=output.tell)
    if recipe is None:
        show(done, output)
        return
    verdict = recipe.form(small).bar.judged(done.evaluation)
    show(done, output, {"recipe": {"name": recipe.name, "small": small, **verdict.to_dict()}})
    output.say(f"{'recipe':8}{recipe.name}{', small form' if small else ''}: {verdict}")


def show(run: Run, output: Output, more: Mapping[str, Any] | None = None) -> None:
    """What came of a run: metrics by part and of the baselines, and where everything is.

    Args:
        run: What was carried out.
        output: Where it is told.
        more: What programs are told besides.
    """
    metrics, evaluation = run.metrics, run.evaluation
    output.document({**result(run), **(more or {})})
    columns: dict[str, dict[str, float | None]] = dict(metrics)
    columns |= {each["name"]: each["metrics"] for each in evaluation.get("baselines", [])}
    names = list(dict.fromkeys(name for each in metrics.values() for name in each))
    rows = [[name, *(measured.get(name) for measured in columns.values())] for name in names]
    output.table(["", *columns], rows)
    interval = evaluation.get("intervals", {}).get("metrics", {}).get(evaluation.get("primary"))
    if interval and output.quiet:  # otherwise the verdict has said it
        part, primary = evaluation["intervals"]["part"], evaluation["primary"]
        output.say(
            f"{part} {primary} with 95 % confidence between {number(interval[0])} and {number(interval[1])}"
        )
    output.say("")
    for label, path in (("run", run.path), ("report", run.report), ("bundle", run.bundle)):
        if path is not None:
            output.say(f"{label:8}{path}")


def result(run: Run) -> dict[str, Any]:
    """What ``--json`` prints of a run."""
    return {"run": run.path, "metrics": run.metrics, "report": run.report, "bundle": run.bundle}

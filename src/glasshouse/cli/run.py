"""``glasshouse run``: the whole job, from data to a report and a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from glasshouse.cli.options import experiment_options, json_option, quiet_option, read
from glasshouse.cli.output import Output, number

if TYPE_CHECKING:
    from glasshouse.experiment import Run


@click.command()
@click.argument("source", metavar="DATA|EXPERIMENT")
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

    \b
    glasshouse run digits
    glasshouse run people.csv --target income
    glasshouse run photos/ --model cnn --set training.epochs=20
    """  # noqa: D301 - click wants the control character itself, before lines to leave as they are
    output = Output(as_json, quiet)
    experiment = read(source, chosen)
    output.tell("Starting PyTorch ...")
    from glasshouse.project import run as carry_out

    done = carry_out(experiment, out=out, observers=[] if quiet else None, tell=output.tell)
    show(done, output)


def show(run: Run, output: Output) -> None:
    """What came of a run: metrics by part and of the baselines, and where everything is."""
    metrics, evaluation = run.metrics, run.evaluation
    output.document(result(run))
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

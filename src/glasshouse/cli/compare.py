"""``glasshouse compare``: what differs between runs, and which is better."""

from __future__ import annotations

import click

from glasshouse.cli.options import json_option
from glasshouse.cli.output import Output


@click.command()
@click.argument("runs", metavar="RUN RUN ...", nargs=-1, required=True)
@json_option
def compare(runs: tuple[str, ...], as_json: bool) -> None:
    """Put runs side by side.

    Shows the settings that differ, the metrics, and whether the difference is more than chance.
    """
    output = Output(as_json)
    from glasshouse.evaluation import compare as side_by_side
    from glasshouse.experiment import Run

    found = side_by_side([Run(each) for each in runs])
    output.document(found)
    output.table(
        ["setting", *found["runs"]], [[row["key"], *map(str, row["values"])] for row in found["settings"]]
    )
    output.say("")
    measured = [[row["part"], row["metric"], *row["values"]] for row in found["metrics"]]
    output.table(["part", "metric", *found["runs"]], measured)
    for sentence in found["verdicts"]:
        output.say(f"\n{sentence}")

"""``glasshouse verify``: ask a bundle whether rows are alike."""

from __future__ import annotations

from pathlib import Path

import click

from glasshouse.cli.options import json_option, quiet_option
from glasshouse.cli.output import Output
from glasshouse.cli.predict import SHOWN, rows_of


@click.command()
@click.argument("bundle", metavar="BUNDLE")
@click.argument("one", metavar="ONE")
@click.argument("other", metavar="OTHER")
@click.option(
    "--false-alarms",
    type=float,
    metavar="RATE",
    help="Share of pairs of two classes that may be called alike. By default, the threshold is taken that "
    "was right most often.",
)
@quiet_option
@json_option
def verify(bundle: str, one: str, other: str, false_alarms: float | None, quiet: bool, as_json: bool) -> None:
    """Tell whether rows are alike.

    BUNDLE is a bundle that was trained for verification, or the run that made it. ONE and OTHER are pictures,
    folders of pictures, tables or texts; they are compared row by row, a single one with all.
    """
    output = Output(as_json, quiet)
    from glasshouse.ship import load

    folder = Path(bundle)
    if (folder / "status.json").exists() and (folder / "bundle").exists():
        folder = folder / "bundle"
    asked = load(folder)
    kind = asked.schema.kind
    found = asked.verify(rows_of(one, kind), rows_of(other, kind), false_alarms)
    for warning in found.warnings:
        output.tell(f"Warning: {warning}")
    frame = found.frame()
    output.document({"threshold": found.threshold, "warnings": found.warnings, "pairs": frame.to_dicts()})
    output.say(f"Pairs that are less than {found.threshold:.4g} apart are called the same.")
    output.table(frame.columns, frame.head(SHOWN).rows())
    if frame.height > SHOWN:
        output.say(f"... {frame.height - SHOWN:,} more pairs; --json has them all")

"""``glasshouse sample``: draw new rows from a network that makes some."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glasshouse.cli.options import json_option, quiet_option
from glasshouse.cli.output import Output

if TYPE_CHECKING:
    from glasshouse.data.samples import Samples

SHOWN = 10
"""Most rows on the screen."""


@click.command()
@click.argument("source", metavar="RUN")
@click.option(
    "--count", type=click.IntRange(min=1), default=16, show_default=True, help="How many rows, or ways."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the random codes.")
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="From 2 on: ways of so many rows each, from one random code to another.",
)
@click.option(
    "--bias",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="For strokes: how far to lean towards what is likely.",
)
@click.option(
    "--out", metavar="FILE", help="Write them: .png for pictures, .csv, .parquet or .json for tables, .npy."
)
@quiet_option
@json_option
def sample(
    source: str, count: int, seed: int, steps: int, bias: float, out: str | None, quiet: bool, as_json: bool
) -> None:
    """Draw new rows from a network that makes some.

    RUN is a run whose network makes rows of random codes (gan, dcgan, variational_autoencoder) or draws
    point by point (handwriting), or the bundle of one. The same seed gives the same rows.

    \b
    glasshouse sample runs/ring-20261125-080812 --count 100 --out new.csv
    glasshouse sample runs/digits-20261125-081034 --count 5 --steps 9 --out ways.png
    """  # noqa: D301 - click wants the control character itself, before lines to leave as they are
    output = Output(as_json, quiet)
    made = drawn(Path(source), count, seed, steps, bias)
    if out is not None:
        made.save(out, columns=steps if steps > 1 else None)
    rows = made.frame.to_dicts() if made.frame is not None else None
    output.document({"out": out, "count": len(made), "shape": made.rows.shape[1:], "rows": rows})
    if made.frame is not None:
        shown = [
            [str(cell) if isinstance(cell, bool) else cell for cell in row]
            for row in made.frame.head(SHOWN).rows()
        ]
        output.table(made.frame.columns, shown)
        if len(made) > SHOWN and out is None:
            output.say(f"... {len(made) - SHOWN:,} more rows; --out FILE writes them all")
    elif out is None:
        output.say(f"{made!r}; --out FILE writes them")
    if out is not None:
        output.say(f"{len(made):,} new rows in {out}")


def drawn(path: Path, count: int, seed: int, steps: int, bias: float = 0.0) -> Samples:
    """New rows of a run, or of a bundle."""
    if (path / "status.json").exists():
        from glasshouse.experiment import Run

        return Run(path).sample(count, seed, steps, bias)
    from glasshouse.ship import load

    return load(path, backend="torch").sample(count, seed, steps, bias)

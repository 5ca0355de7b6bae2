"""``glasshouse predict``: ask a bundle about new data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glasshouse.cli.options import json_option, quiet_option
from glasshouse.cli.output import Output

if TYPE_CHECKING:
    import polars as pl

    from glasshouse.ship.backend import BackendName

FILES = frozenset({".txt", ".csv", ".tsv", ".parquet", ".arff"})
"""Endings that mean a file, also where there is none of that name."""
LONGEST_PATH = 4096
"""What is longer is no path, whatever the system says."""
SHOWN = 10
"""Most answers on the screen."""
FEW_CLASSES = 4
"""Most classes whose probabilities are all on the screen."""


@click.command()
@click.argument("bundle", metavar="BUNDLE")
@click.argument("source", metavar="INPUT")
@click.option(
    "--out",
    metavar="FILE",
    help="Write all predictions: .csv, .parquet or .json; masks and pictures into a folder.",
)
@click.option(
    "--backend",
    type=click.Choice(["auto", "torch", "onnx"]),
    default="auto",
    show_default=True,
    help="What computes: PyTorch, or ONNX Runtime, which starts faster.",
)
@click.option(
    "--false-alarms",
    type=float,
    metavar="RATE",
    help="For bundles of autoencoders: the share of usual rows that may be called unusual; 0.01 by default.",
)
@quiet_option
@json_option
def predict(
    bundle: str,
    source: str,
    out: str | None,
    backend: BackendName,
    false_alarms: float | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Predict with a bundle.

    BUNDLE is a bundle, or the run that made it. INPUT is a table, a picture, a folder of pictures or a file
    of texts, like those that the network was trained on; or, for texts, the text itself in quotes.
    """
    output = Output(as_json, quiet)
    from glasshouse.ship import load

    folder = Path(bundle)
    if (folder / "status.json").exists() and (folder / "bundle").exists():
        folder = folder / "bundle"
    asked = load(folder, backend=backend)
    # A wrong ending is told before anything is computed.
    pictures = asked.schema.meaning in ("pixel_classes", "pixels")
    if out is not None and not (pictures and Path(out).suffix.lower() in ("", ".png")):
        from glasshouse.ship.save_predictions import writer_for

        writer_for(Path(out))
    answers = asked.predict(rows_of(source, asked.schema.kind), false_alarms)
    for warning in answers.warnings:
        output.tell(f"Warning: {warning}")
    frame = answers.frame()
    if out is not None:
        from glasshouse.ship import save

        save(answers, Path(out))
    document: dict[str, Any] = {"out": out, "warnings": answers.warnings, "predictions": frame.to_dicts()}
    if answers.threshold is not None:
        document["threshold"] = answers.threshold
        output.say(f"Rows with an error above {answers.threshold:.4g} are called unusual.")
    output.document(document)
    shown = brief(frame)
    output.table(shown.columns, shown.head(SHOWN).rows())
    if shown.width < frame.width:
        output.say("The probabilities of all classes: --out FILE, or --json")
    if frame.height > SHOWN:
        output.say(
            f"... {frame.height - SHOWN:,} more rows" + ("" if out else "; --out FILE writes them all")
        )
    if out is not None:
        output.say(f"\n{frame.height:,} predictions in {out}")


def rows_of(source: str, kind: str) -> Path | list[str]:
    """The path that was meant, or for a bundle of texts the text that was written in its place.

    Example:
        >>> rows_of("Call now to win!", "text"), rows_of("letters.txt", "text").name
        (['Call now to win!'], 'letters.txt')
    """
    path = Path(source)
    file = path.suffix.lower() in FILES or (len(source) < LONGEST_PATH and path.exists())
    return path if kind not in ("text", "pairs") or file else [source]


def brief(frame: pl.DataFrame) -> pl.DataFrame:
    """The answers without the probabilities of many classes, which no terminal has room for."""
    probabilities = [name for name in frame.columns if name.startswith("p_")]
    if len(probabilities) <= FEW_CLASSES:
        return frame
    import polars as pl

    sure = pl.max_horizontal(probabilities).alias("probability")
    return frame.with_columns(sure).drop(probabilities)

"""``glasshouse explain``: a forward and backward pass, number by number."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glasshouse.cli.options import experiment_options, json_option, read
from glasshouse.cli.output import Output
from glasshouse.core.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.project.explaining import Specimen

FILE = click.Path(dir_okay=False, path_type=Path)
LEAST = 60
"""Width of a terminal, in letters, below which lines are left to it."""


@click.command()
@click.argument("source", metavar="RUN|BUNDLE|DATA")
@click.option(
    "--row", type=int, default=0, show_default=True, help="Which row of the part, from 0; -1 is the last."
)
@click.option("--part", metavar="NAME", default="", help="train, validation or test; the last by default.")
@click.option("--input", "rows", metavar="FILE", help="Rows for a bundle: a table or a picture.")
@click.option(
    "--element", metavar="NAME:PLACE", help="One number with all its terms, such as linear1.weight:4,17."
)
@click.option("--shapes", is_flag=True, help="Sizes, parameters and receptive fields instead of numbers.")
@click.option("--training", is_flag=True, help="As in a training step: dropout, statistics of the batch.")
@click.option("--html", type=FILE, metavar="FILE", help="Write a page to walk through, offline.")
@click.option("--latex", type=FILE, metavar="FILE", help="Write the worked solution as LaTeX.")
@experiment_options
@json_option
def explain(
    source: str,
    row: int,
    part: str,
    rows: str | None,
    element: str | None,
    shapes: bool,
    training: bool,
    html: Path | None,
    latex: Path | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Explain a network's answer to one row, number by number.

    RUN is a run folder: its network with the best weights and its own data. BUNDLE is a bundle, with --input.
    DATA is data or an experiment file: the network before training, so that the first step can be followed.
    """
    from glasshouse.core.files import write_atomic
    from glasshouse.project.explaining import place_of

    output = Output(as_json)
    specimen = _specimen(source, row, part, rows, training, chosen)
    if shapes:
        ledger = specimen.shapes()
        output.document(ledger.to_dict())
        output.say(ledger.to_text())
        return
    explanation = specimen.explain()
    if html is not None:
        explanation.to_html(html)
    if latex is not None:
        write_atomic(latex, explanation.to_latex())
    wrote = [str(path) for path in (html, latex) if path is not None]
    if element is not None:
        name, place = place_of(element)
        number = explanation.at(name, place)
        learnt = explanation.find(name).role == "parameter" and number.gradient is not None
        # Of a weight people ask what training makes of it, of everything else where it comes from.
        whole = explanation.gradient_at(name, place) if learnt else number
        output.document({"of": list(specimen.told), **number.to_dict(), "files": wrote})
        _say(output, whole.to_text())
    elif as_json:
        output.document({"of": list(specimen.told), **explanation.to_dict(), "files": wrote})
    elif not wrote:
        for sentence in specimen.told:
            output.say(sentence)
        output.say("")
        _say(output, explanation.to_text())
    for path in wrote:
        output.say(f"Written to {path}")


def _specimen(
    source: str, row: int, part: str, rows: str | None, training: bool, chosen: dict[str, Any]
) -> Specimen:
    from glasshouse.experiment import Run
    from glasshouse.project.explaining import of_bundle, of_experiment, of_run

    folder = Path(source)
    if (folder / "status.json").exists():
        return of_run(Run(folder), row, part, training)
    if (folder / "schema.json").exists():
        if rows is None:
            raise UsageError(
                f"a bundle, {source}, without rows",
                expected="--input FILE: a bundle holds no data",
                fix=f"glasshouse explain {source} --input FILE --row {row}",
            )
        return of_bundle(folder, Path(rows), row, training)
    return of_experiment(read(source, chosen), row, part, training)


def _say(output: Output, text: str) -> None:
    """A worked solution. A long equation is broken at its equals signs, a longer one under its beginning."""
    width = output.width
    for line in text.splitlines():
        start = " " * (len(line) - len(line.lstrip()))
        if len(line) <= width or width < LEAST:
            output.say(line)
            continue
        first, *rest = line.strip().split(" = ")
        parts = [start + " = ".join([first, *rest[:1]]), *(f"{start}  = {each}" for each in rest[1:])]
        for part in parts:
            hanging = " " * (len(part) - len(part.lstrip()) + 4)
            for piece in textwrap.wrap(part, width, subsequent_indent=hanging, break_long_words=False):
                output.say(piece)

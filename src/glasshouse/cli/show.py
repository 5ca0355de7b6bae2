"""``glasshouse show``: everything about one concept."""

from __future__ import annotations

from pathlib import Path

import click

from glasshouse.cli.options import json_option
from glasshouse.cli.output import Output
from glasshouse.core.errors import UsageError


@click.command()
@click.argument("concept")
@click.option(
    "--svg", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the figure as SVG."
)
@json_option
def show(concept: str, svg: Path | None, as_json: bool) -> None:
    """Show a concept: its equation, picture, use and a worked number.

    CONCEPT is a name or an alias in any spelling, such as swish, Leaky-ReLU or adam; `glasshouse list
    concepts` shows them all. A name that several kinds have shows each of them; metric:mae asks for one.
    """
    from glasshouse.concepts import cards

    found = cards(concept)
    output = Output(as_json)
    if svg is not None:
        if len(found) > 1:
            names = [f"{card.kind}:{card.name}" for card in found]
            raise UsageError(
                f"one figure of {concept!r}, which means {' and '.join(names)}",
                expected="one concept",
                fix=f"glasshouse show {names[0]} --svg {svg}",
            )
        found[0].write_svg(svg)
    output.document({"concepts": [card.to_dict() for card in found]})
    for number, card in enumerate(found):
        output.page(card.text, first=number == 0)
    if svg is not None:
        output.say(f"\nFigure written to {svg}")

"""``glasshouse list``: what there is to choose from."""

from __future__ import annotations

import re
from typing import Any

import click

from glasshouse.cli.options import json_option
from glasshouse.cli.output import Output

KINDS = ("models", "data", "concepts")


@click.command("list")
@click.argument("what", type=click.Choice(KINDS), required=False)
@json_option
def list_command(what: str | None, as_json: bool) -> None:
    """Show models, data and concepts.

    These are the names that experiments and commands understand.
    """
    output = Output(as_json)
    wanted = [what] if what else list(KINDS)
    shelves: dict[str, list[dict[str, Any]]] = {}
    if "models" in wanted:
        from glasshouse.models import MODELS

        shelves["models"] = [
            {
                "name": name,
                "takes": "tables, pictures" if concept.facts["takes"] == "vector" else "pictures",
                "year": concept.facts["year"],
                **{key: concept.facts.get(key) for key in ("parameters", "macs")},
                "summary": concept.summary,
                "settings": [each for each in concept.settings() if each not in GIVEN],
                "counted_for": {
                    "input": concept.facts.get("input"),
                    "outputs": concept.facts.get("classes", 1000),
                },
                "smallest_side": concept.facts.get("smallest"),
                "paper": _authors_and_year(concept.source),
                "source": concept.source,
            }
            for name, concept in MODELS.items()
        ]
    if "data" in wanted:
        from glasshouse.data import BUILTIN

        shelves["data"] = [
            {
                "name": name,
                **{key: concept.facts[key] for key in ("kind", "task", "rows")},
                "summary": concept.summary,
            }
            for name, concept in BUILTIN.items()
        ]
    if "concepts" in wanted:
        shelves["concepts"] = list(_concepts())
    output.document(shelves)
    for title, rows in shelves.items():
        columns = FOR_PEOPLE.get(title, list(rows[0]))
        shown = [[_words(row[column]) for column in columns] for row in rows]
        output.table(columns, shown, title=title)
        if title == "models":
            output.say("Parameters and multiply-accumulates (macs) as published;")
            output.say("of perceptron, mlp and cnn for 28 x 28 pixels and 10 classes.")
        output.say("")


FOR_PEOPLE = {"models": ["name", "takes", "year", "parameters", "macs", "paper", "settings"]}
"""Columns of the tables that would be too wide with all of them; JSON has all."""


def _words(cell: Any) -> str:
    """A cell for people."""
    if isinstance(cell, list):
        return ", ".join(cell)
    if cell is None:
        return "–"
    return f"{cell:,}" if isinstance(cell, int) and cell >= 3000 else str(cell)


def _authors_and_year(source: str) -> str:
    """How a source begins: ``"He et al. 2015"``.

    Example:
        >>> _authors_and_year("Szegedy et al. 2015, Going deeper with convolutions, arXiv 1409.4842.")
        'Szegedy et al. 2015'
    """
    found = re.match(r".*?\b\d{4}\b", source)
    return found[0] if found else source


GIVEN = ("inputs", "outputs", "classes", "channels", "size")
"""What the data decide about a model."""


def _concepts() -> Any:
    """Every concept that an experiment can name, by kind."""
    from glasshouse.activations import ACTIVATIONS
    from glasshouse.initializers import INITIALIZERS
    from glasshouse.losses import LOSSES
    from glasshouse.metrics import METRICS
    from glasshouse.optimizers import OPTIMIZERS
    from glasshouse.schedules import SCHEDULES

    for shelf in (ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULES, INITIALIZERS, METRICS):
        for name, concept in shelf.items():
            yield {
                "kind": shelf.kind,
                "name": name,
                "aliases": list(concept.aliases),
                "summary": concept.summary,
            }

"""``glasshouse list``: what there is to choose from."""

from __future__ import annotations

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
                "summary": concept.summary,
                "settings": [each for each in concept.settings() if each not in GIVEN],
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
        shown = [
            [", ".join(cell) if isinstance(cell, list) else cell for cell in row.values()] for row in rows
        ]
        output.table(list(rows[0]), [[str(cell) for cell in row] for row in shown], title=title)
        output.say("")


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

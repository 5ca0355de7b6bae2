"""``glasshouse list``: what there is to choose from."""

from __future__ import annotations

from typing import Any

import click

from glasshouse.cli.options import json_option
from glasshouse.cli.output import Output
from glasshouse.core.errors import UsageError

KINDS = ("models", "data", "concepts")


KIND = "One kind of concept: activation, layer, loss, optimizer, schedule, initializer ..."


@click.command("list")
@click.argument("what", type=click.Choice(KINDS), required=False)
@click.option("--kind", metavar="KIND", help=KIND)
@json_option
def list_command(what: str | None, kind: str | None, as_json: bool) -> None:
    """Show models, data and concepts.

    These are the names that experiments and commands understand; `glasshouse show NAME` tells about one.
    """
    if kind is not None and what not in (None, "concepts"):
        raise UsageError(
            f"--kind together with {what}",
            expected="--kind with concepts",
            fix=f"glasshouse list concepts --kind {kind}",
        )
    output = Output(as_json)
    wanted = [what] if what else ["concepts"] if kind else list(KINDS)
    shelves: dict[str, list[dict[str, Any]]] = {}
    if "models" in wanted:
        shelves["models"] = _models()
    if "data" in wanted:
        shelves["data"] = _data()
    if "concepts" in wanted:
        shelves["concepts"] = _concepts(kind, besides="model" if "models" in wanted else "")
    output.document(shelves)
    for title, rows in shelves.items():
        if title == "concepts":
            _show_concepts(output, rows, kind)
            continue
        shown = [
            [", ".join(cell) if isinstance(cell, list) else cell for cell in row.values()] for row in rows
        ]
        output.table(list(rows[0]), [[str(cell) for cell in row] for row in shown], title=title)
        output.say("")


def _models() -> list[dict[str, Any]]:
    """The networks."""
    from glasshouse.concepts.usage import settings_of
    from glasshouse.models import MODELS

    return [
        {
            "name": name,
            "takes": "tables, pictures" if concept.facts["takes"] == "vector" else "pictures",
            "year": concept.facts["year"],
            "summary": concept.summary,
            "settings": list(settings_of(concept)),
        }
        for name, concept in MODELS.items()
    ]


def _data() -> list[dict[str, Any]]:
    """The data sets that have a name."""
    from glasshouse.data import BUILTIN

    return [
        {
            "name": name,
            **{key: concept.facts[key] for key in ("kind", "task", "rows")},
            "summary": concept.summary,
        }
        for name, concept in BUILTIN.items()
    ]


def _concepts(kind: str | None, besides: str) -> list[dict[str, Any]]:
    """Every concept once, or those that people look for under one kind."""
    from glasshouse.concepts import everything, of_kind

    return [
        {
            "kind": concept.kind,
            "name": concept.name,
            "aliases": list(concept.aliases),
            "summary": concept.summary,
        }
        for concept in (of_kind(kind) if kind else everything())
        if concept.kind != besides
    ]


def _show_concepts(output: Output, rows: list[dict[str, Any]], wanted: str | None) -> None:
    """One table for each kind, with the same columns; other names where there is room for them."""
    widest = max((len(row["name"]) for row in rows), default=0)
    roomy = output.width >= ROOMY
    columns = ["name", "what it is", *(["also called"] if roomy else [])]
    for kind in dict.fromkeys(row["kind"] for row in rows):
        cells = [
            [row["name"].ljust(widest), row["summary"], *([", ".join(row["aliases"])] if roomy else [])]
            for row in rows
            if row["kind"] == kind
        ]
        title = kind if wanted is None or wanted.startswith(kind) else f"{kind}, also a {wanted}"
        output.table(columns, cells, title=title)
        output.say("")
    output.say("`glasshouse show NAME` tells about one of them.")


ROOMY = 110
"""Width of a terminal, in letters, from which on a table has room for other names."""

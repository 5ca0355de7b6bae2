"""``glasshouse list``: what there is to choose from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from glasshouse.cli.options import json_option
from glasshouse.cli.output import Output
from glasshouse.core.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.recipes import Form

KINDS = ("models", "data", "recipes", "concepts")


KIND = "One kind of concept: activation, layer, loss, optimizer, schedule, initializer ..."


@click.command("list")
@click.argument("what", type=click.Choice(KINDS), required=False)
@click.option("--kind", metavar="KIND", help=KIND)
@json_option
def list_command(what: str | None, kind: str | None, as_json: bool) -> None:
    """Show models, data, recipes and concepts.

    These are the names that experiments and commands understand; `glasshouse show NAME` tells about a
    concept, and `glasshouse run recipe:NAME` carries a recipe out.
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
    if "recipes" in wanted:
        shelves["recipes"] = _recipes()
    if "concepts" in wanted:
        shelves["concepts"] = _concepts(kind, besides="model" if "models" in wanted else "")
    output.document(shelves)
    for title, rows in shelves.items():
        if title == "concepts":
            _show_concepts(output, rows, kind)
            continue
        if title == "recipes":
            _show_recipes(output, rows)
            continue
        columns = FOR_PEOPLE.get(title, list(rows[0]))
        shown = [[_words(row[column]) for column in columns] for row in rows]
        output.table(columns, shown, title=title)
        if title == "models":
            output.say("Parameters and multiply-accumulates (macs) as published;")
            output.say("of perceptron, mlp and cnn for 28 x 28 pixels and 10 classes.")
        output.say("")


TAKES = {"vector": "tables, pictures", "image": "pictures", "sequence": "texts, series", "video": "videos"}
"""What the data of a model are, in few words."""
FOR_PEOPLE = {"models": ["name", "takes", "year", "parameters", "macs", "paper", "settings"]}
"""Columns of the tables that would be too wide with all of them; JSON has all."""


def _models() -> list[dict[str, Any]]:
    """The networks."""
    from glasshouse.concepts.usage import settings_of
    from glasshouse.models import MODELS

    return [
        {
            "name": name,
            "takes": TAKES[concept.facts["takes"]],
            "year": concept.facts["year"],
            **{key: concept.facts.get(key) for key in ("parameters", "macs")},
            "summary": concept.summary,
            "settings": list(settings_of(concept)),
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


def _recipes() -> list[dict[str, Any]]:
    """The recipes, in full and in their small form."""
    from glasshouse.recipes import find, names

    return [
        {
            "name": recipe.name,
            "family": recipe.family,
            "applications": list(recipe.applications),
            "summary": recipe.summary,
            "note": recipe.note,
            **{key: _form(form) for key, form in (("full", recipe.full), ("small", recipe.small))},
        }
        for recipe in map(find, names())
    ]


def _form(form: Form) -> dict[str, Any]:
    """A form of a recipe."""
    bar, measured = form.bar, form.measured
    return {
        "data": form.written.data.source,
        "needs": list(form.needs),
        "metric": bar.metric,
        "part": bar.part,
        "at_least" if bar.at_least else "at_most": bar.number,
        "measured": None if measured is None else list(measured.numbers),
        "seeds": None if measured is None else list(measured.used),
        "seconds": None if measured is None else measured.seconds,
    }


def _show_recipes(output: Output, rows: list[dict[str, Any]]) -> None:
    """One line for each, with the bar of the full form and what it reached."""
    cells = []
    for row in rows:
        full = row["full"]
        side = ">=" if "at_least" in full else "<="
        bar = f"{full['metric'].rpartition('.')[2]} {side} {full.get('at_least', full.get('at_most')):g}"
        found = full["measured"]
        measured = "–" if not found else f"{sum(found) / len(found):.4g}"
        cells.append([row["name"], ", ".join(row["applications"]) or row["family"], bar, measured])
    output.table(["name", "application or family", "bar", "measured"], cells, title="recipes")
    output.say("The bar is that of the full form; of several seeds the mean is shown. `glasshouse run")
    output.say("recipe:NAME` trains it, with --small in seconds, on data that are there anywhere.")
    output.say("")


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

"""The recipes as tables: what each trains, what it must reach, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markdown_pieces import code, prose, sentence

from glasshouse.recipes import Form, Recipe, find, names

MOST_SEEDS = 5
"""How many numbers of single seeds are listed one by one."""


def recipes(_which: str) -> Iterator[str]:
    """The page's body: a table by family, one of the small forms, and what stands in for what."""
    found = sorted(map(find, names()), key=lambda recipe: (recipe.family, recipe.name))
    yield from _titled("In full", "full", found)
    yield from _titled("Small forms", "small", found)
    yield "## By application"
    yield ""
    yield "| application | recipes |"
    yield "|---|---|"
    for application in sorted({each for recipe in found for each in recipe.applications}):
        fit = [recipe.name for recipe in found if application in recipe.applications]
        yield f"| {prose(application)} | {', '.join(code(name) for name in fit)} |"
    yield ""
    noted = [recipe for recipe in found if recipe.note]
    if noted:
        yield "## What stands in for what"
        yield ""
        yield from (f"- {code(recipe.name)}: {sentence(recipe.note)}" for recipe in noted)
        yield ""


def _titled(title: str, form: str, found: Iterable[Recipe]) -> Iterator[str]:
    """The table of one form of all recipes."""
    full = form == "full"
    yield f"## {title}"
    yield ""
    what = "what it is" if full else "family"
    yield f"| recipe | {what} | data | must reach | measured | seconds | seeds |"
    yield "|---|---|---|---|---|--:|---|"
    for recipe in found:
        shown: Form = getattr(recipe, form)
        told = f"{prose(recipe.family)}: {prose(recipe.summary)}" if full else prose(recipe.family)
        cells = [code(recipe.name), told, _data(shown), _bar(shown), *_measured(shown)]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _data(form: Form) -> str:
    return code(form.written.data.source)


def _bar(form: Form) -> str:
    return f"{prose(form.bar.part)} {code(form.bar.metric)} {form.bar}"


def _measured(form: Form) -> tuple[str, str, str]:
    """What was measured, how many fell short, how long it took, and with which seeds."""
    measured, bar = form.measured, form.bar
    if measured is None:
        return "not measured", "–", "–"
    numbers = measured.numbers
    told = ", ".join(f"{each:.4g}" for each in numbers[:MOST_SEEDS])
    if len(numbers) > MOST_SEEDS:
        told = f"{min(numbers):.4g} to {max(numbers):.4g}"
    short = sum(not bar.judged({"metrics": {bar.part: {bar.metric: each}}}).passed for each in numbers)
    if short:
        told += f"; {short} of {len(numbers)} did not pass"
    if measured.note:
        told += f" ({prose(measured.note)})"
    seconds = "–" if measured.seconds is None else f"{measured.seconds:,.0f}"
    return told, seconds, ", ".join(map(str, measured.used))

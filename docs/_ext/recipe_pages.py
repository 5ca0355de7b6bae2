"""The recipes as tables: what each trains, what it must reach, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markdown_pieces import code, prose, sentence

from glasshouse.recipes import Form, Recipe, find, names

MOST_SEEDS = 5
"""How many numbers of single seeds are listed one by one."""
BREAK = "<br>"


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
    """The table of one form of all recipes, and what is to be known of the measurements."""
    noted = []
    yield f"## {title}"
    yield ""
    yield "| recipe | must reach | measured | seconds |"
    yield "|---|---|---|--:|"
    for recipe in found:
        shown: Form = getattr(recipe, form)
        told = sentence(recipe.summary) if form == "full" else f"{prose(recipe.family)}."
        name = f"{code(recipe.name)}{BREAK}{told} {code(shown.written.data.source)}"
        yield f"| {' | '.join([name, _bar(shown), *_measured(shown)])} |"
        if shown.measured is not None and shown.measured.note:
            noted.append(f"- {code(recipe.name)}: {sentence(shown.measured.note)}")
    yield ""
    yield from noted
    yield ""


def _bar(form: Form) -> str:
    bar = form.bar
    part = f"{bar.part} " if bar.part != "test" else ""
    return f"{part}{code(bar.metric.rpartition('.')[2])}{BREAK}{bar}"


def _measured(form: Form) -> tuple[str, str]:
    """What was measured with which seeds, how many fell short, and how long it took."""
    measured, bar = form.measured, form.bar
    if measured is None:
        return "not measured", "–"
    numbers = measured.numbers
    told = ", ".join(f"{each:.4g}" for each in numbers[:MOST_SEEDS])
    if len(numbers) > MOST_SEEDS:
        told = f"{min(numbers):.4g} to {max(numbers):.4g}"
    seeds = ", ".join(map(str, measured.used))
    told += f"{BREAK}{'seeds' if len(measured.used) > 1 else 'seed'} {seeds}"
    short = sum(not bar.judged({"metrics": {bar.part: {bar.metric: each}}}).passed for each in numbers)
    if short:
        told += f"; {short} of {len(numbers)} did not pass"
    return told, "–" if measured.seconds is None else f"{measured.seconds:,.0f}"

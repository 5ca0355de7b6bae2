"""Every concept with its card: equation, figure, when to use it, a worked number, what to type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from markdown_pieces import code, literal, prose, sentence

from glasshouse.concepts import SHELVES, Card, of_kind
from glasshouse.concepts.latex_signs import LETTERS
from glasshouse.concepts.shelves import FOLDERS
from glasshouse.concepts.terminal import TAKES
from glasshouse.concepts.usage import settings_of
from glasshouse.concepts.worked_steps import worked_rows
from glasshouse.core.concept import Concept
from glasshouse.data import BUILTIN

KINDS = {folder: kind for kind, folder in FOLDERS.items()}
PREDICTS = {
    "classification": "classes",
    "translation": "another text",
    "language": "what comes next",
    "frames": "what sounds next",
    "forecast": "the next steps",
}
"""What is learnt from built-in data, by their task; a number where nothing stands here."""
WIDTH = 84
"""Of a worked number, in letters."""


def catalogue(which: str) -> Iterator[str]:
    """The concepts of one kind, and links to those of other kinds that people look for there."""
    kind = KINDS[which]
    yield from _overview(of_kind(kind))
    for concept in SHELVES[kind].values():
        yield from _card(Card(concept))


def _overview(concepts: list[Concept]) -> Iterator[str]:
    yield "| name | what it is |"
    yield "|---|---|"
    for concept in concepts:
        yield f"| [`{concept.name}`](#{_label(concept)}) | {prose(concept.summary).rstrip('.')} |"
    yield ""


def _label(concept: Concept) -> str:
    return f"{concept.kind}-{concept.name.replace('_', '-')}"


def _card(card: Card) -> Iterator[str]:
    concept = card.concept
    yield f"({_label(concept)})="
    yield f"## `{concept.name}`"
    yield ""
    yield sentence(concept.summary)
    yield ""
    for formula in filter(None, (concept.equation, concept.derivative)):
        yield from (":::{math}", formula, ":::", "")
    yield from _symbols(concept)
    yield from _figure(card)
    yield "```{eval-rst}"
    yield from _facts(concept)
    yield "```"
    yield ""
    if card.worked:
        yield from _titled("A worked number", "text", _worked(card.worked))
    if card.experiment:
        yield from _titled("In an experiment file", "toml", card.experiment.splitlines())
    yield from _titled("In Python", "python", card.python.splitlines()[2:])


def _symbols(concept: Concept) -> Iterator[str]:
    """What the letters stand for, on one line each."""
    if concept.symbols:
        yield "```{list-table}"
        yield ":class: symbols"
        for name, meaning in concept.symbols.items():
            yield f"* - ${_letters(name)}$"
            yield f"  - {prose(meaning)}"
        yield "```"
        yield ""


def _letters(name: str) -> str:
    """A symbol of a card as LaTeX."""
    words = re.sub(r"[A-Za-z]+", lambda word: f"\\{word[0]} " if word[0] in LETTERS else word[0], name)
    letter, _, index = words.partition("_")
    return f"{letter}_{{{index}}}" if index else letter


def _figure(card: Card) -> Iterator[str]:
    if card.curve is not None:
        yield from (":::{raw} html", f'<figure class="curve">{card.svg()}')
        yield from (f"<figcaption>{card.curve.about}</figcaption></figure>", ":::", "")


def _worked(worked: dict[str, object]) -> Iterator[str]:
    """Names in one column, their arithmetic in the other."""
    rows = worked_rows(worked)
    column = max(len(name) for name, _ in rows)
    for name, lines in rows:
        for place, line in enumerate(lines):
            hanging = "  " if line.startswith("= ") else ""
            for row, short in enumerate(wrap(line, WIDTH - column, subsequent_indent=hanging)):
                yield f"{name if place == row == 0 else '':{column}}  {short}"


def _titled(title: str, language: str, lines: object) -> Iterator[str]:
    yield from (f"```{{rubric}} {title}", "```", "", f"```{language}")
    yield from lines
    yield from ("```", "")


def _facts(concept: Concept) -> Iterator[str]:
    """A field list in reStructuredText, where ``name`` in the text needs no escaping but backslashes do."""
    if concept.when:
        yield f":When: {_plain(concept.when)}"
    if concept.pitfalls:
        yield f":Mind: {_plain(' '.join(concept.pitfalls))}"
    if concept.conventions:
        yield f":Conventions: {_plain(' '.join(concept.conventions))}"
    if concept.kind == "model":
        yield f":Takes: {TAKES[concept.facts['takes']]}"
        yield from _counts(concept)
    if "learning_rate" in concept.facts:
        yield f":Rate at auto: {concept.facts['learning_rate']:g}"
    if "initializer" in concept.facts:
        yield f":Weights at auto: ``{concept.facts['initializer']}``"
    settings = [
        f"``{name}``" if value is None else f"``{name} = {literal(value)}``"
        for name, value in settings_of(concept).items()
    ]
    if settings:
        yield f":Settings: {', '.join(settings)}"
    defaults = concept.facts.get("defaults", {})
    if defaults:
        decided = ", ".join(f"``{key} = {literal(value)}``" for key, value in defaults.items())
        yield f":Decides at auto: {decided}"
    if concept.aliases:
        yield f":Also called: {', '.join(f'``{each}``' for each in concept.aliases)}"
    yield f":Source: {_plain(concept.source)}"
    yield ""


def _counts(concept: Concept) -> Iterator[str]:
    """Parameters and work of a model, and for what they are counted."""
    facts = concept.facts
    if "parameters" in facts:
        shape = " x ".join(map(str, facts["input"]))
        counted = f"for inputs of {shape} and {facts.get('classes', 1000)} classes"
        yield f":Parameters: {facts['parameters']:,}"
        yield f":Multiply-accumulates: {facts['macs']:,} {counted}"
    if facts.get("smallest", 1) > 1:
        yield f":Smallest picture: {facts['smallest']} x {facts['smallest']} pixels"


def _plain(text: str) -> str:
    """Words for reStructuredText."""
    for sign in "\\*`|_":
        text = text.replace(sign, "\\" + sign)
    return text


def builtin_data(_which: str) -> Iterator[str]:
    """The data sets that have a name, as a table."""
    yield "| name | what it is | predicts | rows |"
    yield "|---|---|---|--:|"
    for name, concept in BUILTIN.items():
        facts = concept.facts
        predicts = PREDICTS.get(facts["task"], "a number")
        told = [concept.summary, f"needs {facts['needs']}" if facts["needs"] else "", concept.source]
        about = " ".join(sentence(each) for each in told if each)
        yield f"| {code(name)} | {about} | {predicts} | {facts['rows']:,} |"

"""A card in a terminal: one column of names, one of words, nothing wider than the terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from glasshouse.concepts.canvas import draw
from glasshouse.concepts.curves import Curve
from glasshouse.concepts.latex_signs import LETTERS
from glasshouse.concepts.readable import readable
from glasshouse.concepts.usage import toml
from glasshouse.concepts.worked_steps import worked_rows
from glasshouse.core.concept import Concept

LABEL = 13
"""Width of the column of names."""
QUIET, TITLE, HEAD = "dim", "bold", "bold"
TAKES = {
    "vector": "tables, and pictures as rows of pixels",
    "image": "pictures",
    "sequence": "texts and series",
    "video": "videos",
}
"""What the data of a model are, by the word on its card."""
NOT_NAMED = {
    "layer": "An experiment file names whole models; a single layer is built in Python.",
    "metric": "Nothing to type: every run measures it where the task and the answers allow.",
}
"""Why some kinds have no lines for an experiment file."""
ELSE_NOT_NAMED = "An experiment file cannot name it; it is built in Python."


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a card shows.

    Args:
        concept: The concept.
        equation: As plain text.
        derivative: As plain text.
        curve: What is drawn.
        worked: The worked number, as :func:`~glasshouse.concepts.worked_steps.worked_steps` gives it.
        experiment: Lines of an experiment file.
        python: Lines of Python.
        others: Full names of other concepts that may be meant.
    """

    concept: Concept
    equation: str
    derivative: str
    curve: Curve | None
    worked: dict[str, Any] | None
    experiment: str
    python: str
    others: tuple[str, ...]


def as_text(card: Shown, width: int = 80) -> Text:
    """A card as text with styles.

    Args:
        card: What is shown.
        width: Longest line, at least 40.
    """
    blocks = [
        _head(card, width),
        _equations(card, width),
        _symbols(card.concept, width),
        _picture(card.curve, width) if card.curve else Text(),
        _advice(card.concept, width),
        _worked(card.worked, width) if card.worked else Text(),
        *_usage(card, width),
        _others(card, width),
    ]
    result = Text()
    for block in blocks:
        if block.plain:
            result.append("\n\n" if result.plain else "")
            result.append_text(block)
    return result


def symbol(name: str) -> str:
    """A symbol of a card as it stands in the equation.

    Example:
        >>> symbol("beta"), symbol("W"), symbol("n_in")
        ('β', 'W', 'nᵢₙ')
    """
    named = re.sub(r"[A-Za-z]+", lambda word: LETTERS.get(word[0], word[0]), name)
    letter, _, index = named.partition("_")
    return readable(f"{letter}_{{{index}}}" if index else named)


def _head(card: Shown, width: int) -> Text:
    concept = card.concept
    kind = concept.kind + "".join(f", {also}" for also in concept.also)
    gap = max(2, width - cell_len(concept.name) - cell_len(kind))
    text = Text(concept.name, TITLE).append(" " * gap + kind, QUIET)
    text.append("\n" + "\n".join(wrap(concept.summary, width)), "")
    if concept.aliases:
        text.append_text(
            Text("\n").append_text(_lines(f"also called {', '.join(concept.aliases)}", width, QUIET))
        )
    return text


def _equations(card: Shown, width: int) -> Text:
    lines: list[str] = []
    for equation in filter(None, (card.equation, card.derivative)):
        lines += broken(equation, width - 2)
    return Text("\n".join(f"  {line}" for line in lines), "")


def broken(equation: str, width: int) -> list[str]:
    """An equation on as many lines as it needs: broken between its parts first, else between terms.

    Args:
        equation: As plain text, with two spaces between parts.
        width: Longest line.

    Example:
        >>> broken("s = s + g²,  w = w − η g / √s", 20)
        ['s = s + g²,', '  w = w − η g / √s']
    """
    lines: list[str] = []
    for part in equation.split("  "):
        joined = f"{lines[-1]}  {part}" if lines else part
        if not lines or cell_len(joined) <= width:
            lines[-1:] = [joined]
        else:
            lines.append(f"  {part}")
    return [
        short
        for line in lines
        for short in (
            wrap(line, width, subsequent_indent="    ", drop_whitespace=True, break_long_words=False)
            if cell_len(line) > width
            else [line]
        )
    ]


def _symbols(concept: Concept, width: int) -> Text:
    rows = [(symbol(name), meaning) for name, meaning in concept.symbols.items()]
    column = max((cell_len(name) for name, _ in rows), default=0) + 2
    return _table([(name, [meaning]) for name, meaning in rows], width, column, indent="  ")


def _picture(curve: Curve, width: int) -> Text:
    return draw(curve, width).append("\n").append_text(_indented(curve.about, width))


def _advice(concept: Concept, width: int) -> Text:
    rows = [
        ("When", [concept.when] if concept.when else []),
        ("Mind", concept.pitfalls),
        ("Conventions", concept.conventions),
        *_facts(concept),
        ("Source", [concept.source] if concept.source else []),
    ]
    return _table([(name, words) for name, words in rows if words], width, LABEL)


def _facts(concept: Concept) -> list[tuple[str, list[str]]]:
    """What only some kinds have: the data a model takes, what it decides by itself, which way is better."""
    facts = concept.facts
    decided = ", ".join(f"{key} = {toml(value)}" for key, value in facts.get("defaults", {}).items())
    return [
        ("Takes", [TAKES[facts["takes"]]] if facts.get("takes") in TAKES else []),
        ("At auto", [decided] if decided else []),
        ("Better", [f"{facts['better']}"] if "better" in facts else []),
    ]


def _worked(worked: dict[str, Any], width: int) -> Text:
    rows = worked_rows(worked)
    column = max(LABEL - 2, *(cell_len(name) + 2 for name, _ in rows))
    return Text("A worked number", HEAD).append("\n").append_text(_table(rows, width, column, indent="  "))


def _usage(card: Shown, width: int) -> list[Text]:
    blocks = []
    if card.experiment:
        blocks.append(_code("In an experiment file", card.experiment))
    else:
        reason = NOT_NAMED.get(card.concept.kind, ELSE_NOT_NAMED)
        blocks.append(Text("In an experiment file", HEAD).append("\n").append_text(_indented(reason, width)))
    return [*blocks, _code("In Python", card.python)]


def _others(card: Shown, width: int) -> Text:
    if not card.others:
        return Text()
    told = "; ".join(f"glasshouse show {name}" for name in card.others)
    return _lines(f"The name also means: {told}", width, QUIET)


def _code(title: str, code: str) -> Text:
    lines = "\n".join(f"  {line}".rstrip() for line in code.splitlines())
    return Text(title, HEAD).append(f"\n{lines}", "")


def _indented(words: str, width: int) -> Text:
    return Text("\n".join(f"  {line}" for line in wrap(words, width - 2)), QUIET)


def _lines(words: str, width: int, style: str = "") -> Text:
    return Text("\n".join(wrap(words, width)), style)


def _table(rows: Sequence[tuple[str, Sequence[str]]], width: int, column: int, indent: str = "") -> Text:
    """Names in one column, words in the other."""
    text = Text()
    for name, paragraphs in rows:
        first = True
        for paragraph in paragraphs:
            room = max(20, width - column - len(indent))
            hanging = "  " if paragraph.startswith("= ") else ""
            for line in wrap(paragraph, room, subsequent_indent=hanging, break_long_words=True):
                text.append("\n" if text.plain else "")
                shown_name = name if first else ""
                text.append(indent + shown_name + " " * (column - cell_len(shown_name)), QUIET)
                text.append(line, "")
                first = False
    return text

"""A card in a notebook: plain HTML that takes its colours from the page, light or dark."""

from __future__ import annotations

from html import escape

from glasshouse.concepts.terminal import Shown, symbol
from glasshouse.concepts.worked_steps import worked_rows

STYLE = (
    "--ink:currentColor;--muted:color-mix(in srgb,currentColor 65%,transparent);"
    "--rule:color-mix(in srgb,currentColor 15%,transparent);--paper:transparent;"
    "--accent:#129183;--second:#cf6a1c;max-width:44rem;line-height:1.5"
)
"""Two colours that are legible on white and on black; the rest is the page's own."""


def as_html(card: Shown, svg: str) -> str:
    """A card as one HTML element.

    Args:
        card: What is shown.
        svg: Its figure; empty where there is none.
    """
    concept = card.concept
    kind = ", ".join((concept.kind, *concept.also))
    parts = [
        f'<div style="display:flex;justify-content:space-between"><strong>{escape(concept.name)}</strong>'
        f'<span style="color:var(--muted)">{escape(kind)}</span></div>',
        f"<div>{escape(concept.summary)}</div>",
        *(_formula(each) for each in (card.equation, card.derivative) if each),
        _rows([(symbol(name), meaning) for name, meaning in concept.symbols.items()]),
        f'<div style="max-width:30rem">{svg}</div>' if svg else "",
        f'<div style="color:var(--muted)">{escape(card.curve.about)}</div>' if card.curve else "",
        _rows(
            [
                ("When", concept.when),
                *(("Mind" if not place else "", each) for place, each in enumerate(concept.pitfalls)),
                *(("Conventions" if not place else "", e) for place, e in enumerate(concept.conventions)),
                ("Source", concept.source),
                ("Also called", ", ".join(concept.aliases)),
            ]
        ),
        _worked(card),
        _code("In an experiment file", card.experiment) if card.experiment else "",
        _code("In Python", card.python),
    ]
    return f'<div style="{STYLE}">{"".join(parts)}</div>'


def _formula(text: str) -> str:
    style = "font-family:serif;font-size:1.1em;white-space:pre-wrap;margin:.35rem 0 .35rem 1rem"
    return f'<div style="{style}">{escape(text)}</div>'


def _rows(rows: list[tuple[str, str]]) -> str:
    cells = "".join(
        f'<div style="color:var(--muted)">{escape(name)}</div><div>{escape(words)}</div>'
        for name, words in rows
        if words
    )
    grid = "display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.6rem 0"
    return f'<div style="{grid}">{cells}</div>' if cells else ""


def _worked(card: Shown) -> str:
    if card.worked is None:
        return ""
    rows = [(name, " ".join(lines)) for name, lines in worked_rows(card.worked)]
    return f"<strong>A worked number</strong>{_rows(rows)}"


def _code(title: str, code: str) -> str:
    return f'<strong>{title}</strong><pre style="margin:.25rem 0 .75rem 1rem">{escape(code)}</pre>'

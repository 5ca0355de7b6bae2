"""A piece as one HTML page that needs no network: drawing, numbers, and every line worked out."""

from __future__ import annotations

from html import escape

import torch

from glasshouse.core.expression import Expression, shown
from glasshouse.explain.page.mathml import mathml
from glasshouse.explain.pieces.piece import Piece

STYLE = """
.piece { color-scheme: light dark; --paper: #fcfdfc; --panel: #f2f6f4; --ink: #17211f; --muted: #56655f;
  --rule: #dce4e1; --accent: #0b6e63; --second: #b4540a; --soft: #d7e9e4; --third: #5c549e;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans",
  "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; padding: 1.5rem 2rem; }
@media (prefers-color-scheme: dark) { .piece { --paper: #0f1514; --panel: #182120; --ink: #e6edeb;
  --muted: #9caeaa; --rule: #2a3634; --accent: #4cc3b0; --second: #f0a35e; --soft: #1d3a35;
  --third: #9e94e8; } }
.piece * { box-sizing: border-box; }
.piece h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.02em; }
.piece h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; }
.piece .note { color: var(--muted); margin: .2rem 0; max-width: 46rem; }
.piece .formula { margin: .6rem 0 1rem; overflow-x: auto; width: fit-content; max-width: 100%; }
.piece figure { margin: 1rem 0; overflow-x: auto; }
.piece figure svg { max-width: 100%; height: auto; }
.piece .tensors { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.piece .tensors > div { max-width: 100%; overflow-x: auto; }
.piece .tensors b { color: var(--accent); font-weight: 600; }
.piece table { border-collapse: collapse; margin-top: .2rem; }
.piece td { padding: .1rem .5rem; text-align: right; border: 1px solid var(--rule); font-size: .875rem; }
.piece .line { display: grid; grid-template-columns: minmax(4.5rem, max-content) 1fr; gap: .1rem .6rem;
  padding: .45rem 0; border-top: 1px solid var(--rule); font-size: .9375rem; }
.piece .line > span { color: var(--accent); font-weight: 600; }
.piece .line p { margin: 0; overflow-x: auto; }
.piece .line .value { font-weight: 650; }
.piece .because { color: var(--muted); font-size: .8125rem; }
@media (max-width: 40rem) { .piece { padding: 1rem; } .piece .line { grid-template-columns: 1fr; } }
"""


def page_of(piece: Piece) -> str:
    """The whole page.

    Args:
        piece: What it shows.
    """
    title = escape(piece.title)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>html,body{{margin:0;background:Canvas}}"
        "html{color-scheme:light dark}@media (prefers-color-scheme: light){html,body{background:#fcfdfc}}"
        "@media (prefers-color-scheme: dark){html,body{background:#0f1514}}</style></head>"
        f"<body>{body_of(piece)}</body></html>\n"
    )


def body_of(piece: Piece) -> str:
    """What stands in the page, or in a notebook.

    Args:
        piece: What it shows.
    """
    parts = [f"<h1>{escape(piece.title)}</h1>"]
    parts += [f'<p class="note">{escape(note)}</p>' for note in piece.notes]
    parts.append(f'<div class="formula">{mathml(piece.formula, display=True)}</div>')
    drawing = piece.drawing()
    if drawing:
        parts.append(f"<figure>{drawing}</figure>")
    parts.append("<h2>Given</h2>" + _tensors(piece.given))
    heading = ""
    for part, name, expression in piece.equations():
        if part != heading:
            heading = part
            parts.append(f"<h2>{escape(heading)}</h2>")
        parts.append(_equation(name, expression))
    parts.append("<h2>Result</h2>" + _tensors(piece.results))
    return f'<style>{STYLE}</style><div class="piece">{"".join(parts)}</div>'


def _tensors(tensors: object) -> str:
    assert isinstance(tensors, dict)
    return '<div class="tensors">' + "".join(_tensor(name, each) for name, each in tensors.items()) + "</div>"


def _tensor(name: str, value: torch.Tensor | str) -> str:
    if isinstance(value, str):
        return f"<div><b>{escape(name)}</b> = {escape(value)}</div>"
    if value.numel() > 400:
        text = f"{value.numel()} numbers from {shown(float(value.min()))} to {shown(float(value.max()))}"
        return f"<div><b>{escape(name)}</b>: {text}</div>"
    rows = value.reshape(-1, value.shape[-1]) if value.dim() else value.reshape(1, 1)
    cells = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows.tolist())
    return f"<div><b>{escape(name)}</b><table>{cells}</table></div>"


def _cell(number: float) -> str:
    return f'<td title="{number!r}">{shown(number, 5)}</td>'


def _equation(name: str, expression: Expression) -> str:
    because = getattr(expression, "because", "")
    told = f'<p class="because">because {escape(because)}</p>' if because else ""
    numbers = escape(expression.text())
    value = shown(expression.value)
    middle = f"<p>= {numbers}</p>" if numbers != value else ""
    return (
        f'<div class="line"><span>{escape(name)}</span><div><p>{mathml("= " + expression.latex())}</p>'
        f'{middle}<p class="value">= {value}</p>{told}</div></div>'
    )

"""What commands say: sentences and tables to people, one JSON document to programs."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasshouse.core.errors import GlasshouseError
from glasshouse.core.files import plain

WIDEST = 100
"""Longest line of running text, in letters."""


class Aside(Console):
    """Standard error, as long as anybody listens: a run goes on when a pipe is closed behind its back."""

    def on_broken_pipe(self) -> None:
        """Say nothing more, where rich would end the process."""
        self.quiet = True


class Output:
    """Where a command's words go.

    Results go to standard output, sentences on the way to standard error. With ``--json`` standard output
    gets one JSON document and nothing else.

    Args:
        as_json: Write JSON.
        quiet: Leave out the sentences in between; results are still shown.
    """

    def __init__(self, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._console = Console(highlight=False, soft_wrap=True)
        self._aside = Aside(stderr=True, highlight=False, soft_wrap=True)

    @property
    def width(self) -> int:
        """Of the terminal, in letters."""
        return self._console.width

    def tell(self, sentence: str) -> None:
        """Something that happened on the way."""
        if not self.quiet and not self.as_json:
            style = "yellow" if sentence.startswith("Warning") else "dim"
            self._aside.print(sentence, style=style, markup=False)

    def say(self, sentence: str) -> None:
        """A result, for people."""
        if not self.as_json:
            self._console.print(sentence, markup=False)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
        """A table of results, for people. Numbers are aligned to the right."""
        if self.as_json:
            return
        table = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for place, name in enumerate(columns):
            numeric = bool(rows) and all(_is_number(row[place]) for row in rows)
            table.add_column(
                name,
                justify="right" if numeric else "left",
                header_style="dim",
                overflow="fold",
                no_wrap=place == 0 and not numeric,  # what a row is called stays in one piece
            )
        for row in rows:
            table.add_row(*(_cell(value) for value in row))
        # A number broken over two lines is no number: a narrow terminal shall rather break the line itself.
        numbers = any(column.justify == "right" for column in table.columns)
        endless = self._console.options.update(max_width=10_000)
        natural = self._console.measure(table, options=endless).maximum if numbers else 0
        self._console.print(table, width=max(self._console.width, natural), crop=False)

    def page(self, write: Callable[[int], Text], first: bool = True) -> None:
        """A longer text for people, made for the width of the terminal; a line sets it off from one before.

        Args:
            write: Gives the text for a width.
            first: Whether nothing stands above.
        """
        if self.as_json:
            return
        width = min(self._console.width, WIDEST)
        if not first:
            self._console.print(f"\n{'─' * width}\n", style="dim")
        self._console.print(write(width))

    def document(self, value: Any) -> None:
        """The result for programs."""
        if self.as_json:
            click.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))


def show_error(error: GlasshouseError, as_json: bool) -> None:
    """An error: in JSON on standard output, or in words on standard error."""
    if as_json:
        Output(as_json=True).document({"error": error.as_dict()})
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("Error: ", style="bold red", end="")
    console.print(error.received, markup=False)
    if error.expected:
        console.print(f"  expected  {error.expected}", markup=False)
    if error.fix:
        console.print(f"  fix       {error.fix}", markup=False)
    if error.run:
        console.print(f"  run       {error.run}", markup=False)
    for note in getattr(error, "__notes__", []):
        console.print(f"  note      {note}", markup=False)


def show_bug(error: Exception, as_json: bool) -> None:
    """An error that nobody foresaw: its traceback is what helps to mend it; programs still get a document."""
    traceback.print_exception(error)
    told = f"{type(error).__name__}: {error}"
    fix = (
        "this is a mistake in Glasshouse: please report it with the traceback and what `glasshouse env` says"
    )
    if as_json:
        facts = {"kind": type(error).__name__, "received": told, "expected": "", "fix": fix}
        Output(as_json=True).document({"error": facts})
    else:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"\n{fix.capitalize()}.", markup=False)


def number(value: object) -> str:
    """A number for people: four decimals where that says enough, thousands apart, a dash for none.

    Example:
        >>> number(0.97123), number(1.0), number(0.0000123), number(68123.4), number(None), number(12)
        ('0.9712', '1.0000', '1.2e-05', '68,123', '–', '12')
    """
    if value is None:
        return "–"
    if isinstance(value, int) or not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.4g}"
    return f"{value:.4f}" if size == 0 or size >= 0.00005 else f"{value:.1e}"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) or value is None


def _cell(value: object) -> str:
    return number(value)

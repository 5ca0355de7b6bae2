"""Parts of an equation beside each other, and the spaces and brackets that a line of text needs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glasshouse.concepts.latex_signs import VULGAR


@dataclass
class Piece:
    """A part of an equation.

    Args:
        text: How it is written.
        kind: ``atom``, ``operation``, ``opening``, ``closing``, ``bar``, ``comma``, ``function``, ``sum``,
            ``before``, ``words``, ``fraction``, ``group``, ``slash``, ``thin`` or ``wide``.
        above: Its exponent and primes, which stand behind an index wherever LaTeX has them.
    """

    text: str
    kind: str
    above: str = ""


GAPS = ("thin", "wide")
STARTS = {"", "opening", "operation", "comma", "words"}
"""What a plus or minus stands behind that is a sign of the number, not an operation."""
FACTORS = {"atom", "opening", "bar", "function", "sum", "before", "fraction", "group"}
"""What a product may go on with."""


class Row(list[Piece]):
    """Pieces beside each other."""

    def text(self) -> str:
        """All of them, with spaces where a reader expects them."""
        written = ""
        last, gap, bars = "", "", 0
        for place, piece in enumerate(self):
            if piece.kind in GAPS:
                gap = "  " if piece.kind == "wide" or gap == "  " else " "
                continue
            kind = piece.kind
            if kind == "bar" and gap and self[place + 1 : place + 2] and self[place + 1].kind in GAPS:
                kind = "operation"  # between two alternatives, not around one term
            elif kind == "bar":
                kind = "closing" if bars % 2 else "opening"
                bars += 1
            text = piece.text + piece.above
            if last == "function" and kind == "fraction":
                text, kind, gap = f"({text})", "closing", ""
            written += self._between(last, kind, text, gap) + text
            # A sign at the beginning of a term belongs to the number behind it.
            sign = kind == "operation" and text in "+−±" and last in STARTS
            last, gap = "before" if sign else kind, ""
        return written

    @staticmethod
    def _between(last: str, kind: str, text: str, gap: str) -> str:
        """The space between two pieces."""
        if kind == "words" and text[0] in ",.;:":
            return ""
        if last == "" or kind in ("comma", "closing") or last in ("opening", "before"):
            return ""
        if last == "comma":
            return gap or " "
        sign = kind == "operation" and text in "+−±" and last == "operation"
        if kind in ("operation", "words") or last in ("operation", "words"):
            return "" if sign and not last else ("  " if gap == "  " else " ")
        if last == "fraction" and kind in FACTORS:
            return gap if gap == "  " else " · "
        if last == "sum" or kind in ("sum", "fraction") or "function" in (last, kind):
            tight = (last == "function" and kind == "opening") or last == "slash"
            return gap if tight else gap or " "
        return gap


def fraction(over: str, under: str) -> Piece:
    """A quotient, with brackets where reading it in a line would change it."""
    if (over, under) in VULGAR:
        return Piece(VULGAR[over, under], "atom")
    tight = not re.search(r"[ /]", over + under)
    if re.search(r" [^\w(√∂|Σ] |/| $|^−", _outside(over)):
        over = f"({over})"
    if not plain(under):
        under = f"({under})"
    return Piece(f"{over}/{under}" if tight else f"{over} / {under}", "fraction")


def plain(text: str) -> bool:
    """Whether a text is one thing, which needs no brackets."""
    return not re.search(r"[ /]|^−", _outside(text))


def _outside(text: str) -> str:
    """What stands outside of all brackets and bars."""
    while True:
        shorter = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|⌊[^⌊⌋]*⌋|⌈[^⌈⌉]*⌉|\|[^| ][^|]*\||‖[^‖]*‖", "x", text)
        if shorter == text:
            return text
        text = shorter

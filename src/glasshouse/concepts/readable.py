"""Equations for a terminal: the LaTeX of the cards as one line of text.

Fractions become quotients with the brackets that they need, roots get a root sign, letters their Greek form,
and short indices and exponents are lowered and raised. A longer index stands in square brackets, as in the
worked numbers.
"""

from __future__ import annotations

import re
import unicodedata

from glasshouse.concepts.equation_pieces import Piece, Row, fraction, plain
from glasshouse.concepts.latex_signs import (
    ACCENTS,
    BARS,
    BEFORE,
    CLOSING,
    FUNCTIONS,
    LETTERS,
    LOWERED,
    NOTHING,
    OPENING,
    OPERATIONS,
    RAISED,
    SPOKEN,
    SUMS,
    THIN,
    UPRIGHT,
    WIDE,
    WORDS,
)

TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|.)|\s+|.", re.S)
MADE = {"frac", "tfrac", "dfrac", "sqrt", "binom", "operatorname", "begin", "end", "underbrace", "not"}
KNOWN = (
    {*LETTERS, *OPERATIONS, *BEFORE, *SUMS, *FUNCTIONS, *OPENING, *CLOSING, *BARS, *ACCENTS, "\\"}
    | THIN
    | WIDE
    | NOTHING
    | UPRIGHT
    | WORDS
    | MADE
)
"""Commands that are understood."""


def readable(latex: str) -> str:
    r"""An equation as a line of plain text.

    Args:
        latex: The LaTeX of a card. Of a command that is not understood its name is left.

    Example:
        >>> readable(r"f(x) = \frac{1}{1 + e^{-\lambda x}}")
        'f(x) = 1 / (1 + e^(−λ x))'
        >>> readable(r"y_o = \sum_i W_{oi} x_i + b_o")
        'yₒ = Σᵢ Wₒᵢ xᵢ + bₒ'
    """
    text = _Reader(TOKEN.findall(latex.strip())).row().text()
    return unicodedata.normalize("NFC", re.sub(r"(∂\S+) / (?=∂)", r"\1/", text))


def unknown_commands(latex: str) -> list[str]:
    r"""The commands in an equation that :func:`readable` does not understand.

    Args:
        latex: The LaTeX of a card.

    Example:
        >>> unknown_commands(r"\frac{1}{2} \oiint x")
        ['oiint']
    """
    names = [sign[1:].rstrip("*") for sign in TOKEN.findall(latex) if sign.startswith("\\")]
    return [name for name in names if name not in KNOWN]


class _Reader:
    """Reads tokens one after the other."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place = tokens, 0

    def row(self, until: tuple[str, ...] = ()) -> Row:
        """Pieces up to one of the tokens ``until``, which is taken as well."""
        row = Row()
        while self.place < len(self.tokens):
            sign = self._take()
            if sign in until:
                break
            if sign in ("_", "^"):
                self._script(row, sign)
            elif sign == "'":
                _last(row).above += "′"
            else:
                row.extend(self._piece(sign))
        return row

    def _take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]

    def _next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def _argument(self) -> str:
        """What belongs to a command: a group in braces, or the next sign alone."""
        while self._next().isspace():
            self.place += 1
        if not self._next():
            return ""
        sign = self._take()
        return self.row(until=("}",)).text() if sign == "{" else Row(self._piece(sign)).text()

    def _raw(self) -> str:
        """The text of a group, as it stands."""
        start = self.place + 1
        self._argument()
        return "".join(self.tokens[start : self.place - 1])

    def _piece(self, sign: str) -> list[Piece]:
        if sign.isspace():
            return [Piece(" ", "thin")]
        if sign == "{":
            return [Piece(self.row(until=("}",)).text(), "group")]
        if sign.startswith("\\"):
            return self._command(sign[1:].rstrip("*"))
        if sign in "+-=<>*":
            return [Piece({"-": "−", "*": "∗"}.get(sign, sign), "operation")]
        kinds = {"(": "opening", "[": "opening", ")": "closing", "]": "closing", "|": "bar", "/": "slash"}
        if sign in ",;:":
            return [Piece(sign, "comma")]
        if sign in "~&":
            return [Piece(" ", "thin")]
        return [Piece(sign, kinds.get(sign, "atom"))]

    def _command(self, name: str) -> list[Piece]:
        for kind, signs in SIGNS:
            if name in signs:
                return [Piece(signs[name], kind)]
        if name in FUNCTIONS:
            return [Piece(name, "function")]
        if name in THIN or name in WIDE or name == "\\":
            return [Piece(" ", "thin" if name in THIN else "wide")]
        if name in UPRIGHT:
            return [Piece(self._argument(), "atom")]
        if name in NOTHING:
            if self._next() == ".":  # \left. is a bracket that is not there
                self.place += 1
            return []
        if name in WORDS:
            return [Piece(" ".join(self._raw().split()), "words")]
        if name in ACCENTS:
            return [Piece(_accented(name, self._argument()), "atom")]
        if name in MADE:
            return self._made(name)
        return [Piece(name, "atom")]

    def _made(self, name: str) -> list[Piece]:
        """What is put together out of arguments."""
        if name in ("frac", "tfrac", "dfrac"):
            return [fraction(self._argument(), self._argument())]
        if name == "sqrt":
            return [self._root()]
        if name == "binom":
            return [Piece(f"C({self._argument()}, {self._argument()})", "atom")]
        if name == "operatorname":
            return [Piece(self._argument(), "function")]
        if name == "begin":
            return self._environment(self._raw())
        if name == "not":
            return [Piece(unicodedata.normalize("NFC", self._argument() + "\u0338"), "operation")]
        return [Piece(self._argument(), "group")]  # underbrace

    def _root(self) -> Piece:
        degree = ""
        if self._next() == "[":
            self.place += 1
            degree = _raised(self.row(until=("]",)).text()).lstrip("^")
        under = self._argument()
        return Piece(f"{degree}√{under}" if plain(under) else f"{degree}√({under})", "atom")

    def _environment(self, name: str) -> list[Piece]:
        """Cases in a row; the rows of a matrix, or the lines of an aligned equation, one after the other."""
        start = self.place
        while self._next() and self._next() != r"\end":
            self.place += 1
        lines = _split(self.tokens[start : self.place], r"\\")
        self.place += 1
        self._raw()
        cells = [[_Reader(cell).row().text().strip() for cell in _split(line, "&")] for line in lines]
        cells = [[cell for cell in line if cell] for line in cells]
        if name.startswith("cases"):
            words = [
                (" " if line[1][0].isalpha() and " " in line[1] and line[1].split()[0] in CASES else " for ")
                .join(line)
                .rstrip(",")
                if len(line) > 1
                else "".join(line)
                for line in cells
            ]
            return [Piece(";  ".join(word.replace(", for", " for") for word in words), "group")]
        if "matrix" in name or name == "array":
            return [Piece("[" + "; ".join(", ".join(line) for line in cells) + "]", "group")]
        return [Piece(";  ".join(" ".join(line) for line in cells), "group")]

    def _script(self, row: Row, sign: str) -> None:
        """An index or an exponent, written to the piece before it."""
        piece = _last(row)
        if piece.kind == "group" and not plain(piece.text):
            piece.text = f"({piece.text})"
        script = self._argument()
        if piece.kind == "sum" and sign == "^":
            lower = piece.text.removesuffix("]")
            piece.text = f"{lower}{'' if lower != piece.text else '['} … {script}]"
        elif sign == "_":
            piece.text += _lowered(script, piece.kind)
        else:
            piece.above += _raised(script)


SIGNS = (
    ("atom", LETTERS),
    ("operation", OPERATIONS),
    ("before", BEFORE),
    ("sum", SUMS),
    ("opening", OPENING),
    ("closing", CLOSING),
    ("bar", BARS),
)
"""Commands that stand for one sign, by what kind of piece it is."""
CASES = {"if", "for", "when", "where", "otherwise", "else", "in", "beyond"}


def _split(tokens: list[str], at: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for sign in tokens:
        if sign == at:
            parts.append([])
        else:
            parts[-1].append(sign)
    return [part for part in parts if "".join(part).strip()]


def _last(row: Row) -> Piece:
    """The piece that an index belongs to."""
    for piece in reversed(row):
        if piece.kind not in ("thin", "wide"):
            return piece
    row.append(Piece("", "atom"))
    return row[-1]


def _accented(name: str, inner: str) -> str:
    if len(unicodedata.normalize("NFC", inner)) == 1:
        return inner + ACCENTS[name]
    if inner[:1].isalpha() and not any(sign == " " or _is_letter(sign) for sign in inner[1:]):
        return inner[0] + ACCENTS[name] + inner[1:]  # a letter with an index: the mark is the letter's
    return f"{SPOKEN[name]}({inner})"


def _lowered(script: str, kind: str = "atom") -> str:
    """An index: lowered, after a low line, or in square brackets."""
    if script and all(sign in LOWERED for sign in script) and len(script) <= 3:
        return "".join(LOWERED[sign] for sign in script)
    short = len(script) == 1 or (len(script) <= 4 and kind == "atom")
    if short and all(_is_letter(sign) or sign.isdecimal() for sign in script):
        return f"_{script}"
    return f"[{script}]"


def _is_letter(sign: str) -> bool:
    """Whether a sign is a letter at full height."""
    return unicodedata.category(sign) in ("Lu", "Ll")


def _raised(script: str) -> str:
    """An exponent: raised, or after a hat."""
    if script and all(sign in RAISED for sign in script):
        return "".join(RAISED[sign] for sign in script)
    return f"^{script}" if plain(script) else f"^({script})"

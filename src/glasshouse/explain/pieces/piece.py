"""A piece: one computation on given numbers, worked out number by number, with a drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import Any

import torch

from glasshouse.core.errors import UsageError
from glasshouse.core.expression import Expression, Number, shown
from glasshouse.core.files import write_atomic
from glasshouse.explain.arithmetic import json_number, machine_form

Place = tuple[int, ...]
WIDTH = 80
"""Letters in a line of the terminal's text."""
MANY = 32
"""Of a part with more numbers only the largest ones are worked out in the text; any can be asked for."""
KEPT = 4
"""How many those are."""


@dataclass(frozen=True)
class Line:
    """One number, worked out.

    Args:
        name: What it is, with its place: ``"y[0,1]"``.
        expression: Its arithmetic, whose value is the number.
        part: The heading under which it stands: ``"Forward"``, ``"Gradient by x"``, ``"Step 3"``.
    """

    name: str
    expression: Expression
    part: str

    def to_dict(self) -> dict[str, Any]:
        """Plain types; the arithmetic in machine form."""
        named = [{"name": each.name, **machine_form(each.inner)} for each in self.expression.steps()]
        return {
            "name": self.name,
            "part": self.part,
            "symbols": self.expression.symbols(),
            "numbers": self.expression.text(),
            "value": json_number(self.expression.value),
            "steps": named,
            "arithmetic": machine_form(self.expression),
        }


@dataclass(frozen=True)
class Piece:
    """A computation, worked out.

    Args:
        title: What is computed.
        formula: Its equation, in LaTeX.
        given: What it is computed from: tensors, or words.
        results: What comes out, by name; the first is the main one.
        worked: Makes the lines of the worked solution.
        draw: Makes the drawing as SVG.
        arithmetic: The arithmetic of any number of a result or a gradient, by name and place; ``None`` where
            the lines are all there is.
        notes: What the reader must know besides.
    """

    title: str
    formula: str
    given: Mapping[str, torch.Tensor | str]
    results: Mapping[str, torch.Tensor]
    worked: Callable[[], Sequence[Line]]
    draw: Callable[[], str]
    arithmetic: Callable[[str, Place], Expression] | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def lines(self) -> Sequence[Line]:
        """The worked solution, line by line."""
        return self.worked()

    def equations(self) -> Iterator[tuple[str, str, Expression]]:
        """Part, name and arithmetic of every line after its steps; a step that several lines share, once.

        An element of a tensor, such as a gate that the way back needs again, is told once in all parts.
        """
        told: set[tuple[str, str, str, str]] = set()
        for line in self.lines:
            for name, expression in ((each.name, each.inner) for each in line.expression.steps()):
                key = _key(line.part, name, expression)
                if key not in told:
                    told.add(key)
                    yield line.part, name, expression
            told.add(_key(line.part, line.name, line.expression))
            yield line.part, line.name, line.expression

    @property
    def result(self) -> torch.Tensor:
        """The main result."""
        return next(iter(self.results.values()))

    def at(self, *index: int, of: str = "") -> Expression:
        """The arithmetic of one number.

        Args:
            index: Its place.
            of: Of which result or gradient; the main result if left out.

        Raises:
            UsageError: There is no such result or place.
        """
        name = of or next(iter(self.results))
        if name not in self.results:
            raise UsageError(
                f"of = {name!r}", expected="one of " + ", ".join(self.results), fix="ask for one of them"
            )
        shape = tuple(self.results[name].shape)
        inside = len(index) == len(shape) and all(0 <= i < n for i, n in zip(index, shape, strict=True))
        if not inside or self.arithmetic is None:
            raise UsageError(
                f"{name} at {index}",
                expected=f"a place of shape {shape}" if self.arithmetic else "a line of the worked solution",
                fix="count from 0 along each axis" if self.arithmetic else "look through .lines",
            )
        return self.arithmetic(name, tuple(index))

    def drawing(self) -> str:
        """The drawing, as an ``<svg>`` that follows the reader's light or dark."""
        return self.draw()

    def to_text(self) -> str:
        """The worked solution for a terminal of 80 letters."""
        return "\n".join(self._text())

    def to_dict(self) -> dict[str, Any]:
        """Everything in plain types."""
        return {
            "title": self.title,
            "formula": self.formula,
            "given": {name: _plain(each) for name, each in self.given.items()},
            "results": {name: _plain(each) for name, each in self.results.items()},
            "lines": [line.to_dict() for line in self.lines],
            "notes": list(self.notes),
        }

    def to_latex(self) -> str:
        """The worked solution as aligned equations."""
        rows = []
        for _, name, expression in self.equations():
            value = shown(expression.value).replace("−", "-")
            sides = list(dict.fromkeys([expression.latex(), value]))
            rows.append(rf"{latex_name(name)} &= {' = '.join(sides)} \\")
        body = "\n".join(rows)
        return f"\\begin{{align*}}\n{self.formula} & \\\\\n{body}\n\\end{{align*}}\n"

    def to_html(self, path: str | Path) -> Path:
        """Write one page that needs no network.

        Args:
            path: Where.
        """
        from glasshouse.explain.pieces.page import page_of  # it shows pieces, and is only needed here

        target = Path(path)
        write_atomic(target, page_of(self))
        return target

    def _repr_html_(self) -> str:
        from glasshouse.explain.pieces.page import body_of

        return body_of(self)

    def __str__(self) -> str:
        return self.to_text()

    def _text(self) -> Iterator[str]:
        yield self.title
        for note in self.notes:
            yield from wrap(note, WIDTH, initial_indent="  ", subsequent_indent="    ")
        yield ""
        yield "Given"
        for name, value in self.given.items():
            yield from matrix(name, value)
        heading = ""
        for part, name, expression in self.equations():
            if part != heading:
                heading = part
                yield ""
                yield part
            yield from equation(name, expression)
        yield ""
        yield "Result"
        for name, value in self.results.items():
            yield from matrix(name, value)


def equation(name: str, expression: Expression) -> Iterator[str]:
    """An equation in letters, in numbers and its value: on one line, or below each other where it is long.

    Args:
        name: The left side.
        expression: The right side.

    Example:
        >>> from glasshouse.core.expression import Number
        >>> list(equation("z", Number(2.0, "w") * Number(3.0, "x")))
        ['  z = w·x = 2·3 = 6']
    """
    sides = list(dict.fromkeys([expression.symbols(8), expression.text(8), shown(expression.value)]))
    whole = f"  {name} = " + " = ".join(sides)
    if len(whole) <= WIDTH:
        yield whole
        return
    start = " " * (len(name) + 2)
    for place, side in enumerate(sides):
        lead = f"  {name} = " if place == 0 else f"{start} = "
        yield from wrap(lead + side, WIDTH, subsequent_indent=start + "     ", break_long_words=False)


def latex_name(name: str) -> str:
    r"""The left side of an equation, in LaTeX.

    Args:
        name: As it stands in the text, with its place.

    Example:
        >>> print(latex_name("c_next[0]"))
        \mathrm{c\_next}_{0}
    """
    base, _, place = name.partition("[")
    index = tuple(int(each) for each in place.rstrip("]").split(",") if each)
    return Number(0.0, base, index).latex()


def matrix(name: str, value: torch.Tensor | str) -> Iterator[str]:
    """A tensor, row by row, its numbers aligned; a long one as a summary.

    Args:
        name: What it is called.
        value: A tensor, or words.

    Example:
        >>> for row in matrix("W", torch.tensor([[1.0, -0.5], [10.0, 2.0]])):
        ...     print(row)
          W =  1  −0.5
              10     2
    """
    if isinstance(value, str):
        yield f"  {name} = {value}"
        return
    rows = value.reshape(-1, value.shape[-1]) if value.dim() else value.reshape(1, 1)
    if rows.numel() > 256 or (value.dim() > 1 and rows.shape[-1] > 8):
        ends = f"{shown(float(value.min()))} to {shown(float(value.max()))}"
        yield f"  {name}: {value.numel()} numbers from {ends}"
        return
    cells = [[shown(number, 5) for number in row] for row in rows.tolist()]
    if value.dim() <= 1:  # a list goes on in the next line
        many = max(1, min(6, (WIDTH - len(name) - 5) // (max(map(len, cells[0])) + 2)))
        cells = [cells[0][start : start + many] for start in range(0, len(cells[0]), many)]
    widths = [max(len(row[column]) for row in cells if column < len(row)) for column in range(len(cells[0]))]
    for place, row in enumerate(cells):
        lead = f"  {name} = " if place == 0 else " " * (len(name) + 5)
        yield lead + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=False))


def _key(part: str, name: str, expression: Expression) -> tuple[str, str, str, str]:
    # A name without a place means another number in every part: the velocity at every step.
    return "" if "[" in name else part, name, expression.symbols(), expression.text()


def _plain(value: torch.Tensor | str) -> Any:
    return value if isinstance(value, str) else value.tolist()

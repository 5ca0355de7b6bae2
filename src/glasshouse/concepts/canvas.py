"""Lines in a terminal: braille dots, eight to a letter, with axes and numbers around them."""

from __future__ import annotations

import math
from itertools import pairwise

from rich.cells import cell_len
from rich.text import Text

from glasshouse.concepts.curves import Curve, Line

STYLES = ("cyan", "yellow", "magenta")
"""Colours of the lines, for terminals that have them; broken lines tell them apart in any case."""
DASHES = (1, 0), (5, 5), (1, 3)
"""Dots drawn and left out: solid, broken, dotted."""
AXIS = "dim"
BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a braille letter, by row and column."""
BLOCKS = " ▁▂▃▄▅▆▇█"


def draw(curve: Curve, width: int = 72, height: int = 12) -> Text:
    """Draw a curve in letters.

    Args:
        curve: What to draw.
        width: Of everything together, in letters, at least 30.
        height: Of the inside, in lines, at least 4.

    Returns:
        Lines of text that make sense without their colours.
    """
    return _Canvas(curve, width, height).text()


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``.

    Args:
        low: Lower end.
        high: Upper end, above ``low``.
        most: Of them, about.

    Example:
        >>> ticks(-0.28, 3.93)
        [0.0, 1.0, 2.0, 3.0]
    """
    rough = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) + 0.0 for place in range(first, last + 1)]


def label(value: float) -> str:
    """A number beside an axis.

    Example:
        >>> label(-0.5), label(20.0)
        ('−0.5', '20')
    """
    return f"{value:.4g}".replace("-", "−")


class _Canvas:
    """A field of letters, each of two by four dots."""

    def __init__(self, curve: Curve, width: int, height: int) -> None:
        self.curve = curve
        finite = [value for line in curve.lines for value in line.y if math.isfinite(value)]
        places = [place for line in curve.lines for place in line.x]
        low, high = min(finite), max(finite)
        if curve.zero:
            low = min(low, 0.0)
        if high == low:
            low, high = low - 1.0, high + 1.0
        room = 0 if curve.filled else 0.04 * (high - low)
        self.bottom, self.top = low if curve.zero and low == 0 else low - room, high + room
        self.left, self.right = min(places), max(places)
        self.up = ticks(self.bottom, self.top, 4)
        self.gutter = max(cell_len(label(tick)) for tick in self.up) + 1
        names = max(cell_len(line.name) for line in curve.lines)
        self.columns = max(10, width - self.gutter - 1 - (names + 1 if names else 0))
        self.rows = height
        self.dots = [[0] * self.columns for _ in range(height)]
        self.owner = [[-1] * self.columns for _ in range(height)]

    def text(self) -> Text:
        """Everything, line by line."""
        if self.curve.filled:
            cells = self._bars()
        else:
            for number in reversed(range(len(self.curve.lines))):  # the concept itself comes out on top
                self._line(number)
            cells = [[chr(0x2800 + bits) if bits else " " for bits in row] for row in self.dots]
        numbers = {self._row(tick): label(tick) for tick in self.up}
        ends = self._ends()
        zero = self._row(0.0) if self.bottom < 0 < self.top else -1
        result = Text(f"{self.curve.up}\n", style=AXIS)
        for row in range(self.rows):
            mark = numbers.get(row, "")
            line = Text(" " * (self.gutter - 1 - cell_len(mark)) + mark + " " + ("┤" if mark else "│"), AXIS)
            for column, cell in enumerate(cells[row]):
                if (
                    row == zero
                    and column % 2
                    and not "".join(cells[row][max(0, column - 3) : column + 4]).strip()
                ):
                    line.append("·", AXIS)
                else:
                    line.append(cell, STYLES[max(0, self.owner[row][column])] if cell != " " else "")
            if row in ends:
                line.append(f" {self.curve.lines[ends[row]].name}", STYLES[ends[row]])
            line.rstrip()
            result.append_text(line).append("\n")
        return result.append_text(self._across())

    def _row(self, value: float) -> int:
        """The line of letters at a height."""
        return min(self.rows - 1, self._dot_row(value) // 4)

    def _dot_row(self, value: float) -> int:
        share = (self.top - value) / (self.top - self.bottom)
        return min(4 * self.rows - 1, max(0, round(share * (4 * self.rows - 1))))

    def _dot_column(self, place: float) -> int:
        return round((place - self.left) / (self.right - self.left) * (2 * self.columns - 1))

    def _line(self, number: int) -> None:
        """Straight dots between neighbouring points, with gaps as its pattern has them."""
        line = self.curve.lines[number]
        drawn, left_out = DASHES[number]
        along = 0
        points = [
            (self._dot_column(x), self._dot_row(y)) if math.isfinite(y) else None
            for x, y in zip(line.x, line.y, strict=True)
        ]
        last: tuple[int, int] | None = None
        for here, there in pairwise(points):
            if here is None or there is None:
                continue
            steps = max(abs(there[0] - here[0]), abs(there[1] - here[1]), 1)
            for step in range(steps + 1):
                dot = (
                    round(here[0] + (there[0] - here[0]) * step / steps),
                    round(here[1] + (there[1] - here[1]) * step / steps),
                )
                if dot != last:
                    last, along = dot, along + 1
                    if along % (drawn + left_out) < drawn:
                        self._set(dot[0], dot[1], number)

    def _set(self, column: int, row: int, number: int) -> None:
        self.dots[row // 4][column // 2] |= BITS[row % 4][column % 2]
        self.owner[row // 4][column // 2] = number

    def _bars(self) -> list[list[str]]:
        """The area below the line in eighths of a letter."""
        line = self.curve.lines[0]
        heights = [
            _height(line, self.left + (self.right - self.left) * (column + 0.5) / self.columns)
            for column in range(self.columns)
        ]
        eighths = [round(8 * self.rows * (y - self.bottom) / (self.top - self.bottom)) for y in heights]
        return [
            [BLOCKS[min(8, max(0, eighth - 8 * (self.rows - 1 - row)))] for eighth in eighths]
            for row in range(self.rows)
        ]

    def _ends(self) -> dict[int, int]:
        """The line of letters on which each name stands: at the line's end, moved where one is taken."""
        taken: dict[int, int] = {}
        ends = []
        for number, line in enumerate(self.curve.lines):
            last = next(y for y in reversed(line.y) if math.isfinite(y))
            ends.append((self._dot_row(last), number))
        for dot_row, number in sorted(ends):
            row = min(self.rows - 1, dot_row // 4)
            while row in taken and row + 1 < self.rows:
                row += 1
            while row in taken:
                row -= 1
            if self.curve.lines[number].name:
                taken[row] = number
        return taken

    def _across(self) -> Text:
        """The lower axis with its numbers and its name."""
        axis, numbers = ["─"] * self.columns, [" "] * self.columns
        free = 0
        for tick in ticks(self.left, self.right, max(4, self.columns // 14)):
            column = min(self.columns - 1, self._dot_column(tick) // 2)
            word = label(tick)
            start = max(0, column - (len(word) - 1 if word[0] != "−" else len(word)) // 2)
            start = min(start, self.columns - len(word))
            if start < free:
                continue
            axis[column] = "┴"
            numbers[start : start + len(word)] = word
            free = start + len(word) + 1
        indent = " " * self.gutter
        below = "".join(numbers).rstrip()
        name = self.curve.across
        lines = f"{indent}└{''.join(axis)}\n{indent} {below}\n"
        return Text(f"{lines}{indent} {name:>{self.columns}}", style=AXIS)


def _height(line: Line, place: float) -> float:
    """The height of a line of bars at a place."""
    return next(
        (y for (x, y), (after, _) in pairwise(zip(line.x, line.y, strict=True)) if x <= place < after), 0.0
    )

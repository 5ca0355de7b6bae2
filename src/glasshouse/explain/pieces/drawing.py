"""Drawings of pieces: a few shapes of SVG in the colours of the page, readable in light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import isnan

import torch

from glasshouse.core.expression import shown

COLOURS = {
    "ink": "#17211f", "muted": "#56655f", "rule": "#c9d4d0", "accent": "#0b6e63", "second": "#b4540a",
    "third": "#5c549e", "soft": "#d7e9e4",
}  # fmt: skip
"""Names of the page's colours, and what they are where no page sets them."""
DARK = {
    "ink": "#e6edeb", "muted": "#9caeaa", "rule": "#2a3634", "accent": "#4cc3b0", "second": "#f0a35e",
    "third": "#9e94e8", "soft": "#1d3a35",
}  # fmt: skip
"""The same for a reader who prefers dark."""
FONT = "Segoe UI, Roboto, Noto Sans, Liberation Sans, Arial, sans-serif"
CELL = 44


def _variables(colours: dict[str, str]) -> str:
    return ".glasshouse-piece{" + "".join(f"--{name}:{each};" for name, each in colours.items()) + "}"


# In the drawing itself, so that one saved as a file of its own is readable in the dark too.
STYLE = _variables(COLOURS) + "@media (prefers-color-scheme:dark){" + _variables(DARK) + "}"


def colour(name: str) -> str:
    """A colour of the page by name."""
    return f"var(--{name}, {COLOURS[name]})"


def svg(width: float, height: float, shapes: Iterable[str], title: str) -> str:
    """A drawing.

    Args:
        width: In pixels.
        height: In pixels.
        shapes: What is on it.
        title: What it shows, for people who do not see it.

    Example:
        >>> svg(10, 10, [], "Nothing")[:38]
        '<svg xmlns="http://www.w3.org/2000/svg'
    """
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" font-family="{FONT}" font-size="13" class="glasshouse-piece">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>" + "".join(shapes) + "</svg>"
    )


def text(x: float, y: float, words: str, ink: str = "ink", anchor: str = "middle", size: int = 13) -> str:
    """Words, centred on their line."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" dominant-baseline="central" '
        f'font-size="{size}" fill="{colour(ink)}">{escape(words)}</text>'
    )


def rectangle(
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str = "none",
    stroke: str = "rule",
    thick: float = 1.0,
) -> str:
    """A box with slightly round corners."""
    inside = fill if fill in ("none",) else colour(fill)
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" fill="{inside}" '
        f'stroke="{colour(stroke)}" stroke-width="{thick}"/>'
    )


def line(
    points: Sequence[tuple[float, float]], ink: str = "accent", thick: float = 2.0, dashed: bool = False
) -> str:
    """A way through points."""
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{way}" fill="none" stroke="{colour(ink)}" stroke-width="{thick}"{dash}/>'


def dot(x: float, y: float, radius: float = 4.0, ink: str = "accent", hollow: bool = False) -> str:
    """A point."""
    fill = "none" if hollow else colour(ink)
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius}"'
    return f'<circle {place} fill="{fill}" stroke="{colour(ink)}" stroke-width="1.6"/>'


def table(
    x: float,
    y: float,
    values: torch.Tensor,
    name: str,
    marked: Iterable[tuple[int, int]] = (),
    heat: bool = False,
) -> list[str]:
    """A matrix as cells with its numbers.

    Args:
        x: Left edge.
        y: Upper edge of the cells; the name stands above.
        values: Two axes; a place that holds no number is not-a-number.
        name: What it is.
        marked: Cells that are filled.
        heat: Whether cells are filled by the size of their number.
    """
    chosen = set(marked)
    rows, columns = values.shape
    largest = float(values.abs().max()) or 1.0
    shapes = [text(x + columns * CELL / 2, y - 14, name, "muted")]
    for row in range(rows):
        for column in range(columns):
            left, top = x + column * CELL, y + row * CELL
            shapes.append(rectangle(left, top, CELL, CELL, "soft" if (row, column) in chosen else "none"))
            number = float(values[row, column])
            if heat and number:
                share = abs(number) / largest
                fill = colour("accent" if number > 0 else "second")
                shapes.append(
                    f'<rect x="{left + 1:.1f}" y="{top + 1:.1f}" width="{CELL - 2}" height="{CELL - 2}" '
                    f'rx="2" fill="{fill}" opacity="{0.08 + 0.42 * share:.2f}"/>'
                )
            if not isnan(number):
                shapes.append(text(left + CELL / 2, top + CELL / 2, shown(number, 3), size=12))
    return shapes


def walk(
    windows: tuple[float, float],
    answers: tuple[float, float],
    span: tuple[int, int],
    stride: int,
    counts: Sequence[int],
) -> list[str]:
    """A window on its way: where it stands first, next and last, and in the same ink the number it gives.

    Args:
        windows: Left and upper edge of the table on which it walks.
        answers: Left and upper edge of the table of what it gives.
        span: Rows and columns of the window, gaps of a dilation included.
        stride: Its step, in cells.
        counts: Rows and columns of what it gives.
    """
    rows, columns = counts
    # Next is to the right, or below where there is one column only.
    following = (0, 1) if columns > 1 else (min(1, rows - 1), 0)
    stops = dict.fromkeys([(0, 0), following, (rows - 1, columns - 1)])
    shapes = []
    for (row, column), (ink, inset, dash) in zip(stops, STANDS, strict=False):
        for (left, top), step, (high, wide) in ((windows, stride, span), (answers, 1, (1, 1))):
            x, y = left + column * step * CELL + inset, top + row * step * CELL + inset
            shapes.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide * CELL - 2 * inset:.1f}" '
                f'height="{high * CELL - 2 * inset:.1f}" rx="3" fill="none" stroke="{colour(ink)}" '
                f'stroke-width="2"{dash}/>'
            )
    return shapes


STANDS = (
    ("accent", 1.0, ""),
    ("second", 4.0, ' stroke-dasharray="6 4"'),
    ("third", 7.0, ' stroke-dasharray="2 3"'),
)
"""Ink, room to the cell's edge, so that frames on each other stay visible, and dashes of each stand."""


def bars(x: float, y: float, named: dict[str, torch.Tensor], width: float = 300.0) -> tuple[list[str], float]:
    """Numbers as bars from a middle line, in groups; returns the shapes and where they end below."""
    largest = max((float(each.abs().max()) for each in named.values() if each.numel()), default=1.0) or 1.0
    shapes: list[str] = []
    middle, half = x + 96 + width / 2, width / 2
    top = y
    for name, tensor in named.items():
        numbers = tensor.flatten().tolist()
        for place, number in enumerate(numbers):
            label = name if len(numbers) == 1 else f"{name}[{place}]"
            length = half * abs(number) / largest
            left = middle if number >= 0 else middle - length
            shapes.append(text(x + 86, top + 9, label, "muted", "end"))
            ink = "accent" if number >= 0 else "second"
            shapes.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(length, 0.5):.1f}" height="18" rx="3" '
                f'fill="{colour(ink)}" opacity="0.75"/>'
            )
            shapes.append(text(middle + half + 12, top + 9, shown(number, 4), anchor="start"))
            top += 24
        top += 8
    shapes.append(line([(middle, y - 4), (middle, top - 8)], "rule", 1.0))
    return shapes, top


def apart(heights: Sequence[float], least: float = 14.0) -> list[float]:
    """Heights of labels, moved down as far as they must so that none stands on another.

    Args:
        heights: Where they would stand.
        least: Least distance of two.

    Example:
        >>> apart([20.0, 10.0, 12.0])
        [38.0, 10.0, 24.0]
    """
    moved = [0.0] * len(heights)
    free = float("-inf")
    for place in sorted(range(len(heights)), key=heights.__getitem__):
        moved[place] = max(heights[place], free)
        free = moved[place] + least
    return moved


class Axes:
    """A plane with two scales, on which points and lines are drawn.

    Args:
        x: Least and greatest number to the right.
        y: Least and greatest number upwards.
        width: In pixels.
        height: In pixels.
        room: Share of the scale to the right that is left free at both ends.
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        width: float = 460.0,
        height: float = 300.0,
        room: float = 0.08,
    ) -> None:
        self.x, self.y = _spread(x, room), _spread(y)
        self.width, self.height, self.left, self.top = width, height, 52.0, 16.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the plane lies on the drawing."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def frame(self, right: str, up: str) -> list[str]:
        """The frame with the ends of its scales and what they count."""
        bottom = self.top + self.height
        shapes = [rectangle(self.left, self.top, self.width, self.height)]
        for number, anchor in ((self.x[0], "start"), (self.x[1], "end")):
            shapes.append(text(self.at(number, 0)[0], bottom + 14, shown(number, 3), "muted", anchor, 12))
        shapes.append(text(self.left + self.width / 2, bottom + 14, right, "muted", size=12))
        for number, shift in ((self.y[0], -6.0), (self.y[1], 6.0)):
            shapes.append(
                text(self.left - 6, self.at(0, number)[1] + shift, shown(number, 3), "muted", "end", 12)
            )
        shapes.append(text(self.left - 6, self.top + self.height / 2, up, "muted", "end", 12))
        return shapes

    @property
    def size(self) -> tuple[float, float]:
        """Of the whole drawing."""
        return self.left + self.width + 20, self.top + self.height + 32


def _spread(ends: tuple[float, float], share: float = 0.08) -> tuple[float, float]:
    low, high = min(ends), max(ends)
    room = share * (high - low) if high > low else 1.0
    return low - room, high + room

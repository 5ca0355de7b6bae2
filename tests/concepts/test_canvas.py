"""Lines of letters: where the dots are, and that they tell lines apart without colour."""

from __future__ import annotations

import math

import pytest
from rich.cells import cell_len

from glasshouse.concepts import everything
from glasshouse.concepts.canvas import draw, ticks
from glasshouse.concepts.curves import Curve, Line, curve_of
from glasshouse.concepts.shelves import full_name


def braille(text):
    return [letter for letter in text if 0x2800 < ord(letter) < 0x2900]


def test_a_straight_line_goes_from_corner_to_corner():
    line = Line("y", (0.0, 1.0), (0.0, 1.0))
    rows = draw(Curve((line,), "x", "y", "", zero=True), width=40, height=6).plain.splitlines()
    inside = [row.split("┤")[-1].split("│")[-1] for row in rows[1:7]]
    places = [row.index(braille(row)[0]) for row in inside]
    assert places == sorted(places, reverse=True)
    assert places[-1] == 0
    assert inside[0].endswith(" y")


def test_a_broken_line_has_gaps_and_a_solid_one_has_none():
    x = tuple(place / 100 for place in range(101))
    solid, broken = Line("a", x, (1.0,) * 101), Line("b", x, (0.0,) * 101)
    rows = draw(Curve((solid, broken), "x", "y", ""), width=60, height=6).plain.splitlines()
    first, second = (next(row for row in rows if row.rstrip().endswith(name)) for name in (" a", " b"))
    columns = len(first) - first.index("┤") - 3
    assert len(braille(first)) == columns
    assert 0.4 * columns < len(braille(second)) < 0.8 * columns


def test_an_interrupted_line_leaves_its_place_empty():
    line = Line("", (0.0, 1.0, 2.0, 3.0), (0.0, math.nan, math.nan, 0.0))
    assert not braille(draw(Curve((line,), "x", "y", "")).plain)


def test_bars_are_as_high_as_their_share():
    line = Line("", (0.0, 0.0, 1.0, 1.0, 2.0, 2.0), (0.0, 4.0, 4.0, 2.0, 2.0, 0.0))
    rows = draw(Curve((line,), "x", "y", "", filled=True, zero=True), width=40, height=8).plain.splitlines()
    inside = rows[1:9]
    assert sum("█" in row for row in inside) == 8
    assert [row.count("█") for row in inside[:4]] == [inside[0].count("█")] * 4
    assert inside[7].count("█") == pytest.approx(2 * inside[0].count("█"), abs=1)


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (-4, 4, [-4, -2, 0, 2, 4]), (-0.28, 3.93, [0, 1, 2, 3])],
)
def test_ticks_are_round_numbers_inside(low, high, wanted):
    assert ticks(low, high) == wanted


@pytest.mark.parametrize("concept", [each for each in everything() if curve_of(each)], ids=full_name)
@pytest.mark.parametrize("width", [40, 80, 100])
def test_every_picture_fits_names_its_lines_and_has_numbers(concept, width):
    curve = curve_of(concept)
    text = draw(curve, width).plain
    assert max(cell_len(row) for row in text.splitlines()) <= width
    for line in curve.lines:
        assert text.count(f" {line.name}") >= 1
    assert curve.across[-10:] in text
    assert text.count("┤") >= 2
    assert text.count("┴") >= 2

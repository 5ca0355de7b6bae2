"""Figures of concepts: the same points as in the terminal, in colours of the page or of their own."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree

import pytest

from glasshouse.concepts import Card, everything
from glasshouse.concepts.shelves import full_name
from glasshouse.plot import as_file, curves, to_svg

DRAWN = [card for card in map(Card, everything()) if card.curve]


@pytest.mark.parametrize("card", DRAWN, ids=lambda card: full_name(card.concept))
def test_the_figure_has_the_points_of_the_card(card):
    lines = [(line.name, line.x, line.y) for line in card.curve.lines]
    figure = curves(lines, card.curve.across, card.curve.up, card.curve.filled, card.curve.zero)
    for drawn, (_, x, y) in zip(figure.axes[0].lines, lines, strict=False):
        assert list(drawn.get_xdata()) == list(x)
        assert [value for value in drawn.get_ydata() if not math.isnan(value)] == [
            value for value in y if not math.isnan(value)
        ]


@pytest.mark.parametrize("card", DRAWN, ids=lambda card: full_name(card.concept))
def test_the_figure_is_an_element_that_the_page_colours(card):
    svg = card.svg()
    ElementTree.fromstring(svg)
    assert "var(--accent, #0b6e63)" in svg
    assert "nan" not in svg.lower().replace("finan", "")
    assert card.curve.about.split("½")[0] in svg
    if len(card.curve.lines) > 1:
        assert "stroke-dasharray" in svg  # told apart without colour
        assert "var(--second, #b4540a)" in svg


def test_a_file_of_its_own_has_size_paper_and_both_themes():
    svg = to_svg(curves([("f", [0, 1], [0, 1])], "x", "y"), "A line")
    text = as_file(svg)
    root = ElementTree.fromstring(text)
    assert (root.get("width"), root.get("height")) == ("720", "480")
    assert "--ink:#17211f" in text
    assert "--ink:#e6edeb" in text
    assert "font-family:system-ui" in text
    assert text.count("<svg") == 1
    assert text.index("</desc>") < text.index("<style>") < text.index("<rect")

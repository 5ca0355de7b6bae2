"""SVG that stands in a page: themed, named, light, and alone."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from glasshouse.plot.heat import Scale, draw_cells
from glasshouse.plot.style import ACCENT, COLOURS, panel
from glasshouse.plot.svg import to_svg


def line() -> Figure:
    figure, axes = panel()
    axes.plot([0, 1], [0, 1.23456], color=ACCENT)
    axes.text(0.5, 0.5, "0.123456 <b> & more")
    return figure


def test_it_is_well_formed_xml() -> None:
    tree = ElementTree.fromstring(to_svg(line(), "A <title> & more", "What is seen"))
    assert tree.tag == "svg"
    assert tree.find("title").text == "A <title> & more"  # type: ignore[union-attr]
    assert tree.find("desc").text == "What is seen"  # type: ignore[union-attr]


def test_colours_are_variables_with_the_colour_itself_to_fall_back_on() -> None:
    text = to_svg(line(), "line")
    assert f"var(--accent, {ACCENT})" in text
    left = re.sub(r"var\(--\w+, #[0-9a-f]{6}\)", "", text)
    assert not re.search(r"#[0-9a-f]{6}\b", left), "a colour that no page can change"


def test_the_page_gives_size_and_typeface() -> None:
    text = to_svg(line(), "line")
    head = text[: text.index(">")]
    assert 'viewBox="0 0 360 210"' in head
    assert "width=" not in head
    assert "font-family" not in text
    assert "<style" not in text


def test_words_are_left_as_they_are() -> None:
    assert "0.123456 &lt;b&gt; &amp; more" in to_svg(line(), "line")


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert "http" not in to_svg(line(), "line")


def test_identifiers_of_different_figures_differ_and_are_all_found() -> None:
    first, second = to_svg(line(), "first"), to_svg(line(), "second")
    identifiers = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (first, second)]
    assert not identifiers[0] & identifiers[1]
    for text, known in zip((first, second), identifiers, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", text)) <= known
        assert set(re.findall(r'href="#([^"]+)"', text)) <= known
        assert set(re.findall(r'aria-labelledby="([^"]+)"', text)[0].split()) <= known


def test_the_same_figure_gives_the_same_text() -> None:
    assert to_svg(line(), "line") == to_svg(line(), "line")


def test_heat_becomes_a_mask_over_the_page_colour() -> None:
    figure, axes = panel()
    draw_cells(axes, np.array([[1.0, -0.5], [np.nan, 0.2]]), Scale(-1, 1, signed=True), (0, 2, 2, 0))
    text = to_svg(figure, "heat")
    tree = ElementTree.fromstring(text)
    masks = tree.findall(".//mask")
    assert len(masks) == 2
    assert all(mask.find(".//image") is not None for mask in masks)
    fills = re.findall(r'<rect [^>]*style="fill: ([^"]+)"', text)
    assert sorted(fills) == sorted(
        f"var(--{name}, {c})" for c, name in COLOURS.items() if name in ("accent", "second")
    )


def test_marks_of_a_scatter_share_one_style() -> None:
    figure, axes = panel()
    axes.plot(np.arange(500), np.arange(500), "o", color=ACCENT)
    assert len(to_svg(figure, "scatter")) < 500 * 70


def test_importing_plot_does_not_bring_pyplot() -> None:
    code = "import sys, glasshouse.plot; print('matplotlib.pyplot' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_drawing_leaves_the_settings_of_matplotlib_alone() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    to_svg(line(), "line")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("title", ["", "ends with ]]>", "\u2028 line separator"])
def test_odd_titles_stay_well_formed(title: str) -> None:
    ElementTree.fromstring(to_svg(line(), title))

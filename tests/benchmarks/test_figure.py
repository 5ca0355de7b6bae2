"""The figure shows every case, in light and dark, and says the same in words."""

from __future__ import annotations

from xml.etree import ElementTree


def test_all_cases_and_trainers_stand_in_the_figure(tmp_path):
    from measuring.clock import Spread
    from measuring.figure import Bar, draw

    bars = [Bar("slower one", Spread(0.4, 0.5, 0.6), False), Bar("Glasshouse", Spread(9.0, 12.3, 13.0), True)]
    path = tmp_path / "_static" / "speed.svg"
    draw({"first case": bars, "second case": bars, "third case": bars[:1]}, path)
    text = path.read_text()
    ElementTree.fromstring(text)
    cases = ("first case", "second case", "third case")
    for words in (*cases, ">slower one<", ">Glasshouse<", ">12<", ">0.50<"):
        assert words in text
    assert "first case: slower one 0.50, Glasshouse 12.30." in text
    assert "prefers-color-scheme: dark" in text

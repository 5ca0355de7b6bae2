"""Pieces as they are shown: windows on their way, lines that move, gates told once, names in LaTeX."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import glasshouse as gh
from glasshouse.core.errors import ModelError, SettingError, UsageError
from glasshouse.explain.pieces.drawing import CELL

E = gh.explain
IMAGE = np.arange(30.0).reshape(5, 6)
GATE = [[0, 0], [0, 1], [1, 0], [1, 1]]
FRAME = re.compile(
    r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="3" fill="none" '
    r'stroke="var\(--(accent|second|third)'
)


def frames(drawing: str) -> dict[str, list[tuple[int, int, int, int]]]:
    """By ink: column, row, columns and rows of every frame, in cells of the first table."""
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    for x, y, wide, high, ink in FRAME.findall(drawing):
        cells = (math.floor((float(x) - 16) / CELL), math.floor((float(y) - 40) / CELL))
        size = (math.ceil(float(wide) / CELL), math.ceil(float(high) / CELL))
        found.setdefault(ink, []).append((*cells, *size))
    return found


@pytest.mark.parametrize(
    ("piece", "following", "last", "span"),
    [
        (lambda: E.convolution(IMAGE, np.ones((2, 2))), (1, 0), (4, 3), (2, 2)),
        (lambda: E.convolution(IMAGE, np.ones((2, 2)), stride=2, padding=1), (2, 0), (6, 4), (2, 2)),
        (lambda: E.convolution(IMAGE, np.ones((2, 2)), dilation=3), (1, 0), (2, 1), (4, 4)),
        (lambda: E.pooling(IMAGE, 2), (2, 0), (4, 2), (2, 2)),
        (lambda: E.pooling(IMAGE, 3, 2, padding=1), (2, 0), (4, 4), (3, 3)),
    ],
)
def test_the_window_is_drawn_where_it_stands_first_next_and_last(piece, following, last, span):
    drawn = frames(piece().drawing())
    assert drawn["accent"][0] == (0, 0, *span)
    assert drawn["second"][0] == (*following, *span)
    assert drawn["third"][0] == (*last, *span)
    assert all(len(each) == 2 for each in drawn.values())  # on the input, and on the number it gives


def test_a_window_with_one_stand_and_a_column_of_stands_are_drawn_once_each():
    assert set(frames(E.convolution([[1.0]], [[2.0]]).drawing())) == {"accent"}
    column = frames(E.convolution(np.ones((3, 2)), np.ones((2, 2))).drawing())
    assert column["second"][0][:2] == (0, 1)
    assert set(column) == {"accent", "second"}


def test_padding_is_drawn_without_numbers_where_it_takes_no_part():
    plain, padded = (E.pooling(IMAGE, 3, 2, padding=each).drawing() for each in (0, 1))
    assert ">nan<" not in padded
    assert padded.count("x with its padding") == 1
    cells = re.compile(rf'width="{CELL}\.0" height="{CELL}\.0"')
    # 7 by 8 places and 3 by 3 answers, 5 by 6 places and 2 by 2 answers.
    assert (len(cells.findall(padded)), len(cells.findall(plain))) == (7 * 8 + 9, 5 * 6 + 4)


def test_a_line_to_which_the_perceptron_comes_back_is_drawn_once_with_its_mistakes():
    drawing = E.perceptron(GATE, [0, 1, 1, 0]).drawing()
    assert ">4, 8</text>" in drawing
    assert drawing.count("<polyline") == 3
    assert "after which mistakes" in drawing


def test_a_gate_is_told_once_though_the_way_back_needs_it_in_every_line():
    text = E.lstm_step([1.0, -0.5], [0.1, 0.2], [0.3, -0.4], gradient=[1.0, 0.0]).to_text()
    for gate in ("i[0]", "f[1]", "g[0]", "o[1]", "dc_whole[0]", "dc[0]", "da_i[1]"):
        assert len(re.findall(rf"^  {re.escape(gate)} =", text, re.MULTILINE)) == 1, gate


def test_an_optimizers_velocity_is_told_at_every_step_though_its_numbers_are_the_same():
    text = E.updates(["momentum", "nesterov"], [1.0, 1.0], learning_rate=0.1).to_text()
    assert text.count("  v = 0.9·v + g = 0.9·0 + 1 = 1") == 2


def test_names_in_latex_have_their_places_as_indices():
    latex = E.lstm_step([1.0], [0.1], [0.3]).to_latex()
    assert r"\mathrm{c\_next}_{0} &=" in latex
    assert "c_next" not in latex
    zero = E.pooling([[1.0, 2.0]], 1, gradient=[[0.0, 0.0]]).to_latex()
    assert "= 0 = 0" not in zero


def test_numbers_of_any_size_fit_the_terminal():
    text = E.gradient_descent(10, 1, 1, 1.0, steps=120).to_text()
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda: E.convolution(np.ones((2, 2)) * 1j, [[1]]), UsageError, "image is complex"),
        (lambda: E.convolution([[]], [[1]]), UsageError, "image is empty"),
        (lambda: E.dropout([]), UsageError, "x is empty"),
        (lambda: E.neuron([], []), UsageError, "inputs is empty"),
        (lambda: E.neuron([1.0], [1.0], bias="b"), SettingError, "bias = 'b'"),
        (lambda: E.convolution(IMAGE, [[1]], bias=math.nan), SettingError, "bias = nan"),
        (lambda: E.padding(IMAGE, 5, "reflect"), ModelError, "at most 4 places on a side"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(wrong, error, said):
    with pytest.raises(error, match=said):
        wrong()

"""Pieces at their edges: sizes by hand, what is refused, slopes, shared steps, drawings in the dark."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import nn

import glasshouse as gh
from glasshouse.core.errors import GlasshouseError, SettingError, UsageError

E = gh.explain
IMAGE = [[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 0], [1, 0, 1, 1]]


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "padding", "out"),
    [(16, 3, 1, 2, 18), (8, 3, 1, 0, 6), (8, 3, 1, 1, 8), (5, 3, 1, 0, 3), (5, 3, 1, 1, 5), (5, 3, 2, 0, 2),
     (6, 3, 2, 1, 3)],
)  # fmt: skip
def test_a_convolution_has_the_size_worked_by_hand(side, kernel, stride, padding, out):
    piece = E.convolution(np.ones((side, side)), np.ones((kernel, kernel)), stride, padding)
    assert piece.result.shape == (out, out)
    assert piece.notes[0].endswith(f"= {out}")
    assert E.padding(np.ones((side, side)), padding, kernel=kernel).result.shape == (side + 2 * padding,) * 2


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("max", [[0.5, 1.6], [0.4, 1.7]]),
        ("average", [[0.15, 0.85], [0.275, 1.4]]),
        ("sum", [[0.6, 3.4], [1.1, 5.6]]),
        ("min", [[0.0, 0.4], [0.2, 1.1]]),
    ],
)
def test_pooling_of_decimals_is_the_example_by_hand(kind, expected):
    given = [[0.1, 0.0, 1.0, 0.4], [0.0, 0.5, 0.4, 1.6], [0.3, 0.2, 1.7, 1.1], [0.2, 0.4, 1.1, 1.7]]
    result = E.pooling(given, kind=kind).result
    assert torch.allclose(result, torch.tensor(expected, dtype=torch.float64), atol=1e-12)


def test_losses_and_the_factor_of_dropout_are_the_examples_by_hand():
    logits = np.log([0.7, 0.2, 0.1])
    assert float(E.softmax_cross_entropy(logits, 1).results["loss"]) == pytest.approx(1.6094379124341003)
    twice = E.softmax_cross_entropy([0.1, 0.1, 0.8], 2)  # shares taken for logits: softmax is applied again
    assert float(twice.results["loss"]) == pytest.approx(0.6897266409702165)
    kept = E.dropout([1.0] * 6, 1 / 3, mask=[1, 1, 0, 1, 0, 1])
    assert kept.result.tolist() == pytest.approx([1.5, 1.5, 0, 1.5, 0, 1.5])
    assert kept.notes[0].startswith("4 of 6 are kept")


@pytest.mark.parametrize("name", gh.optimizers.OPTIMIZERS)
def test_on_a_slope_every_optimizer_goes_the_way_of_the_one_that_trains(name):
    weight = nn.Parameter(torch.tensor([1.5], dtype=torch.float64))
    optimizer = gh.optimizers.OPTIMIZERS.build({"name": name, "learning_rate": 0.05}, [weight])
    way = [1.5]
    for _ in range(6):
        optimizer.zero_grad()
        ((weight - 0.25) ** 4).sum().backward()
        optimizer.step()
        way.append(float(weight.detach()))
    ours = E.updates(name, lambda w: 4 * (w - 0.25) ** 3, 1.5, steps=6, learning_rate=0.05)
    assert ours.result.tolist() == pytest.approx(way, rel=1e-7 if name == "nadam" else 1e-9)
    assert ours.given["g"] == "the slope of a loss at w"


def test_a_step_that_several_numbers_share_is_told_once():
    piece = E.batch_norm([1.0, 2.0, 3.0, 4.0], gradient=[1.0, 0.0, 0.0, 0.0])
    forward = [name for part, name, _ in piece.equations() if part == "Forward"]
    assert forward.count("mean[0]") == 1
    assert forward.count("variance[0]") == 1
    assert [name for name in forward if name.startswith("y")] == ["y[0,0]", "y[1,0]", "y[2,0]", "y[3,0]"]
    assert str(piece).split("Gradient")[0].count("mean[0] = ") == 1
    # Steps of the same name whose numbers differ all stay: every sample has three paths of its own.
    back = [(name, each.value) for part, name, each in piece.equations() if part == "Gradient by x"]
    for sample in range(4):
        total = next(value for name, value in back if name == f"dx[{sample},0]")
        paths = {step.name: step.value for step in piece.at(sample, 0, of="dx").steps()}
        assert {("direct", paths["direct"]), ("through_variance", paths["through_variance"])} <= set(back)
        assert total == pytest.approx(
            paths["direct"] + paths["through_mean"] + paths["through_variance"], abs=1e-12
        )


@pytest.mark.parametrize(
    "piece",
    [
        lambda: E.convolution(IMAGE, [[1, 0], [0, -1]]),
        lambda: E.attention(np.eye(2), np.eye(2), np.eye(2)),
        lambda: E.lstm_step([1.0], [0.0], [0.0]),
        lambda: E.perceptron([[0, 0], [1, 1]], [0, 1]),
        lambda: E.updates(["sgd", "adam"], [1.0, 2.0]),
    ],
)
def test_a_drawing_on_its_own_defines_every_colour_that_it_uses_for_light_and_dark(piece):
    light, dark = piece().drawing().split("@media (prefers-color-scheme:dark)")
    used = set(re.findall(r"var\(--(\w+)", dark))
    assert used
    for name in used:
        assert f"--{name}:#" in light
        assert f"--{name}:#" in dark.split("</style>")[0]


def test_a_perceptron_that_comes_back_to_its_beginning_says_so():
    # One point of both classes: it is moved there and back within every epoch.
    piece = E.perceptron([[1, 1], [1, 1]], [0, 1])
    assert piece.notes == ("never ends: after epoch 1 the weights are again those at the beginning",)


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda: E.convolution(IMAGE, [[1]], gradient=[[1]]), UsageError, r"gradient has the shape \(1, 1\)"),
        (lambda: E.pooling(IMAGE, gradient=[[1, 2]]), UsageError, r"expected: the shape \(2, 2\)"),
        (
            lambda: E.attention([[1.0]], [[1.0]], [[1.0]], gradient=[[1.0, 2.0]]),
            UsageError,
            r"gradient has the shape \(1, 2\)",
        ),
        (lambda: E.attention([[1.0]], [[1.0]], [[1.0]], [[1], [1, 0]]), UsageError, "mask = "),
        (lambda: E.softmax_cross_entropy([1.0], 0), UsageError, "1 logit\n.*two or more"),
        (lambda: E.dropout([1.0, 2.0], 0.5, mask=[1, 2]), UsageError, "0 or 1 for each number"),
        (lambda: E.gradient_descent([1.0], 2, 3), SettingError, "x = "),
        (lambda: E.perceptron([[0, 1]], [1], weights=[1.0]), UsageError, r"weights has the shape \(1,\)"),
        (lambda: E.updates("sgd", lambda w: w, steps=0), SettingError, "steps = 0"),
        (lambda: E.updates("sgd", lambda w: float("nan")), UsageError, "slope holds not-a-number"),
    ],
)
def test_edges_are_refused_with_what_would_fit(wrong, error, said):
    with pytest.raises(error, match=said) as caught:
        wrong()
    assert isinstance(caught.value, GlasshouseError)
    assert "fix: " in str(caught.value)


def test_softmax_and_its_loss_are_told_in_the_letters_of_what_is_given():
    piece = E.softmax_cross_entropy([2.0, 1.0, 0.1], 0)
    told = {(part, name): each.symbols() for part, name, each in piece.equations()}
    assert told["Shares", "p[1]"] == "e^(z[1]) / (e^(z[0]) + e^(z[1]) + e^(z[2]))"
    (again,) = {
        step.inner.symbols()
        for line in piece.lines
        for step in line.expression.steps()
        if step.name == "p[1]"
    }
    assert again == told["Shares", "p[1]"]
    assert told["Loss of the true class", "loss"] == "ln(e^(z[0]) + e^(z[1]) + e^(z[2])) − z[0]"

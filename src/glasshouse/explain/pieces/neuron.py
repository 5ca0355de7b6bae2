"""One neuron, worked out: weighted sum, activation, and with a gradient the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import number
from glasshouse.core.concept import Spec, read_spec
from glasshouse.core.expression import Number, shown
from glasshouse.explain.arithmetic import renamed
from glasshouse.explain.pieces.by_rule import read_rule
from glasshouse.explain.pieces.drawing import dot, line, svg, text
from glasshouse.explain.pieces.given import alike, numbers
from glasshouse.explain.pieces.piece import Line, Piece
from glasshouse.layers.linear import LinearRule

LETTERS = {"x": ("z", "z"), "dy": ("da", r"\partial a")}
"""What the activation's rule calls its input and the gradient of its output, and what they are here."""
ONE = {"x": 1, "dy": 1}


def neuron(
    inputs: Any, weights: Any, bias: float = 0.0, activation: Spec = "sigmoid", gradient: float = 1.0
) -> Piece:
    r"""The weighted sum of a neuron, what its activation makes of it, and the gradient of all that it learns.

    .. math:: z = \sum_i w_i x_i + b, \quad a = f(z)

    Args:
        inputs: One number for each input.
        weights: One weight for each input.
        bias: The bias.
        activation: Name of an elementwise activation, or a table with its settings.
        gradient: The gradient of a loss by what the neuron gives.

    Raises:
        UsageError: Inputs and weights are not as many.
        UnknownNameError: There is no such activation.

    Source:
        Rosenblatt 1958, The perceptron; Rumelhart, Hinton and Williams 1986.

    Example:
        >>> piece = neuron([0.8, 0.6, 0.4], [0.1, 0.3, -0.2], 0.35)
        >>> round(float(piece.results["z"]), 4), round(float(piece.results["a"]), 4)
        (0.53, 0.6295)
    """
    x = numbers("inputs", inputs, 1)
    number("bias", bias)
    number("gradient", gradient)
    w = alike("weights", numbers("weights", weights, 1), x.shape)
    rule = LinearRule()
    values = {"x": x[None], "weight": w[None], "bias": torch.tensor([float(bias)], dtype=torch.float64)}
    sums, kept = rule.forward(values)
    name, settings = read_spec(activation, "activation")
    concept = ACTIVATIONS.find(name)
    shape, parameters = read_rule(concept, **settings)
    z = sums["y"].reshape(1)
    answers, known = shape.forward({"x": z, **parameters})
    da = torch.tensor([float(gradient)], dtype=torch.float64)
    dz = shape.backward(known, {"y": da})["x"]
    back = rule.backward(kept, {"y": dz.reshape(1, 1)})

    def worked() -> Sequence[Line]:
        weighed = [
            Number(float(a), f"w{i + 1}") * Number(float(b), f"x{i + 1}")
            for i, (a, b) in enumerate(zip(w, x, strict=True))
        ]
        total = weighed[0]
        for each in weighed[1:]:
            total = total + each
        total = total + Number(float(bias), "b")
        lines = [
            Line("z", total, "Forward"),
            Line("a", renamed(shape.expand(known, "y", (0,)), LETTERS, ONE), "Forward"),
        ]
        slope = renamed(shape.expand_gradient(known, {"y": da}, "x", (0,)), LETTERS, ONE)
        lines.append(Line("dz", slope, "Backward"))
        delta = Number(float(dz), "dz")
        lines += [
            Line(f"dw{i + 1}", delta * Number(float(each), f"x{i + 1}"), "Backward")
            for i, each in enumerate(x)
        ]
        lines.append(Line("db", delta * 1.0, "Backward"))
        lines += [
            Line(f"dx{i + 1}", delta * Number(float(each), f"w{i + 1}"), "Backward")
            for i, each in enumerate(w)
        ]
        return lines

    def draw() -> str:
        middle = 24 + 30 * (len(x) - 1) / 2 + 10
        shapes = []
        for i, (entering, weight) in enumerate(zip(x.tolist(), w.tolist(), strict=True)):
            y = 34 + 30 * i
            shapes += [
                line([(110, y), (268, middle)], "rule", 1.2),
                dot(110, y),
                text(96, y, shown(entering, 4), anchor="end"),
            ]
            shapes.append(text(180, y + (middle - y) * 0.45 - 9, shown(weight, 4), "muted", size=12))
        shapes += [
            dot(300, middle, 32, "accent", hollow=True),
            text(300, middle - 8, f"z {shown(float(z), 4)}", size=12),
        ]
        shapes += [
            text(300, middle + 9, concept.name, "muted", size=11),
            line([(332, middle), (400, middle)]),
        ]
        shapes.append(text(408, middle, f"a = {shown(float(answers['y']), 5)}", anchor="start"))
        return svg(540, max(2 * middle, 34 + 30 * len(x)), shapes, "The neuron with its inputs and weights")

    return Piece(
        f"A neuron with {len(x)} inputs and {concept.name}",
        r"z = \sum_i w_i x_i + b,\; a = f(z)",
        {"x": x, "w": w, "b": shown(float(bias)), "da": shown(float(gradient))},
        {
            "a": answers["y"].reshape(()),
            "z": z.reshape(()),
            "dw": back["weight"].reshape(-1),
            "db": back["bias"].reshape(()),
            "dx": back["x"].reshape(-1),
        },
        worked,
        draw,
    )

"""Gradient descent of one weight on a parabola or on one sample, worked out."""

from __future__ import annotations

import torch

from glasshouse.core.checks import number, whole_number
from glasshouse.core.expression import Number
from glasshouse.explain.pieces.drawing import Axes, dot, line, svg
from glasshouse.explain.pieces.piece import Line, Piece


def gradient_descent(
    x: float, target: float, weight: float, learning_rate: float = 0.1, steps: int = 1
) -> Piece:
    r"""A model with one weight, ``w x``, fitted to one sample: loss, slope and weight at every step.

    .. math:: L = \tfrac12 (w x - t)^2, \quad \frac{dL}{dw} = (w x - t)\, x, \quad
        w \leftarrow w - \eta \frac{dL}{dw}

    Args:
        x: The input.
        target: What ``w x`` should be.
        weight: Where the weight begins.
        learning_rate: Step size eta, above 0.
        steps: How many steps, from 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Cauchy 1847; Rumelhart, Hinton and Williams 1986.

    Example:
        >>> piece = gradient_descent(x=2, target=6, weight=5, learning_rate=0.1)
        >>> piece.results["w"].tolist(), [round(each, 2) for each in piece.results["loss"].tolist()]
        ([5.0, 4.2], [8.0, 2.88])
    """
    for name, each in (("x", x), ("target", target), ("weight", weight)):
        number(name, each)
    number("learning_rate", learning_rate, above=0)
    whole_number("steps", steps, at_least=1)
    lines: list[Line] = []
    weights, losses = [], []
    w = float(weight)
    for t in range(1, steps + 2):
        part = f"Step {t}" if t <= steps else "After the last step"
        answer = Number(w, "w") * Number(x, "x")
        error = Number(answer.value, "y") - Number(target, "t")
        loss = error**2 / 2
        lines += [Line("y", answer, part), Line("loss", loss, part)]
        weights.append(w)
        losses.append(loss.value)
        if t <= steps:
            slope = error * Number(x, "x")
            moved = Number(w, "w") - Number(learning_rate, "eta") * Number(slope.value, "g")
            lines += [Line("g", slope, part), Line("w", moved, part)]
            w = moved.value

    def draw() -> str:
        best = target / x if x else weight
        reach = max(abs(each - best) for each in weights) or 1.0
        axes = Axes((best - reach, best + reach), (0.0, max(losses)))
        course = [best - reach + 2 * reach * i / 80 for i in range(81)]
        curve = [axes.at(each, min((each * x - target) ** 2 / 2, axes.y[1])) for each in course]
        points = [axes.at(a, b) for a, b in zip(weights, losses, strict=True)]
        shapes = [*axes.frame("w", "loss"), line(curve, "rule"), line(points, "accent", 1.4, dashed=True)]
        return svg(*axes.size, [*shapes, *(dot(*each) for each in points)], "The steps down the parabola")

    return Piece(
        f"Gradient descent: {steps} step{'s' * (steps != 1)} from w = {weight:g}",
        r"L = \frac{1}{2} (w x - t)^2,\; g = (w x - t)\, x,\; w \leftarrow w - \eta g",
        {"x": f"{x:g}", "t": f"{target:g}", "w": f"{weight:g}", "eta": f"{learning_rate:g}"},
        {
            "w": torch.tensor(weights, dtype=torch.float64),
            "loss": torch.tensor(losses, dtype=torch.float64),
        },
        lambda: lines,
        draw,
        notes=_told(x, learning_rate),
    )


def _told(x: float, rate: float) -> tuple[str, ...]:
    factor = 1 - rate * x * x
    return (
        f"every step multiplies the distance to the best weight by 1 − {rate:g}·{x:g}² = {factor:.6g}"
        + (": it moves away" if abs(factor) > 1 else ""),
    )

"""Perceptron learning, worked out: every mistake, and how it moves the line."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.checks import number, whole_number
from glasshouse.core.errors import UsageError
from glasshouse.core.expression import Number, total
from glasshouse.explain.pieces.drawing import Axes, dot, line, svg, text
from glasshouse.explain.pieces.given import alike, numbers
from glasshouse.explain.pieces.piece import Line, Piece


def perceptron(
    points: Any,
    classes: Any,
    learning_rate: float = 1.0,
    epochs: int = 20,
    weights: Any = None,
    bias: float = 0.0,
) -> Piece:
    r"""Rosenblatt's rule on a few points: at every mistake the weights move by the point.

    .. math:: y = [w \cdot x + b \ge 0], \quad w \leftarrow w + \eta (t - y) x, \quad
        b \leftarrow b + \eta (t - y)

    It stops after an epoch without a mistake. On classes that no line divides (XOR) there is no such epoch:
    the weights come back to where they were, and from there it goes round for ever, which is said.

    Args:
        points: A matrix, one row for each point.
        classes: The class of each point, 0 or 1.
        learning_rate: Step size eta, above 0.
        epochs: Most passes over the points, from 1.
        weights: Where the weights begin; zeros if left out.
        bias: Where the bias begins.

    Raises:
        UsageError: Points and classes are not as many, or a class is neither 0 nor 1.
        SettingError: A setting lies outside its range.

    Source:
        Rosenblatt 1958, The perceptron: a probabilistic model for information storage and organization.

    Example:
        >>> gate = perceptron([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
        >>> gate.results["mistakes"].tolist()[-1], gate.notes[0][:9]
        (0.0, 'converged')
        >>> perceptron([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]).notes[0]
        'never ends: after epoch 3 the weights are again those after epoch 2'
    """
    x, t = numbers("points", points, 2), numbers("classes", classes, 1)
    if len(x) != len(t) or not bool(((t == 0) | (t == 1)).all()):
        raise UsageError(
            f"{len(x)} points with the classes {t.tolist()}",
            expected="a class for each point, 0 or 1",
            fix="give as many classes as points, and number the two classes 0 and 1",
        )
    number("learning_rate", learning_rate, above=0)
    whole_number("epochs", epochs, at_least=1)
    w = torch.zeros(x.shape[1], dtype=torch.float64) if weights is None else numbers("weights", weights, 1)
    w = alike("weights", w, x.shape[1:])
    b = number("bias", bias)
    lines: list[Line] = []
    mistakes: list[int] = []
    stands = [(w.clone(), b)]
    ends: dict[tuple[float, ...], int] = {(*w.tolist(), b): 0}
    again = -1
    for epoch in range(1, epochs + 1):
        wrong = 0
        for place in range(len(x)):
            terms = [
                Number(float(a), f"w{i + 1}") * Number(float(c), f"x{i + 1}")
                for i, (a, c) in enumerate(zip(w, x[place], strict=True))
            ]
            z = total([*terms, Number(b, "b")])
            error = float(t[place]) - float(z.value >= 0)
            if not error:
                continue
            wrong += 1
            part = f"Epoch {epoch}, point {place}: {'0' if error > 0 else '1'} said, {int(t[place])} is right"
            lines.append(Line("z", z, part))
            step = Number(learning_rate, "eta") * Number(error, "(t − y)")
            lines += [
                Line(f"w{i + 1}", Number(float(a), f"w{i + 1}") + step * Number(float(c), f"x{i + 1}"), part)
                for i, (a, c) in enumerate(zip(w, x[place], strict=True))
            ]
            lines.append(Line("b", Number(b, "b") + step, part))
            w = w + learning_rate * error * x[place]
            b = b + learning_rate * error
            stands.append((w.clone(), b))
        mistakes.append(wrong)
        if not wrong:
            break
        again = ends.setdefault((*w.tolist(), b), epoch)
        if again < epoch:  # every epoch is the same function of where it begins: from here on all repeats
            break

    def draw() -> str:
        if x.shape[1] != 2:
            return ""
        ends_of = [(float(side.min()), float(side.max())) for side in (x[:, 0], x[:, 1])]
        # Lines often run just beside the outermost points: there is room around them.
        across, up = ((low - 0.3 * (high - low), high + 0.3 * (high - low)) for low, high in ends_of)
        axes = Axes(across, up)
        shapes = axes.frame("x1", "x2")
        seen: dict[tuple[tuple[float, float], ...], list[int]] = {}
        for after, (weight, offset) in enumerate(stands):
            ends = _border(weight.tolist(), offset, axes)
            if ends:
                seen.setdefault(tuple(ends), []).append(after)
        for (start, end), after_mistakes in seen.items():
            last = after_mistakes[-1] == len(stands) - 1
            ink, counted = "accent" if last else "muted", ", ".join(map(str, after_mistakes[-3:]))
            shapes.append(line([start, end], ink, 2.6 if last else 1.0, dashed=not last))
            if len(seen) <= FEW:
                shapes.append(text(*_beside(start, end), counted, ink, size=11))
        for point, kind in zip(x.tolist(), t.tolist(), strict=True):
            shapes.append(dot(*axes.at(*point), 6, "second" if kind else "third", hollow=not kind))
        width, height = axes.size
        if len(seen) <= FEW:
            shapes.append(text(width / 2, height + 6, "numbers: after which mistakes", "muted", size=12))
        return svg(width, height + 20, shapes, "The points, and the line after every mistake")

    return Piece(
        f"Perceptron learning on {len(x)} points",
        r"y = [w \cdot x + b \ge 0],\; w \leftarrow w + \eta (t - y) x,\; b \leftarrow b + \eta (t - y)",
        {"x": x, "t": t, "eta": f"{learning_rate:g}"},
        {"w": w, "b": torch.tensor(b, dtype=torch.float64), "mistakes": torch.tensor(mistakes).double()},
        lambda: lines,
        draw,
        notes=(_told(mistakes, again),),
    )


def _told(mistakes: list[int], again: int) -> str:
    """How it ended; ``again`` is the epoch to whose end the weights came back."""
    epochs = len(mistakes)
    if not mistakes[-1]:
        return f"converged in epoch {epochs} after {sum(mistakes)} mistakes"
    if 0 <= again < epochs:
        before = f"after epoch {again}" if again else "at the beginning"
        return f"never ends: after epoch {epochs} the weights are again those {before}"
    return f"not converged: in each of the {epochs} epochs there is a mistake"


FEW = 12
"""Of more lines than these the drawing leaves out after which mistakes they came."""


def _beside(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Where the number of a line stands: near its beginning, beside it."""
    along, down = end[0] - start[0], end[1] - start[1]
    length = max((along**2 + down**2) ** 0.5, 1e-9)
    near = min(30.0, length / 2)
    return start[0] + (along * near - down * 12) / length, start[1] + (down * near + along * 12) / length


def _border(w: list[float], b: float, axes: Axes) -> list[tuple[float, float]]:
    """Where the line w x + b = 0 enters and leaves the frame."""
    found = []
    (left, right), (low, high) = axes.x, axes.y
    if w[1]:
        found += [(x, -(w[0] * x + b) / w[1]) for x in (left, right)]
    if w[0]:
        found += [(-(w[1] * y + b) / w[0], y) for y in (low, high)]
    slack = 1e-9 * max(1.0, abs(right - left), abs(high - low))
    inside = [
        (x, y) for x, y in found if left - slack <= x <= right + slack and low - slack <= y <= high + slack
    ]
    distinct = sorted({(round(x, 9), round(y, 9)) for x, y in inside})
    return [axes.at(*distinct[0]), axes.at(*distinct[-1])] if len(distinct) > 1 else []

"""The curve of an activation: its value and its slope, by its rule."""

from __future__ import annotations

from dataclasses import replace

import torch

from glasshouse.concepts.curves.curve import Curve, Line, buildable, interrupted
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import Elementwise
from glasshouse.core.rule import Rule, Tensors

POINTS = 481
NEAR, FAR = 4.0, 8.0
"""Half of what is shown, and of what is shown where more happens outside."""


def clipping_curve(concept: Concept) -> Curve | None:
    """What is left of one entry of a gradient, where each is treated alone.

    Args:
        concept: A way of clipping.

    Returns:
        ``None`` where the whole gradient decides.
    """
    if concept.rule is None or not buildable(concept):
        return None
    module = concept.build()
    if not isinstance(concept.rule(module)[0], Elementwise):
        return None
    curve = activation_curve(concept)
    if curve is None:
        return None
    value, slope = curve.lines
    lines = (replace(value, name="clipped"), replace(slope, name="slope"))
    return replace(curve, lines=lines, across="entry of the gradient", up="clipped entry, and slope")


def activation_curve(concept: Concept) -> Curve | None:
    """Value and slope from the rule. An activation of several numbers is shown with all but one at 0.

    Args:
        concept: An activation.

    Returns:
        ``None`` where there is no rule, or it needs settings that have no default.
    """
    if concept.rule is None or not buildable(concept):
        return None
    module = concept.build().double().eval()
    rule, parameters = concept.rule(module)
    own = {name: tensor.detach() for name, tensor in parameters.items()}
    alone = isinstance(rule, Elementwise)
    together = 1 if alone else _numbers(concept)
    ends = torch.tensor([-FAR, -NEAR, NEAR, FAR], dtype=torch.float64)
    slopes = _points(rule, own, ends, together)[1]
    more = max(abs(slopes[0] - slopes[1]), abs(slopes[3] - slopes[2])) > 0.1
    reach = FAR if more else NEAR
    x = torch.linspace(-reach, reach, POINTS, dtype=torch.float64)
    value, slope = _points(rule, own, x, together)
    places = tuple(x.tolist())
    others = {1: "", 2: "; the second number is 0"}.get(together, f"; the other {together - 1} numbers are 0")
    names = ("f(x)", "f′(x)") if alone else ("y₁", "∂y₁/∂x₁")
    return Curve(
        (
            Line(names[0], places, tuple(interrupted(value))),
            Line(names[1], places, tuple(interrupted(slope))),
        ),
        across="x" if alone else "x₁",
        up="value and slope",
        about=f"Value (solid) and slope (broken){others}.",
    )


def _numbers(concept: Concept) -> int:
    """How many numbers it takes together."""
    merges = concept.facts.get("merges")
    return int(concept.settings()[merges].default) if merges else 2


def _points(rule: Rule, own: Tensors, x: torch.Tensor, together: int) -> tuple[list[float], list[float]]:
    inputs = torch.zeros(len(x), together, dtype=x.dtype)
    inputs[:, 0] = x
    forward = rule.forward({"x": inputs, **own})
    y = forward.outputs["y"]
    one = torch.zeros_like(y)
    one[:, 0] = 1.0
    slope = rule.backward(forward.saved, {"y": one})["x"]
    return y[:, 0].tolist(), slope[:, 0].tolist()

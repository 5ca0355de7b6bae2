"""The curve of a penalty: what one weight adds to the loss, and how it is pulled."""

from __future__ import annotations

import torch

from glasshouse.concepts.curves.curve import Curve, Line, buildable, interrupted
from glasshouse.core.concept import Concept

POINTS, REACH = 241, 2.0


def penalty_curve(concept: Concept) -> Curve | None:
    """Penalty and slope of a single weight, by the rule.

    Args:
        concept: A regularizer.

    Returns:
        ``None`` where it is no penalty on weights.
    """
    if concept.rule is None or not buildable(concept):
        return None
    rule, _ = concept.rule(concept.build())
    if tuple(rule.inputs) != ("w",) or tuple(rule.outputs) != ("penalty",):
        return None
    places = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64).tolist()
    value: list[float] = []
    slope: list[float] = []
    for place in places:
        forward = rule.forward({"w": torch.tensor([place], dtype=torch.float64)})
        one = torch.ones((), dtype=torch.float64)
        value.append(float(forward.outputs["penalty"]))
        slope.append(float(rule.backward(forward.saved, {"penalty": one})["w"]))
    return Curve(
        (
            Line("P", tuple(places), tuple(value)),
            Line("∂P/∂w", tuple(places), tuple(interrupted(slope))),
        ),
        across="w",
        up="penalty and slope",
        about="Penalty (solid) and slope (broken) of one weight.",
    )

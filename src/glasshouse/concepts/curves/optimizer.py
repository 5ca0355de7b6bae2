"""The curve of an optimizer: its steps on a parabola that is steep one way and shallow the other."""

from __future__ import annotations

import torch

from glasshouse.concepts.curves.curve import Curve, Line, buildable
from glasshouse.core.concept import Concept

CURVATURE = (1.0, 12.0)
START = 1.0
STEPS = 60
RATE = 0.1


def optimizer_curve(concept: Concept) -> Curve | None:
    """Both weights after every step, by the rule, from 1 towards the minimum at 0.

    Args:
        concept: An optimizer.

    Returns:
        ``None`` where there is no rule, or settings without a default are needed.
    """
    if concept.rule is None or not buildable(concept, "parameters"):
        return None
    # One rate for all, so that the pictures can be compared; but one that measures its own steps has its own.
    rate = max(RATE, float(concept.facts.get("learning_rate", 0.0)))
    w = torch.full((2,), START, dtype=torch.float64)
    built = concept.build([torch.nn.Parameter(w.clone())], learning_rate=rate)
    update = concept.rule(built.param_groups[0])
    curvature = torch.tensor(CURVATURE, dtype=torch.float64)
    state = update.start(w)
    path = [w.tolist()]
    for t in range(1, STEPS + 1):
        w, state = update.step(w, curvature * w, state, t)
        path.append(w.tolist())
    steps = tuple(float(step) for step in range(STEPS + 1))
    shallow, steep = zip(*path, strict=True)
    apart = max(abs(one - other) for one, other in path)
    same = " Both take the same way." if apart < 0.01 else ""
    return Curve(
        (Line("w₁", steps, shallow), Line("w₂", steps, steep)),
        across="step",
        up="weight",
        about=(
            f"Steps at rate {rate:g} on ½ w₁² + {CURVATURE[1] / 2:g} w₂²: the shallow direction w₁ (solid) "
            f"and the steep one w₂ (broken).{same}"
        ),
    )

"""The curve of a loss: what one sample costs, and the slope by which its output is moved."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.concepts.curves.curve import Curve, Line, buildable, interrupted
from glasshouse.core.concept import Concept

POINTS = 241
REACH = {"classification": 5.0, "regression": 3.0}
TARGET = 1.0
SHARES = (0.8, 0.2)
"""Wanted of two classes, for a loss between shares."""


def loss_curve(concept: Concept) -> Curve | None:
    """Loss and slope from the rule, for one sample.

    Of a loss for classes there are two, and what is varied is how far the true one is ahead; of a loss for
    numbers it is the error.

    Args:
        concept: A loss.

    Returns:
        ``None`` where there is no rule, the task is another, or settings without a default are needed.
    """
    task = concept.facts.get("task")
    if concept.rule is None or task not in REACH or not buildable(concept):
        return None
    module: Any = concept.build()
    rule, _ = concept.rule(module)
    reach = REACH[task]
    across = torch.linspace(-reach, reach, POINTS, dtype=torch.float64).tolist()
    value: list[float] = []
    slope: list[float] = []
    kind = "shares" if concept.facts.get("targets") == "shares" else task
    for x in across:
        outputs, targets = _sample(kind, module, x)
        forward = rule.forward({"outputs": outputs, "targets": targets})
        back = rule.backward(forward.saved, {"loss": torch.ones((), dtype=torch.float64)})["outputs"]
        value.append(float(forward.outputs["loss"]))
        slope.append(float(back.flatten()[0]))
    letter = "y" if task == "regression" else "s" if module.meaning == "scores" else "z"
    places = tuple(across)
    return Curve(
        (
            Line("L", places, tuple(value)),
            Line(f"∂L/∂{letter}", places, tuple(interrupted(slope))),
        ),
        across="error y − t" if task == "regression" else f"{letter}, how far {AHEAD[kind]} is ahead",
        up="loss and slope",
        about=_about(kind, module),
    )


AHEAD = {"classification": "the true class", "shares": "the first class"}


def _sample(kind: str, module: Any, x: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs and target of one sample."""
    if kind == "regression":
        target = torch.tensor([[TARGET]], dtype=torch.float64)
        return target + x, target
    if kind == "shares":
        return torch.tensor([[x, 0.0]], dtype=torch.float64), torch.tensor([SHARES], dtype=torch.float64)
    if module.meaning == "logit":
        return torch.tensor([[x]], dtype=torch.float64), torch.tensor([1])
    return torch.tensor([[x, 0.0]], dtype=torch.float64), torch.tensor([0])


def _about(kind: str, module: Any) -> str:
    told = "Loss (solid) and slope (broken) of one sample"
    if kind == "shares":
        return f"{told} whose wanted shares are {SHARES[0]:g} and {SHARES[1]:g}; the second class has 0."
    if kind == "regression":
        return f"{told} whose target is {TARGET:g}."
    if module.meaning == "logit":
        return f"{told} of the second class."
    return f"{told}; the other class has 0."

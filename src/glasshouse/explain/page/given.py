"""The arithmetic of chosen numbers, for steps whose rule the page cannot expand itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch

from glasshouse.core.rule import places
from glasshouse.explain.arithmetic import machine_form
from glasshouse.explain.operations.movement import place_of
from glasshouse.explain.steps import ExplainedStep
from glasshouse.explain.values import Value

if TYPE_CHECKING:
    from glasshouse.explain.explanation import Explanation

ALL = 128
"""Up to so many numbers of a tensor are all written out; of larger ones the largest."""
CHOSEN = 16
LONGEST = 60_000
"""Characters that the arithmetic of one number may take."""


def given_arithmetic(explanation: Explanation, step: ExplainedStep, room: int) -> dict[str, Any]:
    """The arithmetic of a step's numbers: of all, or where there are many of the largest.

    Args:
        explanation: The explanation.
        step: The step.
        room: Characters that it may take; what does not fit is left out.

    Returns:
        ``{"forward": {"z1": {"0,1": ...}}, "gradient": {"weight": {"0,1": ...}}, "left_out": 3}``: outputs by
        symbol, gradients by the rule's name of the input, numbers by their place.
    """
    result: dict[str, Any] = {"forward": {}, "gradient": {}, "left_out": 0}
    if step.reading is None:
        return result
    pages = [
        *(("forward", value.symbol, value, value.tensor) for value in step.outputs.values()),
        *(
            ("gradient", each.use.name, value, each.gradient)
            for value in dict.fromkeys(step.inputs.values())
            for each in value.contributions
            if each.use.step == step.index
        ),
    ]
    for kind, name, value, numbers in pages:
        written: dict[str, Any] = {}
        for place in _chosen(numbers):
            form = _arithmetic(explanation, step, kind, name, value, place)
            size = len(json.dumps(form)) if form is not None else 0
            if form is None or size > min(room, LONGEST):
                result["left_out"] += 1
                continue
            room -= size
            written[",".join(map(str, place))] = form
        result["left_out"] += max(0, numbers.numel() - len(_chosen(numbers)))
        result[kind][name] = written
    return result


def _arithmetic(
    explanation: Explanation, step: ExplainedStep, kind: str, name: str, value: Value, place: tuple[int, ...]
) -> dict[str, Any] | None:
    if kind == "forward":
        expression = explanation.arithmetic(value, place)
    else:
        part = next(
            each for each in value.contributions if each.use.step == step.index and each.use.name == name
        )
        expression = explanation.part_arithmetic(part, place)
    return None if expression is None else machine_form(expression)


def _chosen(numbers: torch.Tensor) -> list[tuple[int, ...]]:
    if not numbers.is_floating_point():
        return []
    if numbers.numel() <= ALL:
        return places(numbers.shape)
    largest = numbers.abs().flatten().nan_to_num().topk(CHOSEN).indices.tolist()
    return [place_of(flat, numbers.shape) for flat in largest]

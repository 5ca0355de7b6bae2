"""An explanation as a worked solution in plain text: small tensors in full, of large ones a summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from glasshouse.core.expression import Expression, shown
from glasshouse.core.rule import places
from glasshouse.explain.element import Place, placed
from glasshouse.explain.operations.movement import Movement, place_of
from glasshouse.explain.steps import ExplainedStep
from glasshouse.explain.values import Contribution, Value

if TYPE_CHECKING:
    from glasshouse.explain.explanation import Explanation

IN_FULL = 8
"""Of tensors up to this size every number is written out; of larger ones the largest alone."""

TERMS = 6
"""Of longer sums so many terms are written."""


def as_text(explanation: Explanation) -> str:
    """The worked solution.

    Args:
        explanation: The explanation.
    """
    return "\n".join(_lines(explanation))


def _lines(explanation: Explanation) -> Iterator[str]:
    mode = "training" if explanation.training else "evaluation"
    badges = ", ".join(f"{count} {badge}" for badge, count in explanation.badges.items())
    yield f"{explanation.model} in {mode}: {len(explanation.steps)} steps ({badges})"
    if explanation.loss is not None:
        yield f"loss L = {shown(float(explanation.loss.exact))}"
    yield from (f"note: {note}" for note in explanation.notes)
    yield ""
    yield "Given"
    for value in explanation.values:
        if value.producer is None and (value.uses or value.role in ("input", "target")):
            yield f"  {value.symbol} = {_numbers(value.tensor)}  {_words(value)}"
    yield ""
    yield "Forward"
    for step in explanation.steps:
        yield from _forward(explanation, step)
    if explanation.loss is None:
        return
    yield ""
    yield "Backward"
    yield "  dL = 1"
    for step in reversed(explanation.steps):
        yield from _backward(explanation, step)
    yield ""
    yield "Parameters"
    for value in explanation.parameters.values():
        yield from _parameter(explanation, value)
    yield ""
    worst = max(explanation.errors.values(), default=0.0)
    yield "Every parameter gradient agrees with autograd's, up to a relative difference of " + shown(worst, 2)


def _forward(explanation: Explanation, step: ExplainedStep) -> Iterator[str]:
    inputs = ", ".join(f"{value.symbol} {_size(value)}" for value in step.inputs.values())
    outputs = ", ".join(f"{value.symbol} {_size(value)}" for value in step.outputs.values())
    yield f"  {step.index}. {_title(step)}: {inputs} -> {outputs}  [{step.badge}]"
    moves = step.reading is not None and isinstance(step.reading.rule, Movement)
    for value in step.outputs.values():
        if moves and value.tensor.numel() > IN_FULL:
            yield f"     {value.symbol} holds the same numbers in other places"
            continue
        for place in chosen(value.tensor):
            arithmetic = explanation.arithmetic(value, place)
            yield f"     {_equation(placed(value.symbol, place), arithmetic, float(value.tensor[place]))}"
        if value.tensor.numel() > IN_FULL:
            yield f"     {value.symbol}: {_summary(value.tensor)}"


def _backward(explanation: Explanation, step: ExplainedStep) -> Iterator[str]:
    parts = [
        (value, part)
        for value in dict.fromkeys(step.step.inputs)
        for part in value.contributions
        if part.use.step == step.index and value.role != "parameter"
    ]
    if not parts:
        return
    yield f"  {step.index}. {_title(step)}"
    for value, part in parts:
        yield from _part(explanation, value, part)
        if len(value.contributions) > 1 and part is value.contributions[-1]:
            yield from _sum(value)


def _part(explanation: Explanation, value: Value, part: Contribution) -> Iterator[str]:
    several = len(value.contributions) > 1
    through = f" (through step {part.use.step})" if several else ""
    for place in chosen(part.gradient):
        arithmetic = explanation.part_arithmetic(part, place)
        name = f"d{placed(value.symbol, place)}{through}"
        yield f"     {_equation(name, arithmetic, float(part.gradient[place]))}"
    if part.gradient.numel() > IN_FULL:
        yield f"     d{value.symbol}{through}: {_summary(part.gradient)}"


def _sum(value: Value) -> Iterator[str]:
    """Fan-out: what comes back through every use, added up."""
    assert value.gradient is not None
    for place in chosen(value.gradient):
        terms = [shown(float(each.gradient[place])) for each in value.contributions]
        summed = " + ".join(f"({term})" if term.startswith("−") else term for term in terms)
        yield f"     d{placed(value.symbol, place)} = {summed} = {shown(float(value.gradient[place]))}"


def _parameter(explanation: Explanation, value: Value) -> Iterator[str]:
    head = f"  {value.symbol} ({value.name}, {_size(value)})"
    if value.gradient is None:
        yield f"{head}: no gradient. {explanation.why_no_gradient(value)}"
        return
    yield head
    for part in value.contributions:
        yield from _part(explanation, value, part)
    if len(value.contributions) > 1:
        yield from _sum(value)
    for place in chosen(value.gradient):
        update = explanation.update_of(value, place)
        if update is not None:
            yield f"     {_equation(placed(value.symbol, place) + ' new', update, update.value)}"


def _equation(name: str, arithmetic: Expression | None, value: float) -> str:
    if arithmetic is None:
        return f"{name} = {shown(value)}"
    symbols, numbers, result = arithmetic.symbols(TERMS), arithmetic.text(TERMS), shown(arithmetic.value)
    written = [name, *(each for each in dict.fromkeys((symbols, numbers)) if each != result)]
    named = [f"{each.name} = {shown(each.value)}" for each in arithmetic.steps()]
    # A few intermediate results are said; of a softmax over a thousand classes there would be too many.
    between = f"  (with {', '.join(named)})" if named and len(named) <= IN_FULL else ""
    return " = ".join([*written, result]) + between


def _title(step: ExplainedStep) -> str:
    return f"{step.title} ({step.where})" if step.where else step.title


def _words(value: Value) -> str:
    said = value.role if value.name in ("", value.symbol) else f"{value.role} {value.name}"
    return f"({said}, {_size(value)})"


def _size(value: Value) -> str:
    return "x".join(map(str, value.shape)) or "one number"


def _numbers(tensor: torch.Tensor) -> str:
    if tensor.numel() > IN_FULL:
        return _summary(tensor)
    return _nested(tensor.tolist())


def _nested(numbers: object) -> str:
    if isinstance(numbers, list):
        return "[" + ", ".join(_nested(each) for each in numbers) + "]"
    return shown(float(numbers)) if isinstance(numbers, (int, float)) else str(numbers)


def _summary(tensor: torch.Tensor) -> str:
    if not tensor.numel():
        return "empty"
    numbers = tensor.double()
    low, high, mean = (shown(float(each), 4) for each in (numbers.min(), numbers.max(), numbers.mean()))
    return f"{tensor.numel()} numbers from {low} to {high}, mean {mean}"


def chosen(tensor: torch.Tensor) -> list[Place]:
    """All places of a small tensor; of a large one the place of the largest number.

    Args:
        tensor: The tensor.
    """
    if tensor.numel() <= IN_FULL:
        return places(tensor.shape)
    return [place_of(int(tensor.double().abs().argmax()), tensor.shape)]

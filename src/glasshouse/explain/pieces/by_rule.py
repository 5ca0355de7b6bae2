"""Pieces that are one rule: its outputs, and with an incoming gradient its gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, Number
from glasshouse.core.rule import Rule, places
from glasshouse.explain.arithmetic import renamed
from glasshouse.explain.pieces.given import alike
from glasshouse.explain.pieces.piece import KEPT, MANY, Line, Piece, Place


def read_rule(concept: Concept, **settings: Any) -> tuple[Any, dict[str, torch.Tensor]]:
    """The rule of a concept as it is built with these settings, and its parameters in float64.

    Args:
        concept: A layer, an activation or a loss.
        settings: As its factory takes them.
    """
    assert concept.rule is not None
    module = concept.build(**settings).double()
    rule, parameters = concept.rule(module)
    return rule, {name: each.detach() for name, each in parameters.items()}


def by_rule(
    title: str,
    formula: str,
    rule: Rule,
    values: Mapping[str, torch.Tensor],
    draw: Callable[[Mapping[str, torch.Tensor]], str],
    gradients: Mapping[str, torch.Tensor] | None = None,
    shorter: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
) -> Piece:
    """The piece of a rule.

    Args:
        title: What is computed.
        formula: LaTeX.
        rule: The rule.
        values: Inputs and parameters by the rule's names.
        draw: Makes the drawing out of the results by name.
        gradients: The gradient of a loss by each output; without it, the piece is forward only.
        shorter: By name how many leading axes, which have one place each, are left out of names and results.
        notes: What the reader must know besides.

    Raises:
        UsageError: A gradient has another shape than its output.
    """
    short = dict(shorter or {})
    outputs, saved = rule.forward(values)
    for name, each in (gradients or {}).items():
        drop = short.get(name, 0)
        alike("gradient", each.reshape(each.shape[drop:]), outputs[name].shape[drop:])
    back = {} if gradients is None else rule.backward(saved, gradients)
    incoming = {f"d{name}": each for name, each in (gradients or {}).items()}
    short |= {f"d{name}": drop for name, drop in short.items()}
    given = {**values, **(incoming if any(each.numel() > 1 for each in incoming.values()) else {})}
    results = {**outputs, **{f"d{name}": each for name, each in back.items()}}

    def whole(name: str, place: Place) -> Place:
        return (0,) * short.get(name, 0) + place

    def arithmetic(name: str, place: Place) -> Expression:
        at = whole(name, place)
        if name in outputs:
            expression = rule.expand(saved, name, at)
        else:
            expression = rule.expand_gradient(saved, gradients or {}, name.removeprefix("d"), at)
        return renamed(expression, {}, short)

    def reduced(name: str, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.reshape(tensor.shape[short.get(name, 0) :])

    told = {name: reduced(name, each) for name, each in results.items()}

    def worked() -> Sequence[Line]:
        lines: list[Line] = []
        for name, tensor in told.items():
            part = "Forward" if name in outputs else f"Gradient by {name.removeprefix('d')}"
            lines += [
                Line(Number(0.0, name, place).symbols(), arithmetic(name, place), part)
                for place in chosen(tensor)
            ]
        return lines

    shown_given = {name: reduced(name, each) for name, each in given.items()}
    return Piece(title, formula, shown_given, told, worked, lambda: draw(told), arithmetic, tuple(notes))


def chosen(tensor: torch.Tensor) -> list[Place]:
    """All places of a small tensor, of a larger one those of its largest numbers.

    Args:
        tensor: Any.

    Example:
        >>> chosen(torch.tensor([1.0, 3.0]))
        [(0,), (1,)]
    """
    if tensor.numel() <= MANY:
        return places(tensor.shape)
    largest = tensor.flatten().abs().topk(KEPT).indices.sort().values
    return [tuple(int(i) for i in torch.unravel_index(each, tensor.shape)) for each in largest]

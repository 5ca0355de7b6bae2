"""Worked numbers: one small case of a concept, computed by its rule step by step and by what it builds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from glasshouse.core.expression import Expression
from glasshouse.core.rule import Rule
from glasshouse.core.update import Update

RuleOf = Callable[[Any], tuple[Rule, dict[str, torch.Tensor]]]
"""Reads the rule and the parameters out of a built module."""


@dataclass(frozen=True, slots=True)
class Worked:
    """One number, worked out.

    Args:
        given: What is given, in words and numbers: ``"x = 0.5, beta = 1"``.
        name: What is asked for, with its place: ``"y[0]"``.
        expression: Its arithmetic.
        computed: The same number as the built module, optimizer or function computes it.
    """

    given: str
    name: str
    expression: Expression
    computed: float


def worked_forward(
    build: Callable[..., Any],
    rule_of: RuleOf,
    *,
    inputs: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    output: str = "y",
    at: Sequence[int] = (),
    training: bool = True,
) -> Callable[[], Worked]:
    """A worked number out of the forward pass of a layer, an activation or a loss.

    Args:
        build: What makes the module.
        rule_of: What reads its rule.
        inputs: The inputs by the rule's names, as (nested lists of) numbers.
        settings: The settings with which it is built.
        parameters: Values for its parameters, by the rule's names; without them, those it was built with.
        output: Which output.
        at: Which element of it.
        training: Whether the module stands in training mode.

    Returns:
        A function without arguments that works it out when a card is shown.
    """

    def work() -> Worked:
        given_settings = dict(settings or {})
        module = build(**given_settings).double().train(training)
        rule, own = rule_of(module)
        with torch.no_grad():
            for name, numbers in (parameters or {}).items():
                own[name].copy_(torch.tensor(numbers, dtype=torch.float64))
            given = {name: _tensor(numbers) for name, numbers in inputs.items()}
            # The module goes second: in training it may move its running statistics in place.
            values = {**given, **{name: tensor.detach().clone() for name, tensor in own.items()}}
            forward = rule.forward(values)
            computed = rule.call(module, given)[output]
        expression = rule.expand(forward.saved, output, tuple(at))
        facts = {**inputs, **(parameters or {}), **given_settings}
        return Worked(_in_words(facts), _place(output, at), expression, float(computed[tuple(at)]))

    return work


def worked_update(
    build: Callable[..., torch.optim.Optimizer],
    update_of: Callable[[Mapping[str, Any]], Update],
    *,
    w: float,
    gradients: Sequence[float],
    **settings: Any,
) -> Callable[[], Worked]:
    """A worked step of an optimizer: the last of as many as there are gradients.

    Args:
        build: What makes the optimizer out of parameters and settings.
        update_of: What reads its update out of a parameter group.
        w: The weight at the start.
        gradients: Its gradient at each step.
        settings: The settings with which it is built.
    """

    def work() -> Worked:
        weight = torch.nn.Parameter(torch.tensor(w, dtype=torch.float64))
        optimizer = build([weight], **settings)
        update = update_of(optimizer.param_groups[0])
        own = weight.detach().clone()
        state: dict[str, torch.Tensor] = update.start(own)
        for t, g in enumerate(gradients, start=1):
            gradient = torch.tensor(g, dtype=torch.float64)
            expression = update.expand(own, gradient, state, t)
            own, state = update.step(own, gradient, state, t)
            weight.grad = gradient.clone()
            optimizer.step()
        facts = {"w": w, "g": gradients[0] if len(gradients) == 1 else list(gradients), **settings}
        return Worked(_in_words(facts), "w", expression, float(weight.detach()))

    return work


def _tensor(numbers: Any) -> torch.Tensor:
    tensor = torch.tensor(numbers)
    return tensor.double() if tensor.is_floating_point() else tensor


def _in_words(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {str(value).replace('-', '−')}" for name, value in facts.items())


def _place(name: str, at: Sequence[int]) -> str:
    return f"{name}[{','.join(map(str, at))}]" if at else name

"""What the rules make of the steps of a tape: formula, numbers, gradients, and whether all of it agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import torch

from glasshouse.core.rule import Tensors
from glasshouse.explain.nested import each_of, replaced
from glasshouse.explain.operations import READERS
from glasshouse.explain.reading import Call, Reading
from glasshouse.explain.tape import Step
from glasshouse.explain.values import Value
from glasshouse.explain.whole_modules import WHOLE

Badge = Literal["checked", "autograd only", "no gradient"]
"""``checked``: a rule computed the step and agrees with PyTorch forward and backward. ``autograd only``: no
rule for it; the numbers are PyTorch's. ``no gradient``: whole numbers or truth values, computed again."""


@dataclass(eq=False, repr=False)
class ExplainedStep:
    """One operation of the run with its mathematics.

    Args:
        step: What was recorded.
        reading: The rule and its tensors; ``None`` where there is no rule.
        badge: How far it is checked.
        inputs: The recorded values by the rule's names (or by ``argument 0`` without a rule).
        outputs: Names of the rule and the values that came out under them.
        forward_error: How far the rule's output lies from what ran, relative.
        backward_error: How far the rule's gradients lie from PyTorch's for the same incoming gradient.
    """

    step: Step
    reading: Reading | None
    badge: Badge
    inputs: dict[str, Value]
    outputs: dict[str, Value]
    forward_error: float = 0.0
    backward_error: float = 0.0
    exact: dict[str, torch.Tensor] = field(default_factory=dict)

    @property
    def index(self) -> int:
        """Its number, from 0."""
        return self.step.index

    @property
    def title(self) -> str:
        """What the operation is called."""
        return (self.reading.title if self.reading is not None else "") or self.step.operation

    @property
    def where(self) -> str:
        """The module that called it, with the count of the call from the second on."""
        again = f" (call {self.step.call + 1})" if self.step.call else ""
        return self.step.module + again

    @property
    def formula(self) -> str:
        """LaTeX of what it computes."""
        if self.reading is None:
            return ""
        return self.reading.concept.equation if self.reading.concept is not None else self.reading.formula

    @property
    def derivative(self) -> str:
        """LaTeX of its derivative, where its card has one."""
        concept = self.reading.concept if self.reading is not None else None
        return concept.derivative if concept is not None else ""

    @property
    def name(self) -> str:
        """Number, operation and module, for messages."""
        place = f" in {self.where}" if self.where else ""
        return f"step {self.index} ({self.title}{place})"

    def __repr__(self) -> str:
        return f"<{self.name}: {self.badge}>"

    @cached_property
    def saved(self) -> Tensors:
        """What the rule's forward pass saves. Computed when it is asked for."""
        if self.reading is None:
            return {}
        with torch.no_grad():
            return self.reading.rule.forward(self.reading.values).saved

    @property
    def gradients(self) -> dict[str, torch.Tensor]:
        """The gradients of the loss by the outputs, by the rule's names; zeros where there is none."""
        return {
            name: torch.zeros_like(value.exact) if value.gradient is None else value.gradient
            for name, value in self.outputs.items()
            if value.tensor.is_floating_point()
        }


def read(step: Step) -> tuple[Reading | None, dict[str, Value], dict[str, Value]]:
    """Find the rule of a step.

    Args:
        step: What was recorded.

    Returns:
        The reading, the values by the names of its inputs, and those by the names of its outputs.
    """
    exact = {id(value.exact): value for value in step.inputs}
    arguments, keywords = replaced((step.arguments, step.keywords), lambda value: value.exact, Value)
    types = [each.tensor.dtype for each in step.inputs if each.tensor.is_floating_point()]
    if step.function is None:
        return _without_rule(step)
    call = Call(
        step.function,
        step.operation,
        arguments,
        keywords,
        tuple(value.exact for value in step.outputs),
        types[0] if types else torch.get_default_dtype(),
        step.random_state,
    )
    if step.owner is not None:
        reading = WHOLE[type(step.owner)](step.owner, call)
    else:
        reader = READERS.get(step.operation)
        with torch.no_grad():
            reading = None if reader is None else reader(call, *arguments, **keywords)
    if reading is None:
        return _without_rule(step)
    inputs = {name: exact[id(each)] for name, each in reading.values.items() if id(each) in exact}
    able = reading.rule.differentiated(reading.values)
    if any(value.needs_gradient and name not in able for name, value in inputs.items()):
        # A target that is computed, say: the rule takes it as given, so it can't tell its gradient.
        return _without_rule(step)
    named = zip(reading.outputs, step.outputs, strict=False)
    return reading, inputs, {name: value for name, value in named if name is not None}


def _without_rule(step: Step) -> tuple[None, dict[str, Value], dict[str, Value]]:
    inputs = {f"argument {place}": value for place, value in enumerate(step.inputs)}
    return None, inputs, {f"result {place}": value for place, value in enumerate(step.outputs)}


def names_in(step: ExplainedStep) -> Mapping[str, tuple[str, str]]:
    """What the names of a step's rule are in the network: symbols and LaTeX.

    Args:
        step: The step.
    """
    names: dict[str, tuple[str, str]] = {}
    for name, value in (*step.inputs.items(), *step.outputs.items()):
        names[name] = (value.symbol, value.latex)
    for name, value in step.outputs.items():
        names[f"d{name}"] = (f"d{value.symbol}", rf"\partial {value.latex}")
    rule = None if step.reading is None else step.reading.rule
    letter = getattr(rule, "letter", None)  # losses have a letter for outputs and write t for targets
    if letter is not None and "outputs" in step.inputs:
        names[letter] = names["outputs"]
        if "targets" in step.inputs:
            names["t"] = names["targets"]
    return names


def replay(
    step: Step, gradients: dict[int, torch.Tensor], double: bool
) -> tuple[list[torch.Tensor], dict[int, torch.Tensor], list[torch.Tensor | None]]:
    """Run a step alone again, on copies of what went in, and ask autograd for its part of the gradient.

    Args:
        step: What was recorded.
        gradients: The incoming gradients, by the place of the output.
        double: Whether it runs in float64 instead of the type of the run.

    Returns:
        The outputs, and the gradient by each input: summed by the number of the value, and one by one in the
        order of the arguments.
    """
    if step.unseen is not None:
        (incoming,) = gradients.values()
        back = step.unseen.backward(incoming.to(step.outputs[0].tensor.dtype))
        return [], {}, back
    leaves: list[torch.Tensor] = []
    owners: list[Value] = []

    def fresh(value: Value) -> torch.Tensor:
        tensor = value.exact if double else value.tensor
        leaf = tensor.detach().clone()
        if leaf.is_floating_point() and value.needs_gradient:
            leaf.requires_grad_()
        leaves.append(leaf)
        owners.append(value)
        # What is handed in is a copy of the leaf: the operation may write to it.
        return leaf.clone() if leaf.requires_grad else leaf

    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        if step.random_state is not None:
            torch.set_rng_state(step.random_state)
        arguments, keywords = replaced((step.arguments, step.keywords), fresh, Value)
        assert step.function is not None
        result = step.function(*arguments, **keywords)
    if result is None or step.operation == "setitem":
        result = arguments[0]
    outputs = list(each_of(torch.Tensor, result))
    asked = [leaf for leaf in leaves if leaf.requires_grad]
    pairs = [(outputs[place], each) for place, each in gradients.items() if outputs[place].requires_grad]
    delivered: Any = [None] * len(asked)
    if asked and pairs:
        delivered = torch.autograd.grad(
            [output for output, _ in pairs],
            asked,
            [gradient.to(output.dtype) for output, gradient in pairs],
            allow_unused=True,
        )
    by_leaf = {id(leaf): each for leaf, each in zip(asked, delivered, strict=True)}
    one_by_one = [by_leaf.get(id(leaf)) for leaf in leaves]
    by_value: dict[int, torch.Tensor] = {}
    for owner, each in zip(owners, one_by_one, strict=True):
        if each is not None:
            before = by_value.get(owner.number)
            by_value[owner.number] = each.double() if before is None else before + each.double()
    return [each.detach() for each in outputs], by_value, one_by_one

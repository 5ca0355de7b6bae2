"""A rule against PyTorch's kernels, autograd and finite differences, and its arithmetic against itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch.autograd.gradcheck import GradcheckError

from glasshouse.core.concept import Concept
from glasshouse.testing.case import Case, ConformanceError, Tried, close, places

EXACT = 1e-9
"""How far the arithmetic in float64 may lie from the number in float64, as a share of it (or of 1)."""


def check_rule(concept: Concept, cases: Iterable[Case]) -> None:
    """Everything that is demanded of a concept with a rule, in every case.

    Args:
        concept: What is tried.
        cases: Settings and inputs; cover every setting, the kinks, a batch of one.

    Raises:
        ConformanceError: Something is not as it should be.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> check_rule(ACTIVATIONS["swish"], [Case({"x": torch.linspace(-3, 3, 7)}, {"beta": 2.0})])
    """
    for case in cases:
        for dtype in (torch.float64, torch.float32):
            check_forward(concept, case, dtype)
            check_backward(concept, case, dtype)
        check_expressions(concept, case)
        check_gradient_expressions(concept, case)
        if case.smooth:
            check_numerically(concept, case)


def check_forward(concept: Concept, case: Case, dtype: torch.dtype = torch.float64) -> None:
    """The rule's outputs are those of the module.

    Args:
        concept: What is tried.
        case: Settings and inputs.
        dtype: The floating-point type; how close they must be goes with it.

    Raises:
        ConformanceError: They differ.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> check_forward(ACTIVATIONS["swish"], Case({"x": torch.linspace(-3, 3, 7)}))
    """
    tried = case.built(concept, dtype)
    values = tried.values()
    with torch.no_grad():
        received = tried.rule.forward(values).outputs
        expected = tried.rule.call(tried.module, tried.inputs)
    for name in tried.rule.outputs:
        close(f"{tried.name}: output {name}", received[name], expected[name])


def check_backward(concept: Concept, case: Case, dtype: torch.dtype = torch.float64) -> None:
    """The rule's gradients are those of autograd through the module.

    Args:
        concept: What is tried.
        case: Settings and inputs.
        dtype: The floating-point type.

    Raises:
        ConformanceError: They differ, or one is missing.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> check_backward(ACTIVATIONS["swish"], Case({"x": torch.linspace(-3, 3, 7)}))
    """
    tried = case.built(concept, dtype)
    saved, gradients, received = _backward(tried)
    inputs = {
        name: tensor.clone().requires_grad_(name in tried.rule.differentiable)
        for name, tensor in tried.inputs.items()
    }
    outputs = tried.rule.call(tried.module, inputs)
    names = tried.rule.differentiated(saved)
    sources = [inputs.get(name, tried.parameters.get(name)) for name in names]
    used = [name for name in tried.rule.outputs if outputs[name].requires_grad]
    expected = (
        torch.autograd.grad(
            [outputs[name] for name in used],
            [source for source in sources if source is not None],
            [gradients[name] for name in used],
            allow_unused=True,
        )
        if used
        else [None] * len(names)
    )
    if sorted(received) != sorted(names):
        raise ConformanceError(f"{tried.name}: gradients by {sorted(received)} instead of {sorted(names)}")
    for name, right in zip(names, expected, strict=True):
        close(
            f"{tried.name}: gradient by {name}",
            received[name],
            torch.zeros_like(received[name]) if right is None else right,
        )


def check_numerically(concept: Concept, case: Case) -> None:
    """The rule's gradients are those of finite differences of the rule itself.

    Args:
        concept: What is tried.
        case: Settings and inputs, away from kinks.

    Raises:
        ConformanceError: They differ.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> check_numerically(ACTIVATIONS["swish"], Case({"x": torch.linspace(-3, 3, 7)}))
    """
    tried = case.built(concept)
    values = tried.values()
    rule, names = tried.rule, tried.rule.differentiated(values)

    class ByRule(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: torch.Tensor) -> Any:
            ctx.saved = rule.forward({**values, **dict(zip(names, tensors, strict=True))})
            return tuple(ctx.saved.outputs[name] for name in rule.outputs)

        @staticmethod
        def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
            back = rule.backward(ctx.saved.saved, dict(zip(rule.outputs, gradients, strict=True)))
            return tuple(back[name] for name in names)

    tensors = [values[name].requires_grad_() for name in names]
    if not tensors or not all(tensor.numel() for tensor in tensors):
        return
    try:
        torch.autograd.gradcheck(ByRule.apply, tensors, atol=1e-6, rtol=1e-4, fast_mode=False)
    except GradcheckError as error:
        raise ConformanceError(f"{tried.name}: finite differences disagree: {error}") from error


def check_expressions(concept: Concept, case: Case, most: int = 20) -> None:
    """The written-out arithmetic of an output has the output's value.

    Args:
        concept: What is tried.
        case: Settings and inputs.
        most: How many elements of each output are written out.

    Raises:
        ConformanceError: It has another.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> check_expressions(ACTIVATIONS["swish"], Case({"x": torch.linspace(-3, 3, 7)}))
    """
    tried = case.built(concept)
    outputs, saved = tried.rule.forward(tried.values())
    for name in tried.rule.outputs:
        for place in places(outputs[name], most):
            expression = tried.rule.expand(saved, name, place)
            _same(f"{tried.name}: {name}{list(place)}", expression, float(outputs[name][place]))


def check_gradient_expressions(concept: Concept, case: Case, most: int = 20) -> None:
    """The written-out arithmetic of a gradient has the gradient's value.

    Args:
        concept: What is tried.
        case: Settings and inputs.
        most: How many elements of each gradient are written out.

    Raises:
        ConformanceError: It has another.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> check_gradient_expressions(ACTIVATIONS["swish"], Case({"x": torch.linspace(-3, 3, 7)}))
    """
    tried = case.built(concept)
    saved, gradients, back = _backward(tried)
    for name, gradient in back.items():
        for place in places(gradient, most):
            expression = tried.rule.expand_gradient(saved, gradients, name, place)
            _same(f"{tried.name}: d{name}{list(place)}", expression, float(gradient[place]))


def _backward(
    tried: Tried,
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """What the forward pass saves, gradients to send back, and what the rule makes of them."""
    with torch.no_grad():
        outputs, saved = tried.rule.forward(tried.values())
        generator = torch.Generator().manual_seed(1)
        gradients = {
            name: torch.randn(output.shape, generator=generator, dtype=torch.float64).to(output.dtype)
            for name, output in outputs.items()
        }
        return saved, gradients, tried.rule.backward(saved, gradients)


def _same(where: str, expression: Any, right: float) -> None:
    value = torch.tensor(expression.value, dtype=torch.float64)
    close(f"{where} = {expression.text()}", value, torch.tensor(right, dtype=torch.float64), EXACT)
    if "nan" in expression.text(4) and right == right:
        raise ConformanceError(f"{where}: the text says nan: {expression.text()}")

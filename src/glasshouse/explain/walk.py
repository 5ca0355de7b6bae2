"""The walk: forward and backward by the rules, every step checked against PyTorch.

The rules compute in float64 from the numbers that really went in. Forward, their outputs are compared with
what ran. Backward, they carry the gradient of the loss from the last step to the first; at every step their
part is compared with what autograd gives for that step alone in float64, and the sum of all parts with the
gradient that autograd delivered in the run.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from glasshouse.core.errors import GlasshouseError
from glasshouse.explain.operations.movement import Movement
from glasshouse.explain.steps import Badge, ExplainedStep, read, replay
from glasshouse.explain.tape import Step
from glasshouse.explain.values import Contribution, Use, Value

FORWARD_BOUNDS = {torch.float64: 1e-9, torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 1e-2}
"""How far a rule's output may lie from what ran, as a share of the largest number of the output."""

GRADIENT_BOUNDS = {torch.float64: 1e-9, torch.float32: 1e-3, torch.bfloat16: 2e-1, torch.float16: 5e-2}
"""How far a gradient of the walk may lie from autograd's, as a share of the largest number of the gradient
(or of the gradients that were added up for it, where they cancel)."""

STEP_BOUND = 1e-9
"""How far a rule's gradients may lie from those of the step alone in float64, likewise. A step that casts its
result to a coarser type has that type's bound."""


class ExplanationError(GlasshouseError):
    """The rules and PyTorch disagree: the explanation would be wrong, so there is none."""


def forward(steps: Sequence[Step]) -> list[ExplainedStep]:
    """Find the rule of every step and compare its outputs with what ran.

    Args:
        steps: The recorded steps.

    Raises:
        ExplanationError: They differ; the message names the step.
    """
    return [_forward(step) for step in steps]


def _forward(step: Step) -> ExplainedStep:
    reading, inputs, outputs = read(step)
    for name, value in inputs.items():
        value.uses.append(Use(step.index, name))
    numbers = any(value.tensor.is_floating_point() for value in step.outputs)
    if not numbers:
        return ExplainedStep(step, None, "no gradient", inputs, outputs)
    if reading is None and not any(value.tensor.is_floating_point() for value in step.inputs):
        # Numbers made of truths and whole numbers: nothing can come back through them.
        return ExplainedStep(step, None, "no gradient", inputs, outputs)
    badge: Badge = "autograd only" if reading is None else "checked"
    explained = ExplainedStep(step, reading, badge, inputs, outputs)
    if reading is None or (len(outputs) > 1 and not isinstance(reading.rule, Movement)):
        # Inside of an operation one result may lead to another (a cell's memory to what it shows): what
        # autograd delivers for it then holds more than what comes from outside.
        for value in step.outputs if len(step.outputs) > 1 else ():
            value.delivered = None
    if reading is None:
        return explained
    with torch.no_grad():
        computed = reading.rule.forward(reading.values).outputs
    for name, value in outputs.items():
        bound = FORWARD_BOUNDS.get(value.tensor.dtype, 0.0)
        if computed[name].shape != value.exact.shape:
            shapes = f"the shape {value.shape}, by its rule {tuple(computed[name].shape)}"
            raise _disagreement(explained, f"its output {name} has {shapes}")
        explained.exact[name] = computed[name]
        error = distance(computed[name], value.exact)
        explained.forward_error = max(explained.forward_error, error)
        if error > bound:
            raise _disagreement(
                explained, f"its output {name} differs from what its rule gives by {error:.2g} (relative)"
            )
    return explained


def backward(steps: Sequence[ExplainedStep], loss: Value, values: Sequence[Value]) -> None:
    """Carry the gradient of the loss back through all steps, and compare it with autograd's.

    Args:
        steps: The steps, in the order of the run.
        loss: The loss.
        values: All values; their ``delivered`` gradients are set already.

    Raises:
        ExplanationError: A gradient differs; the message names the step.
    """
    loss.contributions.append(Contribution(Use(-1, "loss"), torch.ones_like(loss.exact)))
    # One step in a coarser type is enough to round all gradients before it.
    types = [value.tensor.dtype for explained in steps for value in explained.step.outputs]
    bound = max((GRADIENT_BOUNDS.get(each, 0.0) for each in types), default=0.0)
    for explained in reversed(steps):
        for value in explained.step.outputs:
            settle(value, steps, bound)
        if any(value.gradient is not None for value in explained.step.outputs):
            _backward(explained)
    for value in values:
        settle(value, steps, bound)
        lost = value.gradient is None and value.delivered is not None and bool(value.delivered.any())
        if lost:
            raise ExplanationError(
                f"autograd delivers a gradient by {value.name} {value.shape}, and no recorded step gives one",
                expected="every way from a number to the loss to be recorded",
                fix="please report this network: an operation was not seen",
            )


def settle(value: Value, steps: Sequence[ExplainedStep], bound: float) -> None:
    """Add up what came back to a value and compare it with what autograd delivered.

    Args:
        value: The value; all its uses have been walked.
        steps: The steps, for messages.
        bound: How far the two may lie apart, relative.

    Raises:
        ExplanationError: The sums differ.
    """
    if value.gradient is not None or not value.contributions:
        return
    gradient = value.contributions[0].gradient
    for each in value.contributions[1:]:
        gradient = gradient + each.gradient
    value.gradient = gradient
    if value.delivered is None:
        return
    scale = max(_largest(each.gradient) for each in value.contributions)
    error = distance(gradient, value.delivered.double(), max(scale, value.floor))
    value.error = error
    if error > bound:
        users = [steps[each.use.step].name for each in value.contributions if each.use.step >= 0]
        raise ExplanationError(
            f"the gradient by {value.name or value.symbol} {value.shape} differs from autograd's by "
            f"{error:.2g} (relative)",
            expected=f"the sum of what comes back from {', '.join(users) or 'the loss'}",
            fix="does a hook change gradients? If not, please report this network: a rule is wrong",
        )


def _backward(explained: ExplainedStep) -> None:
    step, reading = explained.step, explained.reading
    wanted = [value for value in step.inputs if value.needs_gradient]
    if not wanted:
        return
    incoming = {
        place: value.gradient for place, value in enumerate(step.outputs) if value.gradient is not None
    }
    if reading is None:
        _, _, one_by_one = replay(step, incoming, double=False)
        for place, (value, part) in enumerate(zip(step.inputs, one_by_one, strict=True)):
            if part is not None:
                use = Use(step.index, f"argument {place}")
                value.contributions.append(Contribution(use, part.double()))
        return
    with torch.no_grad():
        back = reading.rule.backward(explained.saved, explained.gradients)
    largest = max((_largest(each) for each in incoming.values()), default=0.0)
    by_rule: dict[int, torch.Tensor] = {}
    for name, value in explained.inputs.items():
        if value.needs_gradient and name in back:
            part = back[name].reshape(value.exact.shape)
            value.contributions.append(Contribution(Use(step.index, name), part))
            value.floor = max(value.floor, largest)
            before = by_rule.get(value.number)
            by_rule[value.number] = part if before is None else before + part
    outputs, by_autograd, _ = replay(step, incoming, double=True)
    # A cast to a coarser type rounds what comes back, in float64 too.
    bound = max((GRADIENT_BOUNDS.get(each.dtype, 0.0) for each in outputs), default=STEP_BOUND)
    for value in wanted:
        mine, right = by_rule.get(value.number), by_autograd.get(value.number)
        if mine is None and right is None:
            continue
        zero = torch.zeros_like(value.exact)
        error = distance(zero if mine is None else mine, zero if right is None else right, largest)
        explained.backward_error = max(explained.backward_error, error)
        if error > bound:
            raise _disagreement(
                explained,
                f"the gradient by its input {value.name} differs from what its rule gives by {error:.2g} "
                "(relative)",
            )


def distance(received: torch.Tensor, expected: torch.Tensor, scale: float = 0.0) -> float:
    """The largest difference as a share of the largest number, or of ``scale`` where that is larger.

    Equal infinities and not-a-numbers in the same place count as equal; other such differences as infinite.

    Args:
        received: What was computed.
        expected: What it should be.
        scale: A size below which differences are noise.

    Example:
        >>> distance(torch.tensor([1.0, 2.5]), torch.tensor([1.0, 2.0]))
        0.25
    """
    if not expected.numel():
        return 0.0
    same = (received == expected) | (received.isnan() & expected.isnan())
    if bool(same.all()):
        return 0.0
    difference = torch.where(same, torch.zeros_like(expected), (received - expected).abs())
    worst = float(difference.max())
    if worst != worst:
        return float("inf")
    return worst / (max(scale, _largest(expected)) or 1.0)


def _largest(tensor: torch.Tensor) -> float:
    finite = tensor[torch.isfinite(tensor)]
    return float(finite.abs().max()) if finite.numel() else 0.0


def _disagreement(explained: ExplainedStep, how: str) -> ExplanationError:
    return ExplanationError(
        f"{explained.name}: {how}",
        expected="the rule and PyTorch to agree",
        fix="please report this operation with its settings: the rule is wrong, or it was read wrongly",
    )

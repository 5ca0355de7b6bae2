"""``glasshouse.explain``: run a module once on the tape, and walk what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import Spec, read_spec
from glasshouse.core.errors import GlasshouseError, ModelError, UsageError
from glasshouse.core.update import Update
from glasshouse.explain.explanation import Explanation
from glasshouse.explain.nested import each_of, replaced
from glasshouse.explain.steps import ExplainedStep
from glasshouse.explain.symbols import name_values
from glasshouse.explain.tape import Tape
from glasshouse.explain.unchanged import unchanged
from glasshouse.explain.values import Value
from glasshouse.explain.walk import backward, forward
from glasshouse.explain.whole_modules import is_whole
from glasshouse.losses import LOSSES
from glasshouse.optimizers import OPTIMIZERS

Loss = Spec | Callable[..., torch.Tensor] | None


def explain(
    model: nn.Module,
    x: Any,
    y: Any = None,
    loss: Loss = "cross_entropy",
    optimizer: Spec | None = None,
) -> Explanation:
    """Explain one forward and backward pass of any module, number by number.

    The module runs once, as it is: its mode, its own control flow, in its own type of numbers. Every
    operation is then computed again by its rule in float64 and compared, forward and backward, with what
    PyTorch did. Nothing is changed: weights, gradients, running statistics, hooks and the random state are
    afterwards as they were.

    Args:
        model: The module; its mode (training or evaluation) is kept.
        x: What it is given: a tensor (or numbers that make one), a tuple of tensors, or a dictionary for
            arguments by name. One to a few samples, with the axis of samples that the module expects.
        y: The target for the loss. Without one, ``loss`` is asked of the output alone if it is a function; if
            the output is a single number, that is the loss; else there are no gradients.
        loss: Name of a loss, a table with its settings, or a function (or module) of output and target.
        optimizer: Name of an optimizer or a table with its settings: the first step that it would make.

    Returns:
        The explanation: print it, or ask ``at`` and ``gradient_at`` for single numbers.

    Raises:
        UsageError: ``model`` or ``x`` is nothing that can be run.
        ModelError: The module or the loss raised, the loss is not one number, or complex numbers came up.
        ExplanationError: A rule and PyTorch disagree; the message names the step.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Sigmoid()).double()
        >>> with torch.no_grad():
        ...     _ = net[0].weight.copy_(torch.tensor([[0.1, 0.8]]))
        >>> explanation = explain(net, torch.tensor([[0.35, 0.9]]).double(), torch.ones(1, 1).double(), "mse")
        >>> print(explanation.at("z1", (0, 0)).arithmetic)
        0.1·0.35 + 0.8·0.9 = 0.755
        >>> print(explanation.gradient_at("0.weight", (0, 1)).parts[0].arithmetic)
        (−0.139086)·0.9 = −0.125178
    """
    if not isinstance(model, nn.Module):
        raise UsageError(
            f"model is a {type(model).__name__}", expected="a torch.nn.Module", fix="wrap it in a module"
        )
    measure = _loss_function(loss, y)
    owners: list[nn.Module] = [model, *([measure] if isinstance(measure, nn.Module) else [])]
    update = None if optimizer is None else _update(optimizer)
    with unchanged(*owners), torch.enable_grad():
        tape = Tape(is_whole)
        _register(tape, owners)
        args, kwargs = _inputs(tape, x)
        target = _target(tape, y)
        output, result = _run(tape, model, measure, args, kwargs, target)
        values = tape.values.all
        last = None if result is None else tape.value_of(result)
        outputs = [tape.value_of(each) for each in each_of(torch.Tensor, _opened(output))]
        _deliver(result, values)
        steps = forward(tape.steps)
        if last is not None and last.needs_gradient:
            backward(steps, last, values)
    name_values(steps, values, last)
    return Explanation(
        type(model).__name__,
        model.training,
        steps,
        [value for value in values if value.uses or value.role != "constant"],
        outputs,
        last,
        update,
        [*tape.notes, *_not_a_number(steps)],
    )


def _run(
    tape: Tape, model: nn.Module, measure: Any, args: Any, kwargs: Any, target: Any
) -> tuple[Any, torch.Tensor | None]:
    try:
        with tape.watching(model), tape:
            output = model(*args, **kwargs)
    except GlasshouseError:
        raise
    except Exception as error:
        raise _of_module(tape, error, args, kwargs) from error
    try:
        result = _measured(tape, measure, output, target)
    except GlasshouseError:
        raise
    except Exception as error:
        raise ModelError(
            f"the loss raised {type(error).__name__}: {error}",
            expected="a loss that takes the output of the module" + (" and y" if target is not None else ""),
            fix="give the loss that belongs to this output and this target",
        ) from error
    if result is not None and (not isinstance(result, torch.Tensor) or result.numel() != 1):
        what = f"shape {tuple(result.shape)}" if isinstance(result, torch.Tensor) else type(result).__name__
        raise ModelError(
            f"the loss has {what}",
            expected="one number",
            fix="take its mean or its sum, as the training does",
        )
    return output, result


def _measured(tape: Tape, measure: Any, output: Any, target: Any) -> Any:
    if measure is None:
        tensors = list(each_of(torch.Tensor, _opened(output)))
        one = len(tensors) == 1 and tensors[0].numel() == 1 and tensors[0].is_floating_point()
        return tensors[0] if one else None
    given = [output] if target is None else [output, target]
    if isinstance(measure, nn.Module):
        with tape.watching(measure, "loss"), tape:
            return measure(*given)
    with tape:
        return measure(*given)


def _loss_function(loss: Loss, y: Any) -> Any:
    if loss is None or isinstance(loss, (str, Mapping)):
        return None if y is None or loss is None else LOSSES.build(loss)
    if not callable(loss):
        raise UsageError(
            f"loss is a {type(loss).__name__}",
            expected="the name of a loss, a table with its settings, or a function of output and target",
            fix='write loss="mse", say',
        )
    return loss


def _register(tape: Tape, owners: Sequence[nn.Module]) -> None:
    for owner in owners:
        for name, parameter in owner.named_parameters():
            tape.given(parameter, "parameter", name)
        for name, buffer in owner.named_buffers():
            tape.given(buffer, "buffer", name)


def _inputs(tape: Tape, x: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Copies of what is given, through which gradients flow and to which the module may write."""
    names = iter(range(1, 1 + sum(1 for _ in each_of(torch.Tensor, x))))
    single = sum(1 for _ in each_of(torch.Tensor, x)) == 1

    def copied(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.is_complex():
            raise ModelError(
                f"x has complex numbers ({tensor.dtype})",
                expected="real numbers",
                fix="explain the real and the imaginary part as two inputs",
            )
        name = "x" if single else f"x{next(names)}"
        copy = tensor.detach().clone()
        if not copy.is_floating_point():
            tape.given(copy, "input", name)
            return copy
        given: torch.Tensor = copy.requires_grad_().clone()  # no leaf: the module may write to it
        tape.given(given, "input", name)
        return given

    if not any(True for _ in each_of(torch.Tensor, x)):
        x, single = torch.as_tensor(x), True  # a list of numbers, an array
    given = replaced(x, copied, torch.Tensor)
    if isinstance(given, dict):
        return (), given
    return (tuple(given), {}) if isinstance(given, (tuple, list)) else ((given,), {})


def _target(tape: Tape, y: Any) -> Any:
    if y is None:
        return None

    def copied(tensor: torch.Tensor) -> torch.Tensor:
        copy = tensor.detach().clone()
        tape.given(copy, "target", "y")
        return copy

    if not any(True for _ in each_of(torch.Tensor, y)):
        y = torch.as_tensor(y)  # a number, a list of numbers, an array
    return replaced(y, copied, torch.Tensor)


def _deliver(result: torch.Tensor | None, values: Sequence[Value]) -> None:
    """Ask autograd for the gradient by every value, at the place in its graph that was noted."""
    if result is None or not result.requires_grad:
        return
    asked = [value for value in values if value.edge is not None and value.needs_gradient]
    try:
        gradients = torch.autograd.grad(
            result,
            [value.edge for value in asked],
            torch.ones_like(result),
            allow_unused=True,
            retain_graph=True,  # operations that the tape did not see are asked again one by one
        )
    except RuntimeError as error:
        raise ModelError(
            f"the backward pass raised {type(error).__name__}: {error}",
            expected="a module whose loss has a gradient",
            fix="call loss.backward() alone until it runs, then explain it",
        ) from error
    for value, gradient in zip(asked, gradients, strict=True):
        value.delivered = None if gradient is None else gradient.detach()


def _opened(output: Any) -> Any:
    """An output in which tensors can be found: of objects with fields, the fields."""
    if isinstance(output, (torch.Tensor, tuple, list, dict)):
        return output
    return dict(vars(output)) if hasattr(output, "__dict__") else output


def _update(optimizer: Spec) -> Update:
    name, _ = read_spec(optimizer, "optimizer")
    concept = OPTIMIZERS.find(name)
    stand_in = nn.Parameter(torch.zeros(1))
    built = OPTIMIZERS.build(optimizer, [stand_in])
    if concept.rule is None:
        raise UsageError(
            f"optimizer {name!r}", expected="one with a written-out update", fix="choose another one"
        )
    update: Update = concept.rule(built.param_groups[0])
    return update


def _of_module(tape: Tape, error: Exception, args: Any, kwargs: Any) -> ModelError:
    """What the module raised, with the place and a guess at the reason."""
    where = f" in {tape.failed}" if tape.failed else ""
    whole = [each for each in each_of(torch.Tensor, (args, kwargs)) if not each.is_floating_point()]
    fix = "call model(x) alone until it runs, then explain it"
    if (whole and "dtype" in str(error).lower()) or (whole and "type" in str(error).lower()):
        fix = f"x holds whole numbers ({whole[0].dtype}): give x.float() to a layer that takes fractions"
    if "complex" in str(error):
        fix = "only real numbers can be explained"
    return ModelError(
        f"the module raised {type(error).__name__}{where}: {error}",
        expected="a module that runs on x",
        fix=fix,
    )


def _not_a_number(steps: Sequence[ExplainedStep]) -> list[str]:
    """The first step out of which not-a-number comes."""
    for step in steps:
        for value in step.step.outputs:
            if value.tensor.is_floating_point() and bool(value.tensor.isnan().any()):
                place = tuple(value.tensor.isnan().nonzero()[0].tolist())
                before = any(
                    each.tensor.is_floating_point() and bool(each.tensor.isnan().any())
                    for each in step.step.inputs
                )
                how = "goes in at" if before else "first comes out of"
                return [f"not-a-number {how} {step.name}, at {place} of {value.symbol or value.name}"]
    return []

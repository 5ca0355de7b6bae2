"""An explanation as a dictionary: the form on which renderers build.

:meth:`Explanation.to_dict` is what renderers build on. Numbers are JSON numbers; not-a-number and
infinities are the strings ``"nan"``, ``"inf"``, ``"-inf"``. Tensors are nested lists. ::

    {
      "schema": "glasshouse.explanation/1",
      "model": "Sequential",                     class of the module
      "training": true,                          training mode or evaluation
      "dtype": "float32",                        type of the run; the rules compute in float64
      "loss": "L" or null,                       symbol of the loss; null without one: no gradients then
      "loss_value": 0.0181 or null,
      "output": "z2",                            symbol of the first tensor that the module gave back
      "notes": ["..."],                          what the reader must know (NaN on the way, say)
      "values": [{
        "symbol": "W1", "latex": "W^{(1)}",      unique in the explanation
        "name": "fc1.weight",                    own name of what is given; else what made it
        "role": "parameter",                     input, target, parameter, buffer, constant, result
        "shape": [2, 2], "dtype": "float32",
        "step": null or 3,                       the step that computed it
        "uses": [{"step": 0, "name": "weight"}], the steps that take it, and under which name
        "numbers": [[...], ...],                 as they were in the run
        "gradient": null or [[...], ...],        of the loss by it, by the rules in float64
        "delivered": null or [[...], ...],       the same as autograd delivered it in the run
        "error": null or 1e-16,                  how far the two lie apart, relative
        "parts": [{"step": 0, "name": "weight", "gradient": [[...], ...]}],
                                                 what comes back through each use; they add up to
                                                 "gradient". One part: "gradient" is left out of it
        "why_none": ""                           why there is no gradient
      }],
      "steps": [{
        "index": 0,
        "operation": "linear",                   PyTorch's name of the operation
        "title": "linear",                       name of the card, where there is one
        "kind": "layer",                         kind of the card: layer, activation, loss; else operation
        "module": "fc1", "call": 0,              who called it, and how often it had been called before
        "badge": "checked",                      checked, autograd only, no gradient
        "part_of": "",                           the operation of which this is a part: "lstm"
        "in_place": false,                       whether it wrote into its first input
        "inputs": {"x": "x", "weight": "W1"},    symbols by the rule's names
        "outputs": {"y": "z1"},
        "constants": {"mask": [...]},            what the rule takes besides: a mask, say
        "rule": "LinearRule",
        "settings": {"stride": [1, 1]},          the rule's settings that JSON can hold
        "sources": {"y": [...]},                 of operations that move numbers: for every number of the
                                                 output its place in the flattened inputs, one after the
                                                 other; -1 for a constant
        "formula": "y_o = ...",                  LaTeX, in the letters of the card
        "derivative": "...",                     LaTeX, or empty
        "forward_error": 0.0, "backward_error": 0.0
      }],
      "updates": [{                              one for each parameter, where an optimizer was given
        "symbol": "W1", "name": "fc1.weight", "rule": "AdamUpdate",
        "settings": {"learning_rate": 0.001},
        "new": [[...], ...]                      the parameter after one step from a fresh optimizer
      }],
      "check": {"badges": {"checked": 5}, "worst": 1e-16, "parameters": {"fc1.weight": 1e-16}}
    }

The arithmetic of single numbers comes from ``at(...).to_dict()`` and ``gradient_at(...).to_dict()``;
its form is described in :mod:`glasshouse.explain.arithmetic`. The letters are listed in
:mod:`glasshouse.explain.symbols`.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import torch

from glasshouse.explain.operations.movement import Movement
from glasshouse.explain.steps import ExplainedStep
from glasshouse.explain.values import Value

if TYPE_CHECKING:
    from glasshouse.explain.explanation import Explanation

SCHEMA = "glasshouse.explanation/1"


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """Everything but the arithmetic.

    Args:
        explanation: The explanation.
    """
    loss = explanation.loss
    types = [value.tensor.dtype for value in explanation.values if value.tensor.is_floating_point()]
    return {
        "schema": SCHEMA,
        "model": explanation.model,
        "training": explanation.training,
        "dtype": str(types[0]).removeprefix("torch.") if types else "",
        "loss": None if loss is None else loss.symbol,
        "loss_value": None if loss is None else plain(loss.exact),
        "output": explanation.outputs[0].symbol if explanation.outputs else None,
        "notes": list(explanation.notes),
        "values": [_value(explanation, value) for value in explanation.values],
        "steps": [_step(step) for step in explanation.steps],
        "updates": _updates(explanation),
        "check": {
            "badges": explanation.badges,
            "worst": max(explanation.errors.values(), default=0.0),
            "parameters": explanation.errors,
        },
    }


def plain(tensor: torch.Tensor) -> Any:
    """Nested lists of JSON numbers; what JSON has no number for as a string.

    Args:
        tensor: The tensor.

    Example:
        >>> plain(torch.tensor([1.0, float("inf")]))
        [1.0, 'inf']
    """
    numbers = tensor.detach().cpu().tolist()
    if not tensor.is_floating_point() or bool(torch.isfinite(tensor).all()):
        return numbers
    return _words(numbers)


def _words(numbers: Any) -> Any:
    if isinstance(numbers, list):
        return [_words(each) for each in numbers]
    if math.isfinite(numbers):
        return numbers
    return "nan" if numbers != numbers else "inf" if numbers > 0 else "-inf"


def _value(explanation: Explanation, value: Value) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"step": each.use.step, "name": each.use.name} for each in value.contributions
    ]
    if len(parts) > 1:
        for part, each in zip(parts, value.contributions, strict=True):
            part["gradient"] = plain(each.gradient)
    return {
        "symbol": value.symbol,
        "latex": value.latex,
        "name": value.name,
        "role": value.role,
        "shape": list(value.shape),
        "dtype": str(value.tensor.dtype).removeprefix("torch."),
        "step": value.producer,
        "uses": [{"step": use.step, "name": use.name} for use in value.uses],
        "numbers": plain(value.tensor),
        "gradient": None if value.gradient is None else plain(value.gradient),
        "delivered": None if value.delivered is None else plain(value.delivered),
        "error": value.error,
        "parts": parts,
        "why_none": explanation.why_no_gradient(value),
    }


def _step(step: ExplainedStep) -> dict[str, Any]:
    reading = step.reading
    rule = None if reading is None else reading.rule
    concept = None if reading is None else reading.concept
    constants = {} if reading is None else reading.values
    return {
        "index": step.index,
        "operation": step.step.operation,
        "title": step.title,
        "kind": "operation" if concept is None else concept.kind,
        "module": step.step.module,
        "call": step.step.call,
        "badge": step.badge,
        "part_of": step.step.part_of,
        "in_place": step.step.in_place,
        "inputs": {name: value.symbol for name, value in step.inputs.items()},
        "outputs": {name: value.symbol for name, value in step.outputs.items()},
        "constants": {name: plain(each) for name, each in constants.items() if name not in step.inputs},
        "rule": None if rule is None else type(rule).__name__,
        "settings": settings_of(rule),
        "sources": {name: plain(each) for name, each in rule.sources.items()}
        if isinstance(rule, Movement)
        else {},
        "formula": step.formula,
        "derivative": step.derivative,
        "forward_error": step.forward_error,
        "backward_error": step.backward_error,
    }


def _updates(explanation: Explanation) -> list[dict[str, Any]]:
    update = explanation.update
    if update is None:
        return []
    result = []
    for name, value in explanation.parameters.items():
        if value.gradient is None:
            continue
        with torch.no_grad():
            new, _ = update.step(value.exact, value.gradient, update.start(value.exact), 1)
        result.append(
            {
                "symbol": value.symbol,
                "name": name,
                "rule": type(update).__name__,
                "settings": settings_of(update),
                "new": plain(new),
            }
        )
    return result


def settings_of(rule: Any) -> dict[str, Any]:
    """The settings of a rule or an update that JSON can hold.

    Args:
        rule: The rule; ``None`` has none.
    """
    if rule is None or isinstance(rule, Movement):
        return {}
    settings: dict[str, Any] = {}
    for each in dataclasses.fields(rule):
        held = _held(getattr(rule, each.name))
        if held is not _NOT_HELD:
            settings[each.name] = held
    return settings


_NOT_HELD = object()


def _held(setting: Any) -> Any:
    if setting is None or isinstance(setting, (bool, int, str)):
        return setting
    if isinstance(setting, float):
        return _words(setting)
    if isinstance(setting, (tuple, list)):
        parts = [_held(each) for each in setting]
        return _NOT_HELD if any(each is _NOT_HELD for each in parts) else parts
    if isinstance(setting, dict):
        pairs = {str(key): _held(each) for key, each in setting.items()}
        return {key: each for key, each in pairs.items() if each is not _NOT_HELD}
    return _NOT_HELD

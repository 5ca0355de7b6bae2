"""What the page needs to work out a step's numbers itself: the settings of its rule in a form for JavaScript.

The page knows how each kind of form is expanded (``page/*.js``). A rule without a form is explained by the
arithmetic of chosen numbers, which is written into the page.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch

from glasshouse.activations.softmax import SoftmaxRule
from glasshouse.core.elementwise import Elementwise
from glasshouse.core.update import Update
from glasshouse.explain.operations.activation_calls import LogSoftmax
from glasshouse.explain.operations.contraction import Contraction
from glasshouse.explain.operations.formula import Formula
from glasshouse.explain.operations.movement import Movement
from glasshouse.explain.operations.reduction import Reduction
from glasshouse.explain.page.branches import open_form
from glasshouse.explain.page.tensors import Store
from glasshouse.explain.steps import ExplainedStep
from glasshouse.layers.convolution_padding import padding_sources
from glasshouse.layers.convolution_rule import Convolution
from glasshouse.layers.dropout import DropoutRule
from glasshouse.layers.linear import LinearRule
from glasshouse.layers.normalization_rule import Normalization
from glasshouse.layers.pooling_rule import AdaptivePooling, Pooling, SlidingPooling
from glasshouse.layers.transposed_convolution_rule import TransposedConvolution
from glasshouse.losses.by_class import ByClass
from glasshouse.losses.cross_entropy import value as cross_entropy

Form = dict[str, Any]


def form_of(step: ExplainedStep, store: Store) -> Form | None:
    """The form of a step's rule; ``None`` where the page has none for it.

    Args:
        step: The step.
        store: Where the tensors go that the form holds.
    """
    if step.reading is None:
        return None
    rule = step.reading.rule
    for kind, make in _FORMS.items():
        if isinstance(rule, kind):
            return make(rule, step, store)
    return None


def form_of_update(update: Update, parameter: torch.Tensor, gradient: torch.Tensor) -> Form | None:
    """The first step of an optimizer as an open form of w and g; ``None`` where it has none.

    Args:
        update: What the optimizer does.
        parameter: The parameter.
        gradient: Its gradient.
    """
    start = update.start(parameter)
    if any(not bool((each == each.flatten()[0]).all()) for each in start.values() if each.numel()):
        return None
    state = {name: float(each.flatten()[0]) for name, each in start.items() if each.numel()}

    def stepped(w: Any, g: Any) -> Any:
        return update.step(w, g, state, 1)[0]

    written = open_form(stepped, ["w", "g"], {})
    return None if written is None else {"kind": "update", "is": written}


def _linear(rule: Any, step: ExplainedStep, store: Store) -> Form | None:
    assert step.reading is not None
    return {"kind": "linear"} if step.reading.values["weight"].dim() == 2 else None


def _convolution(rule: Any, step: ExplainedStep, store: Store) -> Form:
    assert step.reading is not None
    x, weight = step.reading.values["x"].shape, step.reading.values["weight"].shape
    sizes = x[-rule.axes :]
    amounts = rule.amounts(x, weight)
    return {
        "kind": "convolution",
        "sources": [
            padding_sources(size, *pair, rule.padding_mode)
            for size, pair in zip(sizes, amounts, strict=True)
        ],
        "stride": list(rule.stride),
        "dilation": list(rule.dilation),
        "groups": rule.groups,
    }


def _transposed(rule: Any, step: ExplainedStep, store: Store) -> Form:
    sizes = next(iter(step.outputs.values())).shape[-rule.twin.axes :]
    return {
        "kind": "transposed_convolution",
        "sources": [
            padding_sources(size, each, each, "zeros")
            for size, each in zip(sizes, rule.padding, strict=True)
        ],
        "stride": list(rule.stride),
        "dilation": list(rule.dilation),
        "groups": rule.groups,
    }


def _pooling(rule: Any, step: ExplainedStep, store: Store) -> Form | None:
    if not isinstance(rule, (SlidingPooling, AdaptivePooling)):
        return None
    assert step.reading is not None
    x = step.reading.values["x"].shape
    _, windows = rule.windows(x[len(x) - rule.dimensions :])
    whole = isinstance(rule, SlidingPooling) and rule.count_padding
    return {"kind": "pooling", "pool": rule.kind, "windows": windows, "whole": whole}


def _elementwise(rule: Any, step: ExplainedStep, store: Store) -> Form | None:
    slopes = {"x": rule.slope, **rule.learnt}
    return _by_formula("elementwise", rule.value, slopes, rule.settings, step)


def _formula(rule: Any, step: ExplainedStep, store: Store) -> Form | None:
    return _by_formula("formula", rule.value, rule.slopes, rule.settings, step)


def _by_formula(
    kind: str, value: Callable[..., Any], slopes: Any, settings: Any, step: ExplainedStep
) -> Form | None:
    assert step.reading is not None
    tensors = set(step.reading.values)

    def opened(formula: Callable[..., Any]) -> Any:
        names = list(inspect.signature(formula).parameters)
        fixed = {name: settings[name] for name in names if name not in tensors}
        return open_form(formula, [name for name in names if name in tensors], fixed)

    if set(step.reading.values) != set(step.inputs):
        return None
    forms = {"value": opened(value), **{name: opened(slope) for name, slope in slopes.items()}}
    if any(each is None for each in forms.values()):
        return None
    return {"kind": kind, "value": forms.pop("value"), "slopes": forms}


def _normalization(rule: Any, step: ExplainedStep, store: Store) -> Form | None:
    assert step.reading is not None
    settings = {"kind": "normalization", "epsilon": rule.epsilon, "centred": rule.centred}
    given = rule.given_statistics(step.saved)
    if hasattr(rule, "normalized"):
        return {**settings, "by": "last", "count": rule.normalized, "given": given}
    if hasattr(rule, "num_groups"):
        return {**settings, "by": "groups", "count": rule.num_groups, "given": given}
    if hasattr(rule, "training"):
        return {**settings, "by": "channel", "count": 0, "given": given}
    return None


def _dropout(rule: Any, step: ExplainedStep, store: Store) -> Form:
    assert step.reading is not None
    if not rule.training:
        return {"kind": "dropout", "training": False}
    mask = step.reading.values["mask"]
    return {
        "kind": "dropout",
        "training": True,
        "probability": rule.probability,
        "mask": store.put(mask.to(torch.uint8)),
    }


def _softmax(rule: Any, step: ExplainedStep, store: Store) -> Form:
    return {"kind": "softmax", "temperature": rule.temperature, "axis": rule.axis}


def _log_softmax(rule: Any, step: ExplainedStep, store: Store) -> Form:
    return {"kind": "log_softmax", "axis": rule.axis}


def _by_class(rule: Any, step: ExplainedStep, store: Store) -> Form | None:
    settings = rule.settings
    usual = (
        rule.value is cross_entropy
        and settings.get("from_logits")
        and not settings.get("label_smoothing")
        and rule.class_weights is None
    )
    return {"kind": "cross_entropy", "letter": rule.letter} if usual else None


def _contraction(rule: Any, step: ExplainedStep, store: Store) -> Form | None:
    assert step.reading is not None
    if any(len(set(letters)) < len(letters) for letters in rule.letters):
        return None
    return {
        "kind": "contraction",
        "names": list(rule.names),
        "letters": list(rule.letters),
        "output": rule.output,
    }


def _movement(rule: Any, step: ExplainedStep, store: Store) -> Form:
    assert step.reading is not None
    return {
        "kind": "movement",
        "names": list(rule.names),
        "shapes": [list(shape) for shape in rule.shapes],
        "sources": {name: _places(source, store) for name, source in rule.sources.items()},
        "constants": {name: store.put(each) for name, each in rule.constants.items()},
    }


def _places(source: torch.Tensor, store: Store) -> dict[str, Any]:
    """Places as an offset and a stride for each axis, where they follow such a rule; else one by one."""
    if source.numel():
        first = int(source.flatten()[0])
        strides: list[int] = []
        for axis, size in enumerate(source.shape):
            beside = source.select(axis, 1).flatten()[0] if size > 1 else source.flatten()[0]
            strides.append(int(beside) - first)
        regular = torch.full(source.shape, first)
        for axis, (size, stride) in enumerate(zip(source.shape, strides, strict=True)):
            shape = [1] * source.dim()
            shape[axis] = size
            regular = regular + stride * torch.arange(size).reshape(shape)
        if bool((regular == source).all()):
            return {"shape": list(source.shape), "first": first, "strides": strides}
    return store.put(source.to(torch.int64))


def _reduction(rule: Any, step: ExplainedStep, store: Store) -> Form:
    return {
        "kind": "reduction",
        "of": rule.kind,
        "axes": list(rule.axes),
        "keep": rule.keep,
        "order": rule.order,
    }


_FORMS: dict[type, Callable[[Any, ExplainedStep, Store], Form | None]] = {
    LinearRule: _linear,
    Convolution: _convolution,
    TransposedConvolution: _transposed,
    Pooling: _pooling,
    Elementwise: _elementwise,
    Formula: _formula,
    Normalization: _normalization,
    DropoutRule: _dropout,
    SoftmaxRule: _softmax,
    LogSoftmax: _log_softmax,
    ByClass: _by_class,
    Contraction: _contraction,
    Movement: _movement,
    Reduction: _reduction,
}

"""What the page needs to work out a step's numbers itself: the settings of its rule in a form for JavaScript.

The page knows how each kind of form is expanded (``page/*.js``). A rule without a form is explained by the
arithmetic of chosen numbers, which is written into the page.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from glasshouse.activations.softmax import SoftmaxRule
from glasshouse.core.arithmetic import named
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
from glasshouse.layers.gru_cell_rule import GRUCellRule
from glasshouse.layers.linear import LinearRule
from glasshouse.layers.lstm_cell import LSTMCellRule
from glasshouse.layers.normalization_rule import Normalization
from glasshouse.layers.pooling_rule import AdaptivePooling, Pooling, SlidingPooling
from glasshouse.layers.recurrent_cell_rule import RecurrentCell
from glasshouse.layers.rnn_cell import RNNCellRule
from glasshouse.layers.transposed_convolution_rule import TransposedConvolution
from glasshouse.losses.by_class import ByClass
from glasshouse.losses.cross_entropy import value as cross_entropy

Form = dict[str, Any]


@dataclass(frozen=True)
class _Of:
    """What a form is made of: a rule, its tensors, its step, and where the tensors of the form go."""

    rule: Any
    values: Mapping[str, torch.Tensor]
    step: ExplainedStep
    store: Store


def form_of(step: ExplainedStep, store: Store) -> Form | None:
    """The form of a step's rule; ``None`` where the page has none for it.

    Args:
        step: The step.
        store: Where the tensors go that the form holds.
    """
    if step.reading is None:
        return None
    for kind, make in _FORMS.items():
        if isinstance(step.reading.rule, kind):
            return make(_Of(step.reading.rule, step.reading.values, step, store))
    return None


def form_of_update(update: Update, parameter: torch.Tensor) -> Form | None:
    """The first step of an optimizer as an open form of w and g; ``None`` where it has none.

    Args:
        update: What the optimizer does.
        parameter: The parameter.
    """
    start = update.start(parameter)
    if any(not bool((each == each.flatten()[0]).all()) for each in start.values() if each.numel()):
        return None
    state = {name: float(each.flatten()[0]) for name, each in start.items() if each.numel()}

    def stepped(w: Any, g: Any, **remembered: Any) -> Any:
        return update.step(w, g, remembered, 1)[0]

    written = open_form(stepped, ["w", "g", *state], {})
    return None if written is None else {"is": written, "state": state}


def _linear(of: _Of) -> Form | None:
    return {"kind": "linear"} if of.values["weight"].dim() == 2 else None


def _convolution(of: _Of) -> Form:
    x, weight = of.values["x"].shape, of.values["weight"].shape
    sizes = x[-of.rule.axes :]
    amounts = of.rule.amounts(x, weight)
    return {
        "kind": "convolution",
        "sources": [
            padding_sources(size, before, after, of.rule.padding_mode)
            for size, (before, after) in zip(sizes, amounts, strict=True)
        ],
        "stride": list(of.rule.stride),
        "dilation": list(of.rule.dilation),
        "groups": of.rule.groups,
    }


def _transposed(of: _Of) -> Form:
    sizes = next(iter(of.step.outputs.values())).shape[-of.rule.twin.axes :]
    return {
        "kind": "transposed_convolution",
        "sources": [
            padding_sources(size, each, each, "zeros")
            for size, each in zip(sizes, of.rule.padding, strict=True)
        ],
        "stride": list(of.rule.stride),
        "dilation": list(of.rule.dilation),
        "groups": of.rule.groups,
    }


def _pooling(of: _Of) -> Form | None:
    if not isinstance(of.rule, (SlidingPooling, AdaptivePooling)):
        return None
    x = of.values["x"].shape
    _, windows = of.rule.windows(x[len(x) - of.rule.dimensions :])
    whole = isinstance(of.rule, SlidingPooling) and of.rule.count_padding
    return {"kind": "pooling", "pool": of.rule.kind, "windows": windows, "whole": whole}


def _elementwise(of: _Of) -> Form | None:
    slopes = {"x": of.rule.slope, **of.rule.learnt}
    return _by_formula("elementwise", slopes, of)


def _formula(of: _Of) -> Form | None:
    return _by_formula("formula", of.rule.slopes, of)


def _by_formula(kind: str, slopes: Mapping[str, Callable[..., Any]], of: _Of) -> Form | None:
    def opened(formula: Callable[..., Any]) -> Any:
        names = list(inspect.signature(formula).parameters)
        fixed = {name: of.rule.settings[name] for name in names if name not in of.values}
        return open_form(formula, [name for name in names if name in of.values], fixed)

    if set(of.values) != set(of.step.inputs):
        return None
    forms = {name: opened(slope) for name, slope in slopes.items()}
    value = opened(of.rule.value)
    if value is None or any(each is None for each in forms.values()):
        return None
    return {"kind": kind, "value": value, "slopes": forms}


def _normalization(of: _Of) -> Form | None:
    settings = {"kind": "normalization", "epsilon": of.rule.epsilon, "centred": of.rule.centred}
    given = of.rule.given_statistics(of.step.saved)
    if hasattr(of.rule, "normalized"):
        return {**settings, "by": "last", "count": of.rule.normalized, "given": given}
    if hasattr(of.rule, "num_groups"):
        return {**settings, "by": "groups", "count": of.rule.num_groups, "given": given}
    if hasattr(of.rule, "training"):
        return {**settings, "by": "channel", "count": 0, "given": given}
    return None


def _dropout(of: _Of) -> Form:
    if not of.rule.training:
        return {"kind": "dropout", "training": False}
    mask = of.values["mask"]
    return {
        "kind": "dropout",
        "training": True,
        "probability": of.rule.probability,
        "mask": of.store.put(mask.to(torch.uint8)),
    }


def _softmax(of: _Of) -> Form:
    return {"kind": "softmax", "temperature": of.rule.temperature, "axis": of.rule.axis}


def _log_softmax(of: _Of) -> Form:
    return {"kind": "log_softmax", "axis": of.rule.axis}


def _by_class(of: _Of) -> Form | None:
    settings = of.rule.settings
    usual = (
        of.rule.value is cross_entropy
        and settings.get("from_logits")
        and not settings.get("label_smoothing")
        and of.rule.class_weights is None
    )
    return {"kind": "cross_entropy", "letter": of.rule.letter} if usual else None


def _contraction(of: _Of) -> Form | None:
    if any(len(set(letters)) < len(letters) for letters in of.rule.letters):
        return None
    return {
        "kind": "contraction",
        "names": list(of.rule.names),
        "letters": list(of.rule.letters),
        "output": of.rule.output,
    }


def _movement(of: _Of) -> Form:
    return {
        "kind": "movement",
        "names": list(of.rule.names),
        "shapes": [list(shape) for shape in of.rule.shapes],
        "sources": {name: _places(source, of.store) for name, source in of.rule.sources.items()},
        "constants": {name: of.store.put(each) for name, each in of.rule.constants.items()},
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


def _reduction(of: _Of) -> Form:
    return {
        "kind": "reduction",
        "of": of.rule.kind,
        "axes": list(of.rule.axes),
        "keep": of.rule.keep,
        "order": of.rule.order,
    }


def _recurrent(of: _Of) -> Form | None:
    """The equations of a cell with what reaches its gates left open; of those that are laid out alike."""
    rule = of.rule
    if type(rule) not in (RNNCellRule, LSTMCellRule, GRUCellRule) or rule.suffix or rule.source != "x":
        return None
    states = rule.inputs[1:]
    reach = [f"{side} {gate}" for side in "xh" for gate in rule.gates]

    def made(name: str) -> Any:
        def equation(**v: Any) -> Any:
            x, h = ({gate: v[f"{side} {gate}"] for gate in rule.gates} for side in "xh")
            return rule.step(x, h, {state: v[state] for state in states}, named)[name]

        return open_form(equation, [*reach, *states], {})

    def slope(group: str, name: str) -> Any:
        known = [*states, *rule.kept, *(f"d{output}" for output in rule.outputs)]
        return open_form(lambda **v: getattr(rule.slopes(v, named), group)[name], known, {})

    direct = rule.slopes(dict.fromkeys([*states, *rule.kept, *(f"d{o}" for o in rule.outputs)], 0.0), named)
    form = {
        "made": {name: made(name) for name in rule.kept},
        "from_ih": {gate: slope("from_x", gate) for gate in rule.gates},
        "from_hh": {gate: slope("from_h", gate) for gate in rule.gates},
        "direct": {state: slope("states", state) for state in direct.states},
    }
    if any(each is None for forms in form.values() for each in forms.values()):
        return None
    return {"kind": "recurrent", "gates": list(rule.gates), "states": list(states), **form}


_FORMS: dict[type, Callable[[_Of], Form | None]] = {
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
    RecurrentCell: _recurrent,
}

"""Modules of this package that are one step of an explanation: their rules know them as a whole."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.concept import Concept
from glasshouse.explain.nested import each_of
from glasshouse.explain.reading import Call, Reading
from glasshouse.layers import LAYERS
from glasshouse.losses import LOSSES


def _reader(concept: Concept) -> Callable[[nn.Module, Call], Reading | None]:
    def read(module: nn.Module, call: Call) -> Reading | None:
        assert concept.rule is not None
        rule, own = concept.rule(module)
        named = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        tensors, arguments, keywords = call.arguments
        values = dict(zip(rule.inputs, each_of(torch.Tensor, (arguments, keywords)), strict=False))
        for name, tensor in own.items():
            for path, one in named.items():
                if one is tensor:
                    values[name] = tensors[path]
        return Reading(rule, values, rule.outputs, concept=concept, title=concept.name)

    return read


def _table() -> dict[type[nn.Module], Callable[[nn.Module, Call], Reading | None]]:
    table: dict[Any, Callable[[nn.Module, Call], Reading | None]] = {}
    for concept in (*ACTIVATIONS.values(), *LAYERS.values(), *LOSSES.values()):
        if inspect.isclass(concept.build) and concept.rule is not None:
            table[concept.build] = _reader(concept)
    return table


WHOLE = _table()
"""By the module's own class: from the module and its call to the rule."""


def is_whole(module: nn.Module) -> bool:
    """Whether a module is recorded as one step.

    Args:
        module: The module.

    Example:
        >>> from glasshouse.activations import Swish
        >>> is_whole(Swish()), is_whole(nn.Linear(1, 1))
        (True, False)
    """
    return type(module) in WHOLE

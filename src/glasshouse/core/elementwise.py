"""Rules of functions that treat every number alike: one formula for the value, one for each slope."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from glasshouse.core.arithmetic import Quantity, leaf
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, gradient_name, places, reduce_to

Formula = Callable[..., Quantity]
"""A formula of ``x`` and of settings and parameters by name, in the functions of ``core.arithmetic``."""


@dataclass(frozen=True)
class Elementwise(Rule):
    """``y = f(x)`` for every number of ``x`` alone.

    A learnt parameter has one number, or one for each channel (axis 1 of ``x``), as in PReLU.

    Args:
        value: ``f(x, ...)``.
        slope: ``df/dx``, with the convention at kinks that PyTorch has.
        learnt: ``df/dp`` for each parameter ``p`` that may be learnt.
        settings: The numbers that the formulas take besides ``x`` and the learnt ones.
    """

    value: Formula
    slope: Formula
    learnt: Mapping[str, Formula] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def forward(self, values: Tensors) -> Forward:
        """``y = f(x)``."""
        y = self._apply(self.value, values)
        return Forward({"y": y}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dx = dy f'(x)``; for a learnt parameter the sum over the numbers that it served."""
        x, dy = saved["x"], gradients["y"]
        result = {"x": dy * self._apply(self.slope, saved)}
        for name, slope in self.learnt.items():
            if name in saved:
                p = saved[name]
                served = reduce_to(dy * self._apply(slope, saved), _beside(p, x).shape)
                result[name] = served.reshape(p.shape)
        return result

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The formula with the numbers of that place."""
        return wrap(self.value(**self._leaves(self.value, saved, index)))

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """``dy`` times the slope at that place; for a parameter, summed over the places that it served."""
        dy = gradients["y"]
        if name == "x":
            slope = self.slope(**self._leaves(self.slope, saved, index))
            return wrap(leaf(gradient_name("y"), dy, index) * slope)
        in_parameter, x = self.learnt[name], saved["x"]
        per_channel = saved[name].numel() > 1
        served = [
            place for place in places(x.shape) if not per_channel or place[min(1, x.dim() - 1)] == index[-1]
        ]
        return total(
            [
                leaf(gradient_name("y"), dy, place) * in_parameter(**self._leaves(in_parameter, saved, place))
                for place in served
            ]
        )

    def differentiated(self, values: Tensors) -> list[str]:
        """``x`` and the learnt parameters that are given."""
        return [name for name in ("x", *self.learnt) if name in values]

    def _apply(self, formula: Formula, values: Tensors) -> torch.Tensor:
        x = values["x"]
        given: dict[str, Any] = {}
        for name in _names(formula):
            if name == "x":
                given[name] = x
            elif name in values:
                given[name] = _beside(values[name], x)
            elif name in self.settings:
                given[name] = self.settings[name]
        result = formula(**given)
        # A constant slope comes as a number, a choice between constants in the finest type.
        return result.to(x.dtype) if isinstance(result, torch.Tensor) else torch.full_like(x, result)

    def _leaves(self, formula: Formula, saved: Tensors, index: Sequence[int]) -> dict[str, Any]:
        place = tuple(index)
        given: dict[str, Any] = {}
        for name in _names(formula):
            if name == "x":
                given[name] = leaf("x", saved["x"], place)
            elif name in saved:
                p = saved[name]
                given[name] = leaf(
                    name, p, () if p.dim() == 0 else (place[min(1, len(place) - 1)] if p.numel() > 1 else 0,)
                )
            elif name in self.settings:
                given[name] = self.settings[name]
        return given


def elementwise(
    value: Formula, slope: Formula, learnt: Mapping[str, Formula] | None = None, **named: str
) -> Callable[[Any], tuple[Elementwise, dict[str, torch.Tensor]]]:
    """Make the reader of modules that compute one formula for every number.

    Args:
        value: ``f(x, ...)``; its other arguments are attributes of the module: plain numbers are settings,
            tensors are parameters.
        slope: ``df/dx``, with the same arguments or fewer.
        learnt: ``df/dp`` for each argument ``p`` that the module may learn.
        named: The module's own name of an argument where it differs (PReLU calls ``a`` its ``weight``).

    Returns:
        A function from a module to its rule and its parameters.

    Raises:
        AttributeError: The module has no attribute of the name of an argument.

    Example:
        >>> rule_of = elementwise(
        ...     value=lambda x, negative_slope: x * (1.0 if x > 0 else negative_slope),
        ...     slope=lambda x, negative_slope: 1.0 if x > 0 else negative_slope,
        ... )
        >>> rule, parameters = rule_of(torch.nn.LeakyReLU(0.5))
        >>> rule.settings, parameters
        ({'negative_slope': 0.5}, {})
        >>> print(rule.expand({"x": torch.tensor([-3.0])}, "y", (0,)))
        (−3)·0.5 = −1.5
    """
    partial = dict(learnt or {})

    def rule_of(module: Any) -> tuple[Elementwise, dict[str, torch.Tensor]]:
        settings: dict[str, Any] = {}
        parameters: dict[str, torch.Tensor] = {}
        for name in _names(value):
            if name == "x":
                continue
            found = getattr(module, named.get(name, name))
            (parameters if isinstance(found, torch.Tensor) else settings)[name] = found
        return Elementwise(
            value, slope, {k: v for k, v in partial.items() if k in parameters}, settings
        ), parameters

    return rule_of


def _names(formula: Formula) -> list[str]:
    return list(inspect.signature(formula).parameters)


def _beside(p: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """A parameter in a shape that broadcasts over ``x``: one number, or one for each channel (axis 1)."""
    if p.numel() == 1:
        return p.reshape(())
    return p.reshape((1, -1) + (1,) * (x.dim() - 2)) if x.dim() >= 2 else p

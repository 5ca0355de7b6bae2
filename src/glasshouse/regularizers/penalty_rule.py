"""The rule that penalties share: the sum of one formula over all weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from glasshouse.core.arithmetic import Quantity, leaf
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, places

Formula = Callable[..., Quantity]


@dataclass(frozen=True)
class PenaltyRule(Rule):
    """``P = sum f(w)`` over all weights.

    Args:
        value: ``f(w, ...)`` in the functions of ``core.arithmetic``.
        slope: ``df/dw``, 0 where there is a kink at 0.
        settings: What the formulas take besides.
    """

    inputs: ClassVar[tuple[str, ...]] = ("w",)
    outputs: ClassVar[tuple[str, ...]] = ("penalty",)
    differentiable: ClassVar[tuple[str, ...]] = ("w",)
    value: Formula
    slope: Formula
    settings: Mapping[str, Any]

    def forward(self, values: Tensors) -> Forward:
        """The sum of the formula."""
        return Forward({"penalty": self.value(values["w"], **self.settings).sum()}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dw = dP f'(w)``."""
        return {"w": gradients["penalty"] * self.slope(saved["w"], **self.settings)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The formula at every weight, added up."""
        w = saved["w"]
        terms = [wrap(self.value(leaf("w", w, place), **self.settings)) for place in places(w.shape)]
        return total(terms)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The slope at that weight."""
        slope = self.slope(leaf("w", saved["w"], index), **self.settings)
        return wrap(leaf("dpenalty", gradients["penalty"]) * slope)


def penalty_rule(
    value: Formula, slope: Formula, *settings: str
) -> Callable[[Any], tuple[PenaltyRule, dict[str, torch.Tensor]]]:
    """Make the reader of penalties that are the sum of one formula.

    Args:
        value: ``f(w, ...)``.
        slope: ``df/dw``, with the same arguments.
        settings: Attributes of the penalty that the formulas take by name.

    Returns:
        A function from a penalty to its rule and its (no) parameters.

    Example:
        >>> from types import SimpleNamespace
        >>> rule_of = penalty_rule(lambda w, p: w**p, lambda w, p: p * w ** (p - 1), "p")
        >>> rule, _ = rule_of(SimpleNamespace(p=2))
        >>> print(rule.expand({"w": torch.tensor([3.0, -1.0])}, "penalty", ()))
        3² + (−1)² = 10
    """

    def rule_of(module: Any) -> tuple[PenaltyRule, dict[str, torch.Tensor]]:
        return PenaltyRule(value, slope, {name: getattr(module, name) for name in settings}), {}

    return rule_of

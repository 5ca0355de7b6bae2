"""Rules of losses that treat every number alike: the mean of one formula over outputs and targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch

from glasshouse.core.arithmetic import Quantity, leaf
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, places


@dataclass(frozen=True)
class Pointwise(Rule):
    """``L = 1/M sum f(y, t)`` over the M numbers of outputs and targets.

    Args:
        value: ``f(y, t, ...)`` in the functions of ``core.arithmetic``.
        slope: ``df/dy``, with the convention at kinks that PyTorch has.
        settings: What the formulas take besides.
    """

    inputs: ClassVar[tuple[str, ...]] = ("outputs", "targets")
    outputs: ClassVar[tuple[str, ...]] = ("loss",)
    differentiable: ClassVar[tuple[str, ...]] = ("outputs",)
    value: Callable[..., Quantity]
    slope: Callable[..., Quantity]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def forward(self, values: Tensors) -> Forward:
        """The mean of the formula."""
        each = self.value(values["outputs"], values["targets"], **self.settings)
        return Forward({"loss": each.mean().to(values["outputs"].dtype)}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dy = dL f'(y, t) / M``."""
        y, t = saved["outputs"], saved["targets"]
        slope = self.slope(y, t, **self.settings)
        return {"outputs": (gradients["loss"] * slope / y.numel()).to(y.dtype)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The formula at every place, added up, over their number."""
        y = saved["outputs"]
        if y.numel() == 1:
            return wrap(self.value(*self._leaves(saved, (0,) * y.dim()), **self.settings))
        terms = [wrap(self.value(*self._leaves(saved, place), **self.settings)) for place in places(y.shape)]
        return total(terms) / len(terms)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The slope at that place over the number of places."""
        slope = self.slope(*self._leaves(saved, index), **self.settings)
        return wrap(leaf("dloss", gradients["loss"]) * slope / saved["outputs"].numel())

    def _leaves(self, saved: Tensors, index: Sequence[int]) -> tuple[Expression, Expression]:
        return leaf("y", saved["outputs"], index), leaf("t", saved["targets"], index)


def pointwise(
    value: Callable[..., Quantity], slope: Callable[..., Quantity], *settings: str
) -> Callable[[Any], tuple[Pointwise, dict[str, torch.Tensor]]]:
    """Make the reader of losses that are the mean of one formula.

    Args:
        value: ``f(y, t, ...)``.
        slope: ``df/dy``, with the same arguments.
        settings: Attributes of the loss that the formulas take by name.

    Returns:
        A function from a loss to its rule and its (no) parameters.

    Example:
        >>> squared = pointwise(lambda y, t: (y - t) ** 2, lambda y, t: 2 * (y - t))
        >>> rule, _ = squared(torch.nn.MSELoss())
        >>> print(rule.expand({"outputs": torch.tensor([3.0]), "targets": torch.tensor([1.0])}, "loss", ()))
        (3 − 1)² = 4
    """

    def rule_of(module: Any) -> tuple[Pointwise, dict[str, torch.Tensor]]:
        return Pointwise(value, slope, {name: getattr(module, name) for name in settings}), {}

    return rule_of

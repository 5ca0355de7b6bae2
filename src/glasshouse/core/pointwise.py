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
    """``L = sum f(y, t) / W`` over the numbers of outputs and targets.

    W is how many numbers there are, or samples, or the sum of the targets' weights.

    Args:
        value: ``f(y, t, ...)`` in the functions of ``core.arithmetic``.
        slope: ``df/dy``, with the convention at kinks that PyTorch has.
        settings: What the formulas take besides.
        weigh: The weight of a target, for a weighted mean; the value contains it already.
        by_sample: Whether W counts samples (rows) instead of numbers.
        letter: What the arithmetic calls an output.
    """

    inputs: ClassVar[tuple[str, ...]] = ("outputs", "targets")
    outputs: ClassVar[tuple[str, ...]] = ("loss",)
    differentiable: ClassVar[tuple[str, ...]] = ("outputs",)
    value: Callable[..., Quantity]
    slope: Callable[..., Quantity]
    settings: Mapping[str, Any] = field(default_factory=dict)
    weigh: Callable[[Quantity], Quantity] | None = None
    by_sample: bool = False
    letter: str = "y"

    def forward(self, values: Tensors) -> Forward:
        """The mean of the formula."""
        y, t = self._pair(values)
        each = self.value(y, t, **self.settings)
        return Forward({"loss": (each.sum() / self._divisor(y, t)).to(y.dtype)}, dict(values))

    def each(self, values: Tensors) -> torch.Tensor:
        """The formula of every sample (N,): the mean of its numbers, or their sum where W counts samples."""
        y, t = self._pair(values)
        value: torch.Tensor = self.value(y, t, **self.settings)
        found = value.reshape(len(y), -1)
        return found.sum(1) if self.by_sample else found.mean(1)

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dy = dL f'(y, t) / W``."""
        y, t = self._pair(saved)
        slope = self.slope(y, t, **self.settings)
        return {"outputs": (gradients["loss"] * slope / self._divisor(y, t)).to(y.dtype)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The formula at every place, added up, over their number or weight."""
        y, t = self._pair(saved)
        terms = [wrap(self.value(*self._leaves(y, t, place), **self.settings)) for place in places(y.shape)]
        divisor = self._written_divisor(y, t)
        return total(terms) if divisor.value == 1 and self.weigh is None else total(terms) / divisor

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The slope at that place over the number of places or their weight."""
        y, t = self._pair(saved)
        slope = self.slope(*self._leaves(y, t, index), **self.settings)
        return wrap(leaf("dloss", gradients["loss"]) * slope / self._written_divisor(y, t))

    def _pair(self, values: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
        """Outputs, and targets (class 0 or 1, maybe) in their shape and type."""
        y = values["outputs"]
        return y, values["targets"].to(y.dtype).reshape(y.shape)

    def _leaves(
        self, y: torch.Tensor, t: torch.Tensor, index: Sequence[int]
    ) -> tuple[Expression, Expression]:
        return leaf(self.letter, y, index), leaf("t", t, index)

    def _divisor(self, y: torch.Tensor, t: torch.Tensor) -> Any:
        if self.weigh is not None:
            return self.weigh(t).sum()
        return len(y) if self.by_sample else y.numel()

    def _written_divisor(self, y: torch.Tensor, t: torch.Tensor) -> Expression:
        if self.weigh is None:
            return wrap(self._divisor(y, t))
        return total([wrap(self.weigh(leaf("t", t, place))) for place in places(t.shape)])


def pointwise(
    value: Callable[..., Quantity], slope: Callable[..., Quantity], *settings: str, by_sample: bool = False
) -> Callable[[Any], tuple[Pointwise, dict[str, torch.Tensor]]]:
    """Make the reader of losses that are the mean of one formula.

    Args:
        value: ``f(y, t, ...)``.
        slope: ``df/dy``, with the same arguments.
        settings: Attributes of the loss that the formulas take by name.
        by_sample: Whether the sum is divided by the samples instead of the numbers.

    Returns:
        A function from a loss to its rule and its (no) parameters.

    Example:
        >>> squared = pointwise(lambda y, t: (y - t) ** 2, lambda y, t: 2 * (y - t))
        >>> rule, _ = squared(torch.nn.MSELoss())
        >>> print(rule.expand({"outputs": torch.tensor([3.0]), "targets": torch.tensor([1.0])}, "loss", ()))
        (3 − 1)² = 4
    """

    def rule_of(module: Any) -> tuple[Pointwise, dict[str, torch.Tensor]]:
        found = {name: getattr(module, name) for name in settings}
        return Pointwise(value, slope, found, by_sample=by_sample), {}

    return rule_of

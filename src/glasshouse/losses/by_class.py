"""Rules of losses that have one output for every class: a mean over samples of one formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch

from glasshouse.core.arithmetic import Quantity, exp, leaf, log, named
from glasshouse.core.expression import Expression, Number, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, places

Outputs = Sequence[Quantity]
"""One quantity for each class: columns of tensors, or expressions of one sample."""

FAR = 700.0
"""Beyond this number the exponential leaves float64: then the largest is taken off first."""


@dataclass(frozen=True)
class ByClass(Rule):
    """``L = sum f(z_n, t_n) / W`` over the samples.

    ``t_n`` has one number for each class: 1 for the true class and 0 for the others, or shares. W is the
    number of samples, or with class weights and class indices the sum of the true classes' weights.

    Args:
        value: ``f(z, t, ...)`` of the outputs of one sample.
        slopes: ``df/dz_k`` for every class k, with the same arguments.
        settings: What the formulas take besides.
        class_weights: One for each class; the formulas multiply by them, this divides by their sum.
        letter: What the arithmetic calls an output.
    """

    inputs: ClassVar[tuple[str, ...]] = ("outputs", "targets")
    outputs: ClassVar[tuple[str, ...]] = ("loss",)
    differentiable: ClassVar[tuple[str, ...]] = ("outputs",)
    value: Callable[..., Quantity]
    slopes: Callable[..., Sequence[Quantity]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    class_weights: tuple[float, ...] | None = None
    letter: str = "z"

    def forward(self, values: Tensors) -> Forward:
        """The weighted mean over the samples."""
        z, t = _columns(values)
        each = self.value(z, t, **self.settings)
        dtype = values["outputs"].dtype
        return Forward({"loss": (each.sum() / self._weight(values)).to(dtype)}, dict(values))

    def each(self, values: Tensors) -> torch.Tensor:
        """The formula of every sample (N,), and the mean over its places where it has several."""
        z, t = _columns(values)
        found: torch.Tensor = self.value(z, t, **self.settings)
        return found.reshape(len(values["outputs"]), -1).mean(1)

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dz = dL f'(z, t) / W``."""
        outputs = saved["outputs"]
        z, t = _columns(saved)
        slopes = torch.stack(
            [each + torch.zeros_like(z[0]) for each in self.slopes(z, t, **self.settings)], 1
        )
        rows = (gradients["loss"] * slopes / self._weight(saved)).to(outputs.dtype)
        sizes = outputs.movedim(1, -1).shape
        return {"outputs": rows.reshape(sizes).movedim(-1, 1)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The formula of every sample, added up, over their weight."""
        outputs = saved["outputs"]
        terms = [
            wrap(self.value(*self._written(saved, sample), **self.settings))
            for sample in places((*outputs.shape[:1], *outputs.shape[2:]))
        ]
        weight = self._weight(saved)
        return total(terms) if weight == 1 else total(terms) / weight

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The slope of that sample in that class, over the weight of all samples."""
        sample, true, *rest = index
        slope = self.slopes(*self._written(saved, (sample, *rest)), **self.settings)[true]
        return wrap(leaf("dloss", gradients["loss"]) * slope / self._weight(saved))

    def _weight(self, values: Tensors) -> float:
        targets = values["targets"]
        if self.class_weights is None or targets.is_floating_point():
            outputs = values["outputs"]
            return outputs.numel() / max(1, outputs.shape[1])
        return float(torch.tensor(self.class_weights, dtype=torch.float64)[targets].sum())

    def _written(
        self, saved: Tensors, sample: Sequence[int]
    ) -> tuple[list[Expression], list[Expression | float]]:
        outputs, targets = saved["outputs"], saved["targets"]
        first, *rest = sample
        of_classes = [(first, k, *rest) for k in range(outputs.shape[1])]
        z: list[Expression] = [leaf(self.letter, outputs, place) for place in of_classes]
        if targets.is_floating_point():
            return z, [leaf("t", targets, place) for place in of_classes]
        true = int(targets[tuple(sample)])
        return z, [float(k == true) for k in range(outputs.shape[1])]


def by_class(
    value: Callable[..., Quantity],
    slopes: Callable[..., Sequence[Quantity]],
    *settings: str,
    letter: str = "z",
) -> Callable[[Any], tuple[ByClass, dict[str, torch.Tensor]]]:
    """Make the reader of losses with one output for every class.

    Args:
        value: ``f(z, t, ...)`` of the outputs of one sample.
        slopes: ``df/dz_k`` for every class, with the same arguments.
        settings: Attributes of the loss that the formulas take by name; among them ``class_weights``, where
            it has some.
        letter: What the arithmetic calls an output.

    Returns:
        A function from a loss to its rule and its (no) parameters.
    """

    def rule_of(module: Any) -> tuple[ByClass, dict[str, torch.Tensor]]:
        found = {name: getattr(module, name) for name in settings}
        weights = weights_of(module) if "class_weights" in found else None
        if "class_weights" in found:
            found["class_weights"] = weights
        return ByClass(value, slopes, found, weights, letter), {}

    return rule_of


def share_sum(t: Sequence[Quantity], values: Sequence[Quantity]) -> Quantity:
    """``sum of t_k v_k``; in expressions the classes whose share is a plain 0 are left out.

    Example:
        >>> print(share_sum([1.0, 0.0], [Number(3.0), Number(5.0)]))
        3 = 3
    """
    kept = [
        each if isinstance(share, float) and share == 1 else share * each
        for share, each in zip(t, values, strict=True)
        if not (isinstance(share, float) and share == 0)
    ]
    if not kept:
        return 0.0
    return total(kept) if isinstance(kept[0], Expression) else sum(kept)


def log_sum_exp(z: Outputs) -> Quantity:
    """``ln(sum of e^z)``, without overflow.

    Example:
        >>> print(log_sum_exp([Number(0.0), Number(0.0)]))
        ln(e^(0) + e^(0)) = 0.693147
    """
    if not isinstance(z[0], Expression):
        return torch.logsumexp(torch.stack(list(z)), 0)
    shift = _shift(z)
    powers = total([exp(each - shift if shift else each) for each in z])
    return shift + log(powers) if shift else log(powers)


def softmax(z: Outputs) -> list[Quantity]:
    """``e^z_k / sum of e^z`` for every class k, named p in the arithmetic.

    Example:
        >>> p = softmax([Number(0.0), Number(0.0)])
        >>> print(p[0].inner)
        e^(0) / (e^(0) + e^(0)) = 0.5
    """
    if not isinstance(z[0], Expression):
        return list(torch.softmax(torch.stack(list(z)), 0).unbind(0))
    shift = _shift(z)
    powers = [exp(each - shift if shift else each) for each in z]
    return [named("p", each / total(powers), (k,)) for k, each in enumerate(powers)]


def first_largest(z: Outputs) -> list[Quantity]:
    """1 for the first of the largest, 0 for the others.

    Example:
        >>> first_largest([Number(1.0), Number(2.0), Number(2.0)])
        [0.0, 1.0, 0.0]
    """
    if not isinstance(z[0], Expression):
        columns = torch.stack([each + torch.zeros_like(z[0]) for each in z])
        winner = columns.argmax(0)
        return [(winner == k).to(columns.dtype) for k in range(len(z))]
    winner_at = max(range(len(z)), key=lambda k: (z[k].value, -k))
    return [float(k == winner_at) for k in range(len(z))]


def weights_of(module: Any) -> tuple[float, ...] | None:
    """The class weights of a loss as plain numbers.

    Args:
        module: A loss with ``class_weights``.
    """
    weights = module.class_weights
    return None if weights is None else tuple(float(each) for each in weights.double())


def _shift(z: Outputs) -> Number | None:
    largest = max(each.value for each in z)
    return Number(largest, "max") if abs(largest) > FAR else None


def _columns(values: Tensors) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Outputs and shares class by class, over all samples (and pixels)."""
    outputs, targets = values["outputs"], values["targets"]
    classes = outputs.shape[1]
    z = outputs.movedim(1, -1).reshape(-1, classes)
    if targets.is_floating_point():
        t = targets.to(outputs.dtype).movedim(1, -1).reshape(-1, classes)
    else:
        t = (targets.reshape(-1, 1) == torch.arange(classes, device=targets.device)).to(outputs.dtype)
    return list(z.unbind(1)), list(t.unbind(1))

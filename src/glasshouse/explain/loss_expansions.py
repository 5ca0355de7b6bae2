"""Losses with settings that their rules do not cover, as the smaller operations of which they consist.

With its mean over plain targets a loss is one step with one rule; sums, losses of every number, weights and
targets that are computed themselves are taken apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

Smaller = Callable[[], Any]
"""Computes the result of a call in smaller operations."""

Each = Callable[..., torch.Tensor]
"""From input, target and settings to the loss of every number."""


def number_by_number(each: Each, has_rule: bool = True) -> Callable[..., Smaller | None]:
    """The expansion of a loss that treats every number alike.

    Args:
        each: The loss of every number.
        has_rule: Whether the plain mean is one step with a rule.
    """

    def expansion(
        input: torch.Tensor,
        target: torch.Tensor,
        weight: torch.Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        **settings: Any,
    ) -> Smaller | None:
        settings = {name: each for name, each in settings.items() if each is not None}
        usual = reduction == "mean" and weight is None and not target.requires_grad
        plain = usual and has_rule and input.shape == target.shape and "pos_weight" not in settings
        if plain or size_average is not None or reduce is not None or "pos_weight" in settings:
            return None

        def smaller() -> torch.Tensor:
            losses = each(input, target, **settings)
            losses = losses if weight is None else losses * weight
            return _reduced(losses, reduction)

        return smaller

    return expansion


def cross_entropy(
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Smaller | None:
    """Logarithms of the shares, of which the loss picks those of the true classes."""
    if size_average is not None or reduce is not None or label_smoothing:
        return None
    axis = 1 if input.dim() > 1 else 0
    if target.is_floating_point():
        usual = reduction == "mean" and not target.requires_grad and input.dim() > 1
        if usual or weight is not None:
            return None
        count = input.numel() // input.shape[axis]

        def of_shares() -> torch.Tensor:
            losses = -(F.log_softmax(input, axis) * target).sum(axis)
            return losses.sum() / count if reduction == "mean" else _reduced(losses, reduction)

        return of_shares
    if reduction == "mean" and input.dim() > 1 and not bool((target == ignore_index).any()):
        return None
    return lambda: _picked(F.log_softmax(input, axis), target, weight, ignore_index, reduction)


def negative_log_likelihood(
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Smaller | None:
    """The logarithms of the true classes."""
    if size_average is not None or reduce is not None:
        return None
    return lambda: _picked(input, target, weight, ignore_index, reduction)


def _picked(
    logarithms: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    ignored: int,
    reduction: str,
) -> torch.Tensor:
    axis = 1 if logarithms.dim() > 1 else 0
    kept = target != ignored
    true = torch.where(kept, target, 0)
    losses = -logarithms.gather(axis, true.unsqueeze(axis)).squeeze(axis)
    if weight is None and bool(kept.all()):
        return _reduced(losses, reduction)
    weights = kept.to(logarithms.dtype) if weight is None else weight[true] * kept
    losses = losses * weights
    if reduction == "mean":
        return losses.sum() / weights.sum()
    return _reduced(losses, reduction)


def _reduced(losses: torch.Tensor, reduction: str) -> torch.Tensor:
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def _smooth(input: torch.Tensor, target: torch.Tensor, beta: float = 1.0) -> torch.Tensor:
    away = (input - target).abs()
    return torch.where(away < beta, away**2 / (2 * beta), away - beta / 2) if beta else away


def _huber(input: torch.Tensor, target: torch.Tensor, delta: float = 1.0) -> torch.Tensor:
    away = (input - target).abs()
    return torch.where(away < delta, away**2 / 2, delta * (away - delta / 2))


def _chances(input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    yes, no = input.log().clamp(min=-100), (1 - input).log().clamp(min=-100)
    return -(target * yes + (1 - target) * no)


LOSS_EXPANSIONS: dict[str, Callable[..., Smaller | None]] = {
    "cross_entropy": cross_entropy,
    "nll_loss": negative_log_likelihood,
    "mse_loss": number_by_number(lambda input, target: (input - target) ** 2),
    "l1_loss": number_by_number(lambda input, target: (input - target).abs()),
    "smooth_l1_loss": number_by_number(_smooth, has_rule=False),
    "huber_loss": number_by_number(_huber),
    "binary_cross_entropy": number_by_number(_chances),
    "binary_cross_entropy_with_logits": number_by_number(
        lambda input, target: F.softplus(input) - input * target
    ),
}
"""By the operation's name: what takes a call apart; ``None`` where its rule or nothing serves."""

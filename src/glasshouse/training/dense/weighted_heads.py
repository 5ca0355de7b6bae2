"""Losses whose samples have weights, and their slopes."""

from __future__ import annotations

from collections.abc import Callable

import torch

from glasshouse.core.errors import SettingError
from glasshouse.losses import Loss
from glasshouse.losses.binary_cross_entropy import BinaryCrossEntropy
from glasshouse.losses.cross_entropy import CrossEntropy
from glasshouse.losses.mse import MeanSquaredError
from glasshouse.losses.quadratic import Quadratic
from glasshouse.losses.sample_weights import each, refuse_unweighable
from glasshouse.training.dense.heads import head_of
from glasshouse.training.dense.site import Site, UnsupportedError

WeightedHead = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""From outputs, targets and the share of every sample in its step, (N,), to the sum of the losses times the
shares, and its gradient by the outputs, in a buffer that the next call overwrites."""


def weighted_head_of(loss: Loss, site: Site, soft: bool) -> WeightedHead:
    """The head for a loss whose samples have weights.

    Args:
        loss: One of ours.
        site: The outputs' shape and type.
        soft: Whether targets are floating-point numbers.

    Raises:
        UnsupportedError: Its samples can't be weighed, or nobody has written its slope out.
    """
    try:
        refuse_unweighable(loss)
    except SettingError as error:
        raise UnsupportedError(f"loss {type(loss).__name__}", error.received) from error
    if len(site.shape) != 2:
        return by_rows(loss, site, soft)
    if isinstance(loss, CrossEntropy) and loss.from_logits and not (soft or loss.label_smoothing):
        return class_indices(site)
    if isinstance(loss, BinaryCrossEntropy) and loss.from_logits:
        return yes_or_no(site, 1 if loss.by_sample else site.shape[1])
    if isinstance(loss, (MeanSquaredError, Quadratic)):
        return squares(site, halved=isinstance(loss, Quadratic))
    return by_rows(loss, site, soft)


def class_indices(site: Site) -> WeightedHead:
    """``(softmax(z) - [k = y]) w`` for class indices y."""
    log_p, dz = site.empty(), site.empty()
    minus_one = torch.full((site.shape[0], 1), -1.0, dtype=site.dtype)
    log_softmax, exp = torch._log_softmax, torch.exp

    def head(z: torch.Tensor, t: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        true = t.unsqueeze(1)
        log_softmax(z, 1, False, out=log_p)
        exp(log_p, out=dz).scatter_add_(1, true, minus_one)
        return -torch.dot(log_p.gather(1, true).view(-1), w), dz.mul_(w.unsqueeze(1))

    return head


def yes_or_no(site: Site, questions: int) -> WeightedHead:
    """``(sigma(z) - t) w / K`` for K questions per sample; for questions that add up, ``K = 1``."""
    t, dz, shape = site.empty(), site.empty(), site.shape

    def head(z: torch.Tensor, given: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        t.copy_(given.reshape(shape))
        column = (w / questions).unsqueeze(1)
        value = torch.binary_cross_entropy_with_logits(z, t, column, None, 2)  # 2: the sum
        return value, torch.sigmoid(z, out=dz).sub_(t).mul_(column)

    return head


def squares(site: Site, halved: bool) -> WeightedHead:
    """``2 (y - t) w / D``; for half the sum of squares ``(y - t) w``."""
    r, dz = site.empty(), site.empty()
    factor = 1.0 if halved else 2.0 / site.shape[1]

    def head(z: torch.Tensor, t: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        torch.sub(z, t, out=r)
        torch.mul(r, (w * factor).unsqueeze(1), out=dz)
        return torch.dot(r.view(-1), dz.view(-1)) / 2, dz

    return head


def by_rows(loss: Loss, site: Site, soft: bool) -> WeightedHead:
    """Any loss that is a mean over samples: row n of its slope, times ``N w_n``."""
    plain, rows = head_of(loss, site, soft), site.shape[0]

    def head(z: torch.Tensor, t: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        _, dz = plain(z, t, 1.0)
        column = (w * rows).reshape(-1, *[1] * (dz.dim() - 1))
        return torch.dot(each(loss, z, t), w), dz.mul_(column)

    return head

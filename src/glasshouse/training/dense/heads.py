"""Losses and their slopes by PyTorch's kernels; a loss without kernels here goes by its rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.losses import LOSSES
from glasshouse.losses.binary_cross_entropy import BinaryCrossEntropy
from glasshouse.losses.cross_entropy import CrossEntropy
from glasshouse.losses.huber import Huber
from glasshouse.losses.mae import MeanAbsoluteError
from glasshouse.losses.mse import MeanSquaredError
from glasshouse.losses.perceptron_criterion import PerceptronCriterion
from glasshouse.losses.quadratic import Quadratic
from glasshouse.losses.temporal_difference import TemporalDifference
from glasshouse.training.dense.kernels import kernel
from glasshouse.training.dense.site import Site, UnsupportedError

functions: Any = torch._C._nn
MEAN = 1
"""PyTorch's number for "take the mean"."""
NOT_IGNORED = -100
"""PyTorch's number for a target that does not count; our losses refuse it at the first batch."""

Head = Callable[[torch.Tensor, torch.Tensor, float], tuple[torch.Tensor, torch.Tensor]]
"""From outputs, targets and the share of the batch in its step to the mean loss times the share, and its
gradient by the outputs. Both lie in buffers that the next call overwrites."""


def head_of(loss: nn.Module, site: Site, soft: bool) -> Head:
    """The head for a loss.

    Args:
        loss: One of ours.
        site: The outputs' shape and type.
        soft: Whether targets are floating-point numbers.

    Raises:
        UnsupportedError: Nobody has written its slope out.
    """
    if isinstance(loss, CrossEntropy) and loss.from_logits and len(site.shape) == 2:
        return shares(loss, site) if soft or loss.label_smoothing else class_indices(loss, site)
    if isinstance(loss, BinaryCrossEntropy) and loss.from_logits and loss.class_weights is None:
        return yes_or_no(site, loss.by_sample)
    if isinstance(loss, MeanSquaredError):
        return squares(site)
    if isinstance(loss, Huber):
        return huber(loss.delta, site)
    if isinstance(loss, MeanAbsoluteError):
        return absolutes(site)
    if isinstance(loss, Quadratic):
        return halves(site)
    if isinstance(loss, TemporalDifference) and len(site.shape) == 2:
        return taken_action(loss, site)
    if isinstance(loss, PerceptronCriterion) and len(site.shape) == 2:
        return winner_and_true(site)
    return by_rule(loss, site)


def class_indices(loss: CrossEntropy, site: Site) -> Head:
    """``(softmax(z) - [k = y]) w / sum w`` for class indices y, by the kernels that autograd calls."""
    log_p, d_log_p, dz = site.empty(), site.empty(), site.empty()
    value, scale = (torch.ones((), dtype=site.dtype) for _ in range(2))
    total = torch.full((), site.shape[0], dtype=site.dtype)
    weights, dtype, scaled_by = loss.class_weights, site.dtype, 1.0
    log_softmax, log_softmax_back = torch._log_softmax, torch._log_softmax_backward_data
    pick, pick_back = functions.nll_loss, kernel("nll_loss_backward")
    weighted_pick = kernel("nll_loss_forward", "output")

    def head(z: torch.Tensor, t: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        nonlocal scaled_by, value
        log_softmax(z, 1, False, out=log_p)
        if weights is None:
            value = pick(log_p, t, None, MEAN, NOT_IGNORED)
        else:
            weighted_pick(log_p, t, weights, MEAN, NOT_IGNORED, output=value, total_weight=total)
        if share != scaled_by:
            scaled_by = share
            scale.fill_(share)
        pick_back(scale, log_p, t, weights, MEAN, NOT_IGNORED, total, grad_input=d_log_p)
        log_softmax_back(d_log_p, log_p, 1, dtype, out=dz)
        return (value if share == 1 else value.mul_(share)), dz

    return head


def shares(loss: CrossEntropy, site: Site) -> Head:
    """``p sum(a) - a`` for whatever is wanted of every class: shares, smoothed classes, weighted or not."""
    wanted, log_p, dz = site.empty(), site.empty(), site.empty()
    classes, smoothing = site.shape[1], loss.label_smoothing
    weights = None if loss.class_weights is None else loss.class_weights.to(site.dtype)

    def head(z: torch.Tensor, t: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        weight = float(len(t))
        if t.is_floating_point():
            torch.mul(t, 1 - smoothing, out=wanted).add_(smoothing / classes)
        else:
            true = t.unsqueeze(1)
            wanted.fill_(smoothing / classes).scatter_(1, true, 1 - smoothing + smoothing / classes)
            if weights is not None:
                weight = float(weights[t].sum())
        if weights is not None:
            wanted.mul_(weights)
        wanted.mul_(share / weight)
        torch.log_softmax(z, 1, out=log_p)
        torch.exp(log_p, out=dz).mul_(wanted.sum(1, keepdim=True)).sub_(wanted)
        return -torch.dot(wanted.view(-1), log_p.view(-1)), dz

    return head


def yes_or_no(site: Site, by_sample: bool = False) -> Head:
    """``(sigma(z) - t) / N`` for one logit per question; N counts questions, or samples."""
    t, dz, shape = site.empty(), site.empty(), site.shape
    questions = dz.numel() / shape[0] if by_sample else 1.0
    count = dz.numel() / questions

    def head(z: torch.Tensor, given: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        t.copy_(given.reshape(shape))
        value = torch.binary_cross_entropy_with_logits(z, t, None, None, MEAN)
        torch.sigmoid(z, out=dz).sub_(t)
        if share == 1 and questions == 1:
            return value, dz.div_(count)
        return value.mul_(share * questions), dz.mul_(share).div_(count)

    return head


def squares(site: Site) -> Head:
    """``2 (y - t) / (N D)``."""
    dz, scale = site.empty(), torch.ones((), dtype=site.dtype)
    mse, back = functions.mse_loss, kernel("mse_loss_backward")

    def head(z: torch.Tensor, t: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        value = mse(z, t, MEAN)
        if share == 1:
            return value, back(scale, z, t, MEAN, grad_input=dz)
        return value.mul_(share), back(scale * share, z, t, MEAN, grad_input=dz)

    return head


def huber(delta: float, site: Site) -> Head:
    """``max(-delta, min(delta, r)) / (N D)``."""
    dz, scale = site.empty(), torch.ones((), dtype=site.dtype)
    loss, back = functions.huber_loss, kernel("huber_loss_backward", "out")

    def head(z: torch.Tensor, t: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        value = loss(z, t, MEAN, delta)
        if share == 1:
            return value, back(scale, z, t, MEAN, delta, grad_input=dz)
        return value.mul_(share), back(scale * share, z, t, MEAN, delta, grad_input=dz)

    return head


def absolutes(site: Site) -> Head:
    """``sign(y - t) / (N D)``."""
    r, dz = site.empty(), site.empty()
    count = dz.numel()

    def head(z: torch.Tensor, t: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        torch.sub(z, t, out=r)
        torch.sign(r, out=dz).mul_(share / count)
        value = r.abs_().mean()
        return (value if share == 1 else value.mul_(share)), dz

    return head


def halves(site: Site) -> Head:
    """``(y - t) / N``."""
    r, rows = site.empty(), site.shape[0]
    line = r.view(-1)

    def head(z: torch.Tensor, t: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        torch.sub(z, t, out=r)
        value = torch.dot(line, line).mul_(share / (2 * rows))
        return value, r.mul_(share / rows)

    return head


def taken_action(loss: TemporalDifference, site: Site) -> Head:
    """``max(-delta, min(delta, q_a - y)) / N`` at the taken action, 0 at all others."""
    taken, dz = torch.empty((site.shape[0], 1), dtype=site.dtype), site.empty()
    inner = huber(loss.delta, Site(site.name, tuple(taken.shape), site.dtype, True, site.gradient))

    def head(z: torch.Tensor, t: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        action = t[:, :1].long()
        torch.gather(z, 1, action, out=taken)
        value, slopes = inner(taken, t[:, 1:], share)
        return value, dz.zero_().scatter_(1, action, slopes)

    return head


def winner_and_true(site: Site) -> Head:
    """``([k = argmax s] - [k = y]) / N``; of equal largest scores the first wins, as in the criterion."""
    dz, rows = site.empty(), site.shape[0]
    minus = torch.full((rows, 1), -1 / rows, dtype=site.dtype)

    def head(z: torch.Tensor, t: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        true = t.unsqueeze(1)
        largest, winner = torch.max(z, 1, keepdim=True)
        value = largest.sub_(z.gather(1, true)).mean()
        dz.zero_().scatter_(1, winner, 1 / rows).scatter_add_(1, true, minus)
        return (value, dz) if share == 1 else (value.mul_(share), dz.mul_(share))

    return head


def by_rule(loss: nn.Module, site: Site) -> Head:
    """The loss's own rule.

    Raises:
        UnsupportedError: It is none of ours, or has no rule.
    """
    name = type(loss).__name__
    concept = next((each for each in LOSSES.values() if each.build is type(loss)), None)
    if concept is None or concept.rule is None:
        raise UnsupportedError(f"loss {name}", "its slope is not written out, only autograd finds it")
    rule, _ = concept.rule(loss)
    scale = torch.ones((), dtype=site.dtype)

    def head(z: torch.Tensor, t: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        outputs, saved = rule.forward({"outputs": z, "targets": t})
        value = outputs["loss"]
        if share == 1:
            return value, rule.backward(saved, {"loss": scale})["outputs"]
        return value * share, rule.backward(saved, {"loss": scale * share})["outputs"]

    return head

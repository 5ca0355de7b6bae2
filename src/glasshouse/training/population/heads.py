"""Losses of a population: for each member the mean over its batch, and the slope by its outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from glasshouse.losses import Loss
from glasshouse.losses.cross_entropy import CrossEntropy
from glasshouse.losses.mse import MeanSquaredError

Head = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], tuple[torch.Tensor, torch.Tensor | None]]
"""From outputs (members, rows, features), targets (members, rows, ...) and where the slope goes, if it is
wanted, to the losses (members,) and what each counts in its epoch's mean; ``None``: as many as rows."""


def head_of(losses: Sequence[Loss], dtype: torch.dtype) -> Head:
    """The head for members whose losses are of one kind.

    Args:
        losses: Of every member.
        dtype: Of the outputs.

    Example:
        >>> z, t = torch.zeros(2, 1, 3), torch.tensor([[0], [1]])
        >>> [round(each, 4) for each in head_of([CrossEntropy()] * 2, z.dtype)(z, t, None)[0].tolist()]
        [1.0986, 1.0986]
    """
    if isinstance(losses[0], CrossEntropy):
        return surprise(losses, dtype)
    return squares if isinstance(losses[0], MeanSquaredError) else yes_or_no


def surprise(losses: Sequence[Loss], dtype: torch.dtype) -> Head:
    """Cross-entropy from logits and class indices: ``(softmax(z) - [k = y]) w / sum w``."""
    given = [each.class_weights for each in losses if isinstance(each, CrossEntropy)]
    weights = None
    known = next((each for each in given if each is not None), None)
    if known is not None:
        rows = [torch.ones_like(known) if each is None else each for each in given]
        weights = torch.stack(rows).to(dtype)

    def head(
        z: torch.Tensor, t: torch.Tensor, dz: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        # With the classes first the kernels go through memory in one stretch, ten times as fast.
        log_p = torch.log_softmax(z.permute(2, 0, 1).contiguous(), 0)
        true = t.unsqueeze(0)
        picked = log_p.gather(0, true).squeeze(0)
        share: torch.Tensor | float = 1 / t.shape[1]
        if weights is None:
            total, value = None, -picked.mean(1)
        else:
            w = weights.to(z.dtype).gather(1, t)
            total = w.sum(1)
            value = -picked.mul_(w).sum(1).div_(total)
            share = w.div_(total.unsqueeze(1))
        if dz is not None:
            p = log_p.exp_()
            p.scatter_add_(0, true, torch.full((), -1.0, dtype=p.dtype).expand(true.shape))
            dz.copy_(p.mul_(share).permute(1, 2, 0))
        return value, total

    return head


def squares(
    z: torch.Tensor, t: torch.Tensor, dz: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Mean squared error: ``2 (y - t) / (N D)``."""
    r = z - t
    count = r[0].numel()
    if dz is not None:
        torch.mul(r, 2 / count, out=dz)
    return r.square_().sum((1, 2)).div_(count), None


def yes_or_no(
    z: torch.Tensor, t: torch.Tensor, dz: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Binary cross-entropy from logits: ``(sigma(z) - t) / N``."""
    t = t.reshape(z.shape).to(z.dtype)
    value = torch.nn.functional.binary_cross_entropy_with_logits(z, t, reduction="none")
    if dz is not None:
        torch.sigmoid(z, out=dz).sub_(t).div_(z[0].numel())
    return value.mean((1, 2)), None

"""Tokens: what objectives have in common whose targets are tokens, one at every step."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from glasshouse.data.parts import Prepared
from glasshouse.objectives.contract import Objective

PAD = 0
"""Where a target is padding, nothing is asked for."""


class Tokens(Objective):
    r"""The mean surprise at tokens, in nats, over all steps that have one.

    .. math:: L = -\frac{1}{\sum_t m_t} \sum_t m_t \ln p_t(y_t),\quad m_t = [y_t \ne 0]

    What a step is foretold from tells such objectives apart: the tokens before it (language), a whole source
    and the tokens before it (translation), or the sequence itself (tagging).
    """

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean over all steps that have a target: logits (N, T, V) against tokens (N, T)."""
        return F.cross_entropy(outputs.flatten(0, 1), targets.flatten(), ignore_index=PAD)

    def weight(self, targets: torch.Tensor) -> float:
        """How many steps have a target."""
        return float((targets != PAD).sum())

    def outputs(self, prepared: Prepared) -> int:
        """One number for each token."""
        return prepared.outputs


def summed(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The summed surprise of each row, shape (N,).

    Args:
        logits: (N, T, V).
        targets: Tokens (N, T), padded with 0 behind.

    Example:
        >>> summed(torch.zeros(1, 3, 2), torch.tensor([[1, 1, 0]]))
        tensor([1.3863])
    """
    return F.cross_entropy(logits.mT, targets, ignore_index=PAD, reduction="none").sum(dim=1)


def right(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Which steps have a target that is the likeliest token, shape (N, T).

    Args:
        logits: (N, T, V).
        targets: Tokens (N, T), padded with 0 behind.

    Example:
        >>> right(torch.tensor([[[0.0, 1.0], [0.0, 1.0]]]), torch.tensor([[1, 0]]))
        tensor([[ True, False]])
    """
    return (logits.argmax(dim=2) == targets) & (targets != PAD)

"""Tagging: every step of a sequence has a token of its own to be told, from the sequence itself."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.data.parts import Part
from glasshouse.losses.contract import Meaning
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.objectives.contract import Judged, Step
from glasshouse.objectives.tokens import Tokens, right, summed


class Tagging(Tokens):
    r"""Mean surprise at the tag of a step, in nats, where every step has one: many to many.

    .. math:: L = -\frac{1}{T} \sum_t \ln p_t(y_t \mid x)

    In one direction a step is told from those up to it; in both from the whole sequence.

    Example:
        >>> from glasshouse.models import recurrent
        >>> network = recurrent((3,), 5, tokens=4, units=6, wiring="many_to_many")
        >>> step = Tagging()(network, torch.tensor([[3, 2, 0]]), torch.tensor([[4, 2, 0]]))
        >>> step.loss.shape, float(step.parts["accuracy"]) <= 1
        (torch.Size([]), True)
    """

    meaning: Meaning = "tags"

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch, which may have been cut to its longest row."""
        logits = network(inputs)
        targets = targets[:, : logits.shape[1]]
        with torch.no_grad():
            share = right(logits, targets).sum() / (targets != 0).sum()
        return Step(self.value(logits, targets), logits.detach()[:, -1], {"accuracy": share})

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network that gives one answer for a whole sequence.

        Raises:
            ModelError: It has not an output at every step.
        """
        wiring = getattr(network, "wiring", None)
        if wiring != "many_to_many":
            raise ModelError(
                f"{type(network).__name__} gives one answer for a whole sequence",
                expected="a network with an output at every step",
                fix="set model.name to 'recurrent'",
            )

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The mean over all steps of a part."""
        with autocast or nullcontext():
            surprises, shares = told_by_row(network, part)
        count = float((part.targets != 0).sum())
        return Judged(
            float(surprises.sum()) / count, torch.empty(0), {"accuracy": float(shares.sum()) / count}
        )


def told_by_row(network: Any, part: Part) -> tuple[torch.Tensor, torch.Tensor]:
    """The summed surprise of each row, and how many of its steps were told rightly: float64, shape (rows,).

    Args:
        network: With an output at every step.
        part: Sequences and their tags.
    """
    surprises, shares = [], []
    start = 0
    with evaluating(network), torch.no_grad():
        for batch in batches_of(network, part.inputs):
            targets = part.targets[start : start + len(batch)].to(batch.device)
            logits = network(batch).float()
            surprises.append(summed(logits, targets).double().cpu())
            shares.append(right(logits, targets).sum(dim=1).double().cpu())
            start += len(batch)
    return torch.cat(surprises), torch.cat(shares)

"""Translation: every token of the output is to be foretold, from the source and the tokens before it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.data.parts import Part
from glasshouse.losses.contract import Meaning
from glasshouse.models.outputs import evaluating
from glasshouse.objectives.contract import Judged, Step
from glasshouse.objectives.tokens import PAD, Tokens, right, summed

ROWS = 256
"""Rows at once when a part is judged."""


class Translation(Tokens):
    r"""Mean surprise at the next token of the output, in nats, with the true tokens before it.

    .. math:: L = -\frac{1}{T} \sum_t \ln p(y_t \mid y_1 \dots y_{t-1}, x)

    Args:
        teacher_forcing: Share of the steps that are fed with the true last token; the others get the
            network's own.
        meaning: ``"captioning"`` where the source x is no text but a picture or a row.

    Example:
        >>> from glasshouse.models import seq2seq
        >>> network = seq2seq((4,), 9, tokens=7, steps=3, units=6)
        >>> step = Translation()(network, torch.tensor([[3, 4, 0, 0]]), torch.tensor([[5, 6, 3]]))
        >>> step.loss.shape, float(step.parts["accuracy"]) <= 1
        (torch.Size([]), True)
    """

    def __init__(self, teacher_forcing: float = 1.0, meaning: Meaning = "translation") -> None:
        self.teacher_forcing = teacher_forcing
        self.meaning = meaning

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch."""
        module: Any = network
        logits = module.forced(inputs, targets, 1 - self.teacher_forcing)
        with torch.no_grad():
            share = right(logits, targets).sum() / (targets != PAD).sum()
        return Step(self.value(logits, targets), logits.detach()[:, -1], {"accuracy": share})

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network that cannot write.

        Raises:
            ModelError: It has no ``forced``.
        """
        if not callable(getattr(network, "forced", None)):
            raise ModelError(
                f"{type(network).__name__} writes no sequence",
                expected="a network with forced(source, targets), begin and advance",
                fix="set model.name to 'captioner'"
                if self.meaning == "captioning"
                else "set model.name to 'seq2seq' or 'transformer_seq2seq'",
            )

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The mean over a whole part, with the true tokens before each."""
        module: Any = network
        device = next(network.parameters()).device
        total = guessed = count = 0.0
        with evaluating(network), torch.no_grad(), autocast or nullcontext():
            for start in range(0, len(part), ROWS):
                inputs = part.inputs[start : start + ROWS].to(device)
                targets = part.targets[start : start + ROWS].to(device)
                logits = module.forced(inputs, targets).float()
                total += float(summed(logits, targets).sum())
                guessed += float(right(logits, targets).sum())
                count += self.weight(targets)
        return Judged(total / count, torch.empty(0), {"accuracy": guessed / count})

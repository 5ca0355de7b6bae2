"""Language: at every step the next token is to be foretold, with the state carried on from piece to piece."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.data.parts import Part
from glasshouse.losses.contract import Meaning
from glasshouse.models.outputs import evaluating
from glasshouse.objectives.contract import Judged, Step
from glasshouse.objectives.tokens import PAD, Tokens, right

STREAMS = 32
"""Most streams side by side into which a part is cut to be judged; each begins without a state."""
DEPTH = 50
"""Fewest pieces of a stream, so that beginnings weigh little."""


class Language(Tokens):
    r"""Mean surprise at the next token, in nats.

    .. math:: L = -\frac{1}{T} \sum_t \ln p(w_{t+1} \mid w_1 \dots w_t)

    The state at the end of a piece is where the next piece of the same stream begins, but no gradient flows
    back over the edge: truncated backpropagation through time. Without targets of the last step at the end of
    a text, that step counts nothing.

    Example:
        >>> from glasshouse.models import language_model
        >>> network, objective = language_model((3,), 9, tokens=9, units=4), Language()
        >>> step = objective(network, torch.tensor([[2, 3, 4]]), torch.tensor([[3, 4, 0]]))
        >>> abs(float(step.parts["bits"]) - float(step.loss.detach()) / math.log(2)) < 1e-6
        True
    """

    meaning: Meaning = "next_token"

    def __init__(self) -> None:
        self._state: Any = None

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of the next piece of every stream."""
        module: Any = network
        logits, state = module.read(inputs, moved(self._state, inputs.device))
        self._state = detached(state)
        loss = self.value(logits, targets)
        return Step(loss, logits.detach()[:, -1], {"bits": loss.detach() / math.log(2)})

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network that gives one answer for a whole sequence.

        Raises:
            ModelError: It has no ``read``.
        """
        if not callable(getattr(network, "read", None)):
            raise ModelError(
                f"{type(network).__name__} cannot be read step by step",
                expected="a network with read(tokens, state), which gives logits behind every token",
                fix="set model.name to 'language_model' or 'transformer_decoder'",
            )

    def epoch_begins(self) -> None:
        """At the beginning of the text nothing has been read."""
        self._state = None

    def state(self) -> dict[str, Any]:
        """What has been read so far, for a checkpoint in the middle of an epoch."""
        return {"carried": self._state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self._state = state.get("carried")

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The mean over a whole part, read in streams side by side that carry their state along."""
        surprises = surprise_by_piece(network, part, autocast)
        counts = (part.targets != PAD).sum(dim=1).double()
        loss = float(surprises.sum() / counts.sum())
        return Judged(loss, torch.empty(0), {"bits": loss / math.log(2)})


def surprise_by_piece(
    network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
) -> torch.Tensor:
    """The summed surprise in nats of each piece of a part, float64, shape (pieces,).

    Args:
        network: A language model.
        part: Pieces in the order of the text.
        autocast: A context for mixed precision.
    """
    return torch.cat([each[0] for each in read_through(network, part, autocast)])[_order(len(part))]


def read_through(
    network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Surprise and number of right guesses of the pieces, in the order in which they are read."""
    module: Any = network
    device = next(network.parameters()).device
    found = []
    streams, depth = _streams(len(part))
    with evaluating(network), torch.no_grad(), autocast or nullcontext():
        state: Any = None
        for place in range(depth):
            rows = torch.arange(streams) * depth + place
            found.append(_read(module, part, rows, state, device))
            state = found[-1][2]
        if streams * depth < len(part):  # what is left over, each piece by itself
            rows = torch.arange(streams * depth, len(part))
            found.append(_read(module, part, rows, None, device))
    return [(surprise, guessed) for surprise, guessed, _ in found]


def _read(
    module: Any, part: Part, rows: torch.Tensor, state: Any, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, Any]:
    targets = part.targets[rows].to(device)
    logits, state = module.read(part.inputs[rows].to(device), state)
    losses = F.cross_entropy(logits.float().mT, targets, ignore_index=PAD, reduction="none")
    return losses.double().sum(dim=1).cpu(), right(logits, targets).sum(dim=1).cpu(), state


def right_by_piece(network: nn.Module, part: Part) -> torch.Tensor:
    """How many next tokens of each piece were guessed rightly, shape (pieces,)."""
    return torch.cat([each[1] for each in read_through(network, part)])[_order(len(part))]


def _streams(pieces: int) -> tuple[int, int]:
    streams = max(1, min(STREAMS, pieces // DEPTH))
    return streams, pieces // streams


def _order(pieces: int) -> torch.Tensor:
    """Where each piece stands in the order in which they are read."""
    streams, depth = _streams(pieces)
    read = torch.cat(
        [
            (torch.arange(streams) * depth).repeat(depth, 1).add(torch.arange(depth)[:, None]).flatten(),
            torch.arange(streams * depth, pieces),
        ]
    )
    return read.argsort()


def moved(state: Any, device: torch.device) -> Any:
    """A carried state on the device of what comes next; a checkpoint gives it back on the CPU."""
    if isinstance(state, tuple):
        return tuple(each.to(device) for each in state)
    return None if state is None else state.to(device)


def detached(state: Any) -> Any:
    """A carried state without its history: no gradient flows back over the edge of a piece."""
    if isinstance(state, tuple):
        return tuple(each.detach() for each in state)
    return None if state is None else state.detach()

"""What objectives share that look at the code between encoder and decoder."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.data.parts import Part
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.objectives.contract import NOTHING, Judged, Parts, Step
from glasshouse.objectives.reconstruction import Reconstruction


class Penalised(NamedTuple):
    """What is added to the loss of a batch.

    Args:
        cost: A scalar with its gradient, strength included.
        parts: What is to be written down beside it.
    """

    cost: torch.Tensor
    parts: Parts = NOTHING


class Coding(Reconstruction):
    """Reconstruction, and a penalty that is made of the code."""

    plain = False

    @abstractmethod
    def penalised(self, network: nn.Module, inputs: torch.Tensor, code: torch.Tensor) -> Penalised:
        """The penalty of a batch, strength included."""

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network without ``encode`` and ``decode``."""
        refuse_codeless(network, type(self).__name__.lower())

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch; reconstruction and penalty are told apart."""
        coder: Any = network
        code = coder.encode(inputs)
        outputs = coder.decode(code)
        loss = self.value(outputs, targets)
        added = self.penalised(network, inputs, code)
        parts = {"reconstruction": loss.detach(), "penalty": added.cost.detach(), **added.parts}
        return Step(loss + added.cost, outputs, parts)

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """Loss and penalty over a part, as the mean over batches weighted by their rows."""
        sums: dict[str, float] = {}
        outputs = []
        with evaluating(network), torch.no_grad(), autocast or nullcontext():
            for inputs in batches_of(network, part.inputs):
                step = self(network, inputs, inputs)
                for name, value in {"loss": step.loss, **step.parts}.items():
                    sums[name] = sums.get(name, 0.0) + float(value) * len(inputs) / len(part)
                outputs.append(step.outputs.detach().float())
        return Judged(sums.pop("loss"), torch.cat(outputs), sums)


def refuse_codeless(network: nn.Module, objective: str) -> None:
    """Refuse a network that has no code to look at.

    Args:
        network: Any module.
        objective: Who asks for it, for the message.

    Raises:
        ModelError: It has no ``encode`` or no ``decode``.

    Example:
        >>> from glasshouse.models import autoencoder
        >>> refuse_codeless(autoencoder(4, code=2), "sparse")
    """
    if not all(callable(getattr(network, name, None)) for name in ("encode", "decode")):
        raise ModelError(
            f"objective {objective!r} on a {type(network).__name__}, which has no code",
            expected="a network with encode(inputs) and decode(code), such as the model 'autoencoder'",
            fix="set model.name = 'autoencoder', or objective.name = 'reconstruction'",
        )

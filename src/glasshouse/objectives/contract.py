"""What training asks of an objective: how a batch becomes a loss, and what else it can tell.

An objective is given the network, the inputs and the targets of a batch, and gives a :class:`Step`. The loop
knows nothing else of it, so that learning without targets needs no loop of its own. What does not fit into
"a loss whose gradient autograd takes" has its place beside it (``docs/decisions/0013-objectives.md``):

- an update of its own (contrastive divergence): the objective gives a loss whose *gradient* is the wanted
  one, as the free energy of the data minus that of the chain's end, which is treated as a constant;
- two optimizers (adversarial): phases, each an objective with the part of the network that it moves;
- a world (reinforcement learning): batches that are made by acting, so a :class:`Batches` of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch
from torch import nn

from glasshouse.data.parts import OutputScale, Part, Prepared
from glasshouse.losses.contract import Meaning
from glasshouse.metrics import Prediction
from glasshouse.models.outputs import outputs_of

if TYPE_CHECKING:
    from typing import Self

Parts = Mapping[str, torch.Tensor]
"""Further numbers of a batch or of a part of the data, by name: scalars, without gradients."""


NOTHING: Mapping[str, Any] = MappingProxyType({})
"""No further numbers."""


class Step(NamedTuple):
    """What came of one batch.

    Args:
        loss: The mean over the batch, a scalar to go backward from.
        outputs: What the network gave, which metrics are made of.
        parts: What else is to be written down: a mean over the batch each.

    Example:
        >>> Step(torch.tensor(0.5), torch.zeros(2, 3)).parts
        mappingproxy({})
    """

    loss: torch.Tensor
    outputs: torch.Tensor
    parts: Parts = NOTHING


class Judged(NamedTuple):
    """What came of a whole part of the data, without training on it.

    Args:
        loss: Over all rows at once.
        outputs: What the network gave, on its device.
        parts: The further numbers, as those of a step.

    Example:
        >>> loss, _, parts = Judged(0.5, torch.zeros(2, 3), {"kl": 0.1})
        >>> loss, parts
        (0.5, {'kl': 0.1})
    """

    loss: float
    outputs: torch.Tensor
    parts: Mapping[str, float] = NOTHING


class Objective(ABC):
    """How a batch becomes a loss, and what a network's outputs mean.

    Attributes:
        meaning: What the outputs are; ``None`` where nobody knows.
        scale: How outputs become numbers in the target's unit, for regression on standardised targets.
        plain: Whether the loss is :attr:`loss` of outputs and targets and nothing else, so that an engine
            which knows the loss's rule may train without autograd.
    """

    meaning: Meaning | None
    scale: OutputScale | None = None
    plain: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch, for training: what is random is drawn from the global generators."""

    @abstractmethod
    def outputs(self, prepared: Prepared) -> int:
        """How many numbers a network must give per row."""

    def weight(self, targets: torch.Tensor) -> float:
        """What the batch counts when means of several batches are put together."""
        return float(len(targets))

    def refuse(self, network: nn.Module) -> None:  # noqa: B027 - most objectives take any network
        """Refuse a network that has not what the objective needs, before training begins.

        Raises:
            ModelError: It has not.
        """

    def epoch_begins(self) -> None:  # noqa: B027 - most objectives carry nothing along
        """Told before the first step of every epoch."""

    def state(self) -> dict[str, Any]:
        """What is carried from step to step, for a checkpoint in the middle of an epoch."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: B027 - most objectives carry nothing along
        """Go on from what :meth:`state` gave."""

    def to(self, device: torch.device) -> Self:
        """Move what the objective holds to a device."""
        return self

    def predict(self, outputs: torch.Tensor) -> Prediction:
        """What outputs say about the target, where they say anything."""
        return Prediction()

    @abstractmethod
    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The loss of outputs alone, without what depends on the network's inside."""

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The loss over a whole part. The same weights give the same answer: chance is drawn from a fixed
        seed, and the global random states stay as they are.

        Args:
            network: On any device; its mode is as before afterwards.
            part: The rows.
            autocast: A context for mixed precision.
        """
        outputs = outputs_of(network, part.inputs, autocast)
        with torch.no_grad():
            return Judged(float(self.value(outputs, part.targets.to(outputs.device))), outputs)

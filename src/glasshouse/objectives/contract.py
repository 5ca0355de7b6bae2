"""What training asks of an objective: how a batch becomes a loss, and what else it can tell.

An objective is given the network, the inputs and the targets of a batch, and gives a :class:`Step`. The loop
knows nothing else of it, so that learning without targets needs no loop of its own. What does not fit into
"a loss whose gradient autograd takes" has its place beside it (``docs/decisions/0013-objectives.md``):

- an update of its own (contrastive divergence): the objective gives a loss whose *gradient* is the wanted
  one, as the free energy of the data minus that of the chain's end, which is treated as a constant;
- two optimizers (adversarial, actor and critic): :class:`Phase`, each a loss with the part of the network
  that it moves (``docs/decisions/0020-phases.md``);
- a world (reinforcement learning): batches that are made by acting, so a :class:`Batches` of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch
from torch import nn

from glasshouse.core.concept import Spec
from glasshouse.core.errors import SettingError
from glasshouse.data.parts import OutputScale, Part, Prepared
from glasshouse.losses.contract import Loss, Meaning
from glasshouse.losses.sample_weights import refuse_unweighable, weighted_mean
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


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One of several turns that a step is made of: a loss, and the part of the network that it moves.

    Every phase has an optimizer, a buffer of parameters, clipping and regularization of its own. While it
    acts all other parts of the network rest: gradients pass through them, but none is computed for their
    weights.

    The first phase leads: its loss is the loss of the run, and it takes one turn in every step. The losses of
    all phases are written down as ``NAME_loss``, beside the parts of their steps.

    Args:
        name: What it is called in records: ``"discriminator"``, ``"actor"``.
        loss: From the network, inputs and targets of a batch to a :class:`Step`.
        moves: The layers that it moves, by name, each with all that is inside it.
        times: Turns that it takes one after the other, from 1.
        every: Steps from one of its turns to the next, from 1: it acts in steps 0, ``every``, 2 ``every`` ...
        optimizer: Another optimizer than that of the run; ``None`` for the same.
        learning_rate: Another base rate than that of the run, above 0, under the same schedule.
        after: What follows the update, without gradients: target networks that drift after their originals.

    Example:
        >>> phase = Phase(name="critic", loss=lambda net, x, y: Step(net(x).mean(), x), moves=("critic",))
        >>> phase.times, phase.every
        (1, 1)
    """

    name: str
    loss: Callable[[nn.Module, torch.Tensor, torch.Tensor], Step]
    moves: Sequence[str]
    times: int = 1
    every: int = 1
    optimizer: Spec | None = None
    learning_rate: float | None = None
    after: Callable[[nn.Module], None] | None = None


class Objective(ABC):
    """How a batch becomes a loss, and what a network's outputs mean.

    Attributes:
        meaning: What the outputs are; ``None`` where nobody knows.
        scale: How outputs become numbers in the target's unit, for regression on standardised targets.
        plain: Whether the loss is :attr:`loss` of outputs and targets and nothing else, so that an engine
            which knows the loss's rule may train without autograd.
        comparable: Whether losses of two epochs can be compared, so that the lowest one marks the best epoch.
            Those of a game cannot, where each side's loss hangs on how good the other is by then: training
            keeps the last weights.
        watched: What says which epoch is best: the loss, where smaller is better, or a part of what
            :meth:`judge` gives, where larger is better.
        phases: What a step is made of where one loss for the whole network is not all.
    """

    meaning: Meaning | None
    scale: OutputScale | None = None
    plain: ClassVar[bool] = False
    comparable: ClassVar[bool] = True
    watched: str = "loss"
    phases: Sequence[Phase] = ()

    @abstractmethod
    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch, for training: what is random is drawn from the global generators."""

    def weighted(
        self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
    ) -> Step:
        """The loss of a batch whose rows have weights (N,): their weighted mean.

        Raises:
            SettingError: The objective weighs no rows.
        """
        raise SettingError(
            f"sample weights with the objective {type(self).__name__.lower()}",
            expected="the objective 'supervised' or 'reconstruction' with a loss of Glasshouse",
            fix="leave the weights out",
        )

    def weighted_value(
        self, outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        """The weighted mean of the loss of outputs alone, where :meth:`weighted` gives one."""
        loss = getattr(self, "loss", None)
        refuse_unweighable(loss)
        assert isinstance(loss, Loss)
        return weighted_mean(loss, outputs, targets, weights)

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
        """What the objective has come to hold while training, for a checkpoint: tensors and JSON values."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - most objectives hold nothing
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
            targets = part.targets.to(outputs.device)
            if part.weights is None:
                return Judged(float(self.value(outputs, targets)), outputs)
            weights = part.weights.to(outputs.device)
            return Judged(float(self.weighted_value(outputs, targets, weights)), outputs)

    def exhibit(self, network: nn.Module) -> torch.Tensor | None:
        """Rows that are kept with some of the epochs, to see how far training has come by then.

        The same weights give the same rows, and the global random states stay as they are.

        Args:
            network: In any mode, which is as before afterwards.

        Returns:
            A few rows, as the network sees them; ``None`` where there is nothing to see.
        """
        return None

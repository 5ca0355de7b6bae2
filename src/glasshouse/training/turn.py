"""A turn: one part of the network is moved once, by an optimizer of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn

from glasshouse.objectives.contract import Phase, Step
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.probes import Probes
from glasshouse.training.choose_engine import Choice
from glasshouse.training.dense import DenseEngine
from glasshouse.training.engine import AutogradEngine, Engine, Noting, StepLoss
from glasshouse.training.flat import FlatParameters, can_flatten, flattening_pays, grouped
from glasshouse.training.job import Job
from glasshouse.training.optimizer_step import bare_step
from glasshouse.training.regularization import Regularization, clippings

WHOLE = ("",)
"""The whole network, as a list of layers."""


class Turn:
    """What moves the network, or the part of it that a phase names.

    The step of most objectives is one turn of the whole network. Objectives with phases take a turn for each;
    what a phase does not move rests meanwhile. Parameters, optimizer, clipping, regularization and probes
    belong to the turn; epochs, records and the decision to go on to the loop.

    Args:
        job: What is to be trained.
        phase: One of its objective's; ``None`` for the one loss of the whole network.
        dense: Whether gradients are computed without autograd, which wants all parameters in one buffer.

    Raises:
        TrainingError: There is nothing to train in the part.
        SettingError: The optimizer does not take such a setting.

    Example:
        >>> import numpy as np
        >>> from glasshouse.data.parts import Part
        >>> from glasshouse.losses import LOSSES
        >>> from glasshouse.objectives import Supervised
        >>> from glasshouse.training.batches import InMemoryBatches
        >>> part = Part(torch.ones(4, 1), torch.ones(4, 1), np.arange(4))
        >>> job = Job(network=nn.Linear(1, 1), batches=InMemoryBatches(part, batch_size=2), optimizer="sgd",
        ...           objective=Supervised(LOSSES.build("mse")), learning_rate=0.1, epochs=1)
        >>> turn = Turn(job)
        >>> turn.set_rate(0.5)
        >>> turn.rate, turn.optimizer.param_groups[0]["lr"]
        (0.05, 0.05)
    """

    engine: Engine

    def __init__(self, job: Job, phase: Phase | None = None, dense: bool = False) -> None:
        self.job, self.phase = job, phase
        within = WHOLE if phase is None else phase.moves
        self.groups = grouped(job.network, job.weight_decay, job.layer_rates, bool(job.regularizers), within)
        flat = can_flatten(job.network, job.device) and (dense or flattening_pays(self.groups))
        self.flat = FlatParameters(self.groups) if flat else None
        self.leaves = [leaf for group in self.groups for leaf in group.leaves]
        self.members = [member for group in self.groups for member in group.members]
        self.regularization = Regularization(job.regularizers, self.groups)
        self.clippings = clippings(job)
        self.base = job.learning_rate
        spec = job.optimizer
        self.times, self.every = 1, 1
        self.computing = self.regularization.shaken
        if phase is not None:
            self.base = job.learning_rate if phase.learning_rate is None else phase.learning_rate
            spec = job.optimizer if phase.optimizer is None else phase.optimizer
            self.times, self.every = phase.times, phase.every
            own = {id(each) for each in self.members}
            self._resting = [
                each for each in job.network.parameters() if each.requires_grad and id(each) not in own
            ]
            self.computing = self._alone
        self.optimizer: torch.optim.Optimizer = OPTIMIZERS.build(
            spec,
            [
                {"params": group.leaves, "weight_decay": job.weight_decay if group.decayed else 0.0}
                for group in self.groups
            ],
            fixed={"learning_rate": self.base, "weight_decay": job.weight_decay},
        )
        self.rate = math.nan
        self.probes = Probes(job.network, job.probe_every, within)
        self.renew_step()

    def renew_step(self) -> None:
        """Let the optimizer's step begin anew with the memories that it has by now."""
        self._update = bare_step(self.optimizer, lasting_gradients=self.flat is not None)

    def use(self, choice: Choice, noting: Noting) -> Choice:
        """Take an engine into use.

        Args:
            choice: The engine that is wanted.
            noting: Told the further numbers of every batch.

        Returns:
            The engine that is in use now.
        """
        noisy = self.regularization.noisy
        if choice.plan is not None and self.flat is not None:
            self.engine = DenseEngine(choice.plan, self.job.objective, self.flat, noisy)
            return choice
        loss = self.job.objective if self.phase is None else named(self.phase)
        self.engine = AutogradEngine(self.job, loss, self.optimizer, self.flat, noisy, noting)
        if choice.plan is None:
            return choice
        return Choice("autograd", "the parameters do not lie in one buffer")

    def installed(self) -> AbstractContextManager[None]:
        """A block in which the parameters lie in their buffers, where they can."""
        return self.flat.installed() if self.flat else nullcontext()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A block in which nothing is computed for the weights of others; weights of its own are shaken."""
        for each in self._resting:
            each.requires_grad_(False)
        try:
            with self.regularization.shaken():
                yield
        finally:
            for each in self._resting:
                each.requires_grad_(True)

    def set_rate(self, factor: float) -> None:
        """Set the learning rate to a factor of the base rate."""
        self.rate = self.base * factor
        for settings, group in zip(self.optimizer.param_groups, self.groups, strict=True):
            settings["lr"] = self.rate * group.rate

    def update(self) -> None:
        """Finish the gradient, update the weights, and bring them back to what the constraints allow."""
        if self.clippings or self.regularization.penalties:
            self.finish_gradient()
        if self.probes.looking:
            self.probes.before_update()
        self.job.precision.step(self.optimizer, self._update)
        self.regularization.constrain()
        if self.phase is not None and self.phase.after is not None:
            with torch.no_grad():
                self.phase.after(self.job.network)

    def finish_gradient(self) -> None:
        """Add the pull of the penalties, then bound the gradient: by value, by norm, unit by unit."""
        self.job.precision.unscale(self.optimizer)
        self.regularization.add_gradients()
        for clipping in self.clippings:
            clipping.clip_(self.members if clipping.by_parameter else self.leaves)


def turns_of(job: Job, dense: bool = False) -> list[Turn]:
    """The turns that a step of a job is made of: one, or one for each phase of its objective.

    Args:
        job: What is to be trained.
        dense: Whether gradients are computed without autograd.

    Raises:
        TrainingError: There is nothing to train in a part.
        SettingError: An optimizer does not take such a setting.
    """
    if not job.objective.phases:
        return [Turn(job, dense=dense)]
    return [Turn(job, phase) for phase in job.objective.phases]


def due(turns: Sequence[Turn], step: int) -> Iterator[Turn]:
    """The turns of a step, each as many times as it acts.

    Args:
        turns: In their order.
        step: Number of the step, from 0.
    """
    for turn in turns:
        if step % turn.every == 0:
            yield from [turn] * turn.times


def named(phase: Phase) -> StepLoss:
    """The loss of a phase, which also stands among the parts of the step, under the name of the phase.

    Example:
        >>> phase = Phase(name="critic", loss=lambda net, x, y: Step(x.mean(), x), moves=("critic",))
        >>> named(phase)(nn.Identity(), torch.ones(2, 1), torch.ones(2, 1)).parts
        {'critic_loss': tensor(1.)}
    """
    key = f"{phase.name}_loss"

    def loss(network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        step = phase.loss(network, inputs, targets)
        return step._replace(parts={key: step.loss.detach(), **step.parts})

    return loss

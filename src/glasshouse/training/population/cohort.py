"""Networks that are trained side by side, some epochs at a time, and may be given up on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any

from glasshouse.core.errors import NonFiniteError
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.interrupts import stop_request
from glasshouse.training.job import Job, Outcome
from glasshouse.training.population.alone import Alone
from glasshouse.training.population.layers import name_of
from glasshouse.training.population.member import Member
from glasshouse.training.population.population import Population
from glasshouse.training.population.structure import Structure, read_structure

CHUNK = 64
"""Most networks in one buffer: more win nothing, and no longer fit into the cache."""


FEWEST = 3
"""Fewest networks that are worth a population: two at once take as long as one after the other."""


class Cohort:
    """Networks trained side by side, each as :func:`glasshouse.training.loop.train` would train it.

    Those of one shape are trained at once, in populations of up to 64, by products of many matrices; the
    others one after another. Within a population learning rate, schedule, momentum, decay, penalties,
    dropout, activations, class weights, seed, rows and weights may differ.

    Args:
        jobs: What to train.

    Example:
        >>> import numpy as np
        >>> import torch
        >>> from glasshouse.data.parts import Part
        >>> from glasshouse.losses import LOSSES
        >>> from glasshouse.objectives import Supervised
        >>> from glasshouse.training.batches import InMemoryBatches
        >>> inputs = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
        >>> batches = InMemoryBatches(Part(inputs, 2 * inputs, np.arange(4)), batch_size=2)
        >>> cohort = Cohort([Job(network=torch.nn.Linear(1, 1), batches=batches, optimizer="sgd", epochs=200,
        ...     objective=Supervised(LOSSES.build("mse")), learning_rate=rate) for rate in (0.05, 0.1, 0.2)])
        >>> cohort.advance(100)
        >>> [len(each) for each in cohort.histories], cohort.engines
        ([100, 100, 100], ['population', 'population', 'population'])
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.members: list[Member | Alone] = seated(jobs)
        self._gather()

    def __len__(self) -> int:
        return len(self.members)

    @property
    def histories(self) -> list[list[dict[str, Any]]]:
        """For each network its epochs so far, as ``metrics.jsonl`` has them."""
        return [each.records.epochs for each in self.members]

    @property
    def errors(self) -> list[str]:
        """For each network why it could not go on, or an empty text."""
        return ["" if each.failure is None else each.failure.received for each in self.members]

    @property
    def engines(self) -> list[str]:
        """For each network what computes its gradients: ``"population"``, ``"dense"`` or ``"autograd"``."""
        return [each.engine for each in self.members]

    @property
    def reasons(self) -> list[str]:
        """For each network why no population took it, or an empty text."""
        return [each.reason for each in self.members]

    @property
    def outcomes(self) -> list[Outcome | NonFiniteError]:
        """For each network what came of it so far, or why it could not go on."""
        return [each.outcome if each.failure is None else each.failure for each in self.members]

    def advance(self, epochs: int) -> None:
        """Train every network until it has seen so many epochs, or its training has ended.

        Raises:
            TrainingStoppedError: A signal asked to stop.
        """
        with stop_request() as request:
            for population in self._populations:
                population.advance(epochs, request)
            for member in self.members:
                if isinstance(member, Alone):
                    member.advance(epochs, request)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with some of the networks only, in the order given."""
        self.members = [self.members[place] for place in places]
        self._gather()

    def _gather(self) -> None:
        """Put those that still run into populations; between two advances their numbers rest in them."""
        alike: dict[Hashable, list[Member]] = {}
        for member in self.members:
            if isinstance(member, Member) and member.running:
                alike.setdefault((member.structure.key, member.progress.epoch), []).append(member)
        self._populations = [Population(chunk) for each in alike.values() for chunk in chunks(each)]


def train_together(jobs: Sequence[Job]) -> list[Outcome | NonFiniteError]:
    """Train many networks, those of one shape at once.

    Args:
        jobs: What to train.

    Returns:
        In the order of the jobs what ``train(job)`` gives for each, but for the engine and the seconds; where
        it would have raised because a loss was not finite any more, that error. The others are untouched.

    Raises:
        TrainingStoppedError: A signal asked to stop.
    """
    cohort = Cohort(jobs)
    cohort.advance(max((job.epochs for job in jobs), default=0))
    return cohort.outcomes


def seated(jobs: Sequence[Job]) -> list[Member | Alone]:
    """For each job a member of a population, or why it is none."""
    networks = Counter(id(job.network) for job in jobs)
    watches = Counter(id(job.stopping) for job in jobs)
    read: list[Structure | str] = []
    for job in jobs:
        if networks[id(job.network)] > 1 or watches[id(job.stopping)] > 1:
            read.append("it shares its network or its early stopping with another")
            continue
        try:
            read.append(read_structure(job))
        except UnsupportedError as error:
            read.append(str(error))
    found = Counter(each.key for each in read if isinstance(each, Structure))
    members: list[Member | Alone] = []
    for job, each in zip(jobs, read, strict=True):
        if isinstance(each, str):
            members.append(Alone(job, each))
        elif found[each.key] < FEWEST:
            why = f"fewer than {FEWEST} networks have its shape, its batches and its kind of optimizer"
            members.append(Alone(job, why))
        else:
            members.append(Member(job, each))
    return members


def chunks(members: Sequence[Member]) -> list[list[Member]]:
    """Members of one shape in even chunks, those with the same activations beside each other."""
    ordered = sorted(members, key=lambda each: [name_of(one) for one in each.structure.activations])
    count = -(-len(ordered) // CHUNK)
    ends = [len(ordered) * number // count for number in range(count + 1)]
    return [ordered[first:end] for first, end in pairwise(ends)]

"""Networks that are trained side by side, some epochs at a time, and may be given up on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from typing import Any

import torch

from glasshouse.core.devices import cores as all_cores
from glasshouse.core.errors import NonFiniteError
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.fused.loading import available
from glasshouse.training.interrupts import StopRequest, stop_request
from glasshouse.training.job import Job, Outcome
from glasshouse.training.population.alone import Alone
from glasshouse.training.population.compiled import Compiled, Reader
from glasshouse.training.population.crew import Crew
from glasshouse.training.population.layers import name_of
from glasshouse.training.population.member import Member
from glasshouse.training.population.population import Population
from glasshouse.training.population.structure import Structure, read_structure
from glasshouse.training.population.worth import reason_against

Seat = Member[Structure] | Member[Compiled] | Alone

CHUNK = 64
"""Most networks in one buffer: more win nothing, and no longer fit into the cache."""


CREW = 16
"""Most networks in one crew: enough that little time goes into what is done once for all of them."""


MOST_COPIED = 2**22
"""Bytes of rows up to which a crew may copy those of several networks into one stretch of memory."""


FEWEST = 3
"""Fewest networks that are worth a population: two at once take as long as one after the other."""


class Cohort:
    """Networks trained side by side, each as :func:`glasshouse.training.loop.train` would train it.

    Where there are enough steps, and the fused loop knows all that is asked for, each is trained by compiled
    code, and every core has some of them. Otherwise those of one shape are trained at once, in populations of
    up to 64, by products of many matrices; and the others one after another. Learning rate, schedule,
    momentum, decay, penalties, dropout, activations, class weights, seed, rows and weights may differ.

    Args:
        jobs: What to train.
        of: How many networks are to be trained in all, where others like these come later: loading compiled
            code pays off sooner then. ``None``: these.
        cores: Most cores that compiled code works on at once; ``None`` for all that this process may use.

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

    def __init__(self, jobs: Sequence[Job], of: int | None = None, cores: int | None = None) -> None:
        self._cores = cores or all_cores()
        against = reason_against(jobs, of)
        self.members: list[Seat] = seated(jobs, against, self._cores)
        self.why = chosen(self.members, against, self._cores)
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
        """For each network what computes its gradients: ``"fused"``, ``"population"``, ``"dense"`` or
        ``"autograd"``.
        """
        return [each.engine for each in self.members]

    @property
    def reasons(self) -> list[str]:
        """For each network why it is trained alone, or an empty text."""
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
            self._crews_advance(epochs, request)
            for population in self._populations:
                population.advance(epochs, request)
            for member in self.members:
                if isinstance(member, Alone):
                    member.advance(epochs, request)

    def _crews_advance(self, epochs: int, request: StopRequest) -> None:
        """Let every core take the next crew as soon as it is done with one."""
        crews = sorted(self._crews, key=lambda crew: -crew.work)
        if min(self._cores, len(crews)) < 2:
            for crew in crews:
                crew.advance(epochs, request)
            return
        with ThreadPoolExecutor(min(self._cores, len(crews)), "glasshouse-crew") as pool:
            list(pool.map(lambda crew: crew.advance(epochs, request), crews))

    def keep(self, places: Sequence[int]) -> None:
        """Go on with some of the networks only, in the order given."""
        for crew in self._crews:
            crew.release()
        self.members = [self.members[place] for place in places]
        self._gather()

    def _gather(self) -> None:
        """Put those that still run into populations and crews."""
        alike: dict[Hashable, list[Member[Structure]]] = {}
        compiled: dict[Hashable, list[Member[Compiled]]] = {}
        for member in self.members:
            if isinstance(member, Member) and member.running:
                into: dict[Hashable, list[Any]] = (
                    compiled if isinstance(member.structure, Compiled) else alike
                )
                into.setdefault((member.structure.key, member.progress.epoch), []).append(member)
        count = sum(map(len, compiled.values()))
        for each in compiled.values():
            for one in each:
                one.beside = max(one.beside, count)
        self._populations = [Population(chunk) for each in alike.values() for chunk in chunks(each)]
        self._crews = [
            Crew(some) for some_alike in compiled.values() for some in crews_of(some_alike, self._cores)
        ]


def train_together(
    jobs: Sequence[Job], of: int | None = None, cores: int | None = None
) -> list[Outcome | NonFiniteError]:
    """Train many networks side by side.

    Args:
        jobs: What to train.
        of: How many networks are to be trained in all; ``None``: these.
        cores: Most cores that compiled code works on at once; ``None`` for all that this process may use.

    Returns:
        In the order of the jobs what ``train(job)`` gives for each, but for the engine and the seconds; where
        it would have raised because a loss was not finite any more, that error. The others are untouched.

    Raises:
        TrainingStoppedError: A signal asked to stop.
    """
    cohort = Cohort(jobs, of, cores)
    cohort.advance(max((job.epochs for job in jobs), default=0))
    return cohort.outcomes


def seated(jobs: Sequence[Job], against: str | None, cores: int) -> list[Seat]:
    """For each job a member of a crew or of a population, or why it is none.

    Args:
        jobs: What is to be trained.
        against: Why compiled code is not worth it; where it was asked for by name, that does not count.
        cores: On how many it would work at once.
    """
    networks = Counter(id(job.network) for job in jobs)
    watches = Counter(id(job.stopping) for job in jobs)
    reader = Reader(cores)
    read: list[Structure | Compiled | str] = []
    for job in jobs:
        if networks[id(job.network)] > 1 or watches[id(job.stopping)] > 1:
            read.append("it shares its network or its early stopping with another")
            continue
        try:
            read.append(read_job(job, against, reader))
        except UnsupportedError as error:
            read.append(str(error))
    found = Counter(each.key for each in read if isinstance(each, Structure))
    members: list[Seat] = []
    for job, each in zip(jobs, read, strict=True):
        if isinstance(each, str):
            members.append(Alone(job, each))
        elif isinstance(each, Structure) and found[each.key] < FEWEST:
            why = f"fewer than {FEWEST} networks have its shape, its batches and its kind of optimizer"
            members.append(Alone(job, why))
        elif isinstance(each, Structure):
            members.append(Member(job, each))
        else:
            members.append(Member(job, each))
    return members


def read_job(job: Job, against: str | None, reader: Reader) -> Structure | Compiled:
    """What a crew sees of a network, or else what a population sees of it.

    Args:
        job: What it is told.
        against: Why compiled code is not worth it; where it was asked for by name, that does not count.
        reader: Reads for crews.

    Raises:
        UnsupportedError: Neither takes it; the reason is named.
    """
    if against is None or (job.engine == "fused" and available()):
        with suppress(UnsupportedError):
            return reader.read(job)
    return read_structure(job)


def reason_alone(job: Job, of: int | None = None) -> str:
    """Why a network would be trained by itself, however many like it there are; empty where it would not.

    Args:
        job: What it is told.
        of: How many networks like it are to be trained in all; ``None``: this one.
    """
    try:
        read_job(job, reason_against([job], of), Reader(all_cores()))
    except UnsupportedError as error:
        return str(error)
    return ""


def chosen(members: Sequence[Seat], against: str | None, cores: int) -> str:
    """What trains the networks, in a sentence."""
    count = Counter(each.engine for each in members)
    said = []
    if count["fused"]:
        at_once = f"on {cores} cores" if cores > 1 else "on one core"
        said.append(f"{count['fused']} networks by compiled code, one after another {at_once}")
    if count["population"]:
        reason = f" (not compiled: {against})" if against else ""
        said.append(f"{count['population']} by products of many matrices at once{reason}")
    alone = len(members) - count["fused"] - count["population"]
    if alone:
        said.append(f"{alone} one by one")
    return "; ".join(said)


def crews_of(members: Sequence[Member[Compiled]], cores: int) -> list[list[Member[Compiled]]]:
    """Members of one shape in crews, so many that every core has work; those on the same rows together."""
    ordered = sorted(members, key=lambda each: _rows(each).data_ptr())
    size = min(CREW, max(1, -(-len(ordered) // (2 * cores))))
    crews: list[list[Member[Compiled]]] = []
    for member in ordered:
        inputs = _rows(member)
        large = inputs.numel() * inputs.element_size() > MOST_COPIED
        before = _rows(crews[-1][-1]) if crews else None
        if before is None or len(crews[-1]) >= size or (large and before.data_ptr() != inputs.data_ptr()):
            crews.append([])
        crews[-1].append(member)
    return crews


def _rows(member: Member[Compiled]) -> torch.Tensor:
    """The inputs that a member learns from."""
    batches = member.job.batches
    assert isinstance(batches, InMemoryBatches), "compiled.py refuses all others"
    return batches.whole.inputs


def chunks(members: Sequence[Member[Structure]]) -> list[list[Member[Structure]]]:
    """Members of one shape in even chunks, those with the same activations beside each other."""
    ordered = sorted(members, key=lambda each: [name_of(one) for one in each.structure.activations])
    count = -(-len(ordered) // CHUNK)
    ends = [len(ordered) * number // count for number in range(count + 1)]
    return [ordered[first:end] for first, end in pairwise(ends)]

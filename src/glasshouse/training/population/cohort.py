"""Networks that are trained side by side, some epochs at a time, and may be given up on the way."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import torch

from glasshouse.core.devices import cores as all_cores
from glasshouse.core.errors import CheckpointError, NonFiniteError
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.interrupts import StopRequest, stop_request
from glasshouse.training.job import Job, Outcome
from glasshouse.training.population.alone import Alone
from glasshouse.training.population.compiled import Compiled, Reader
from glasshouse.training.population.crew import Crew
from glasshouse.training.population.layers import name_of
from glasshouse.training.population.member import Member
from glasshouse.training.population.population import Population
from glasshouse.training.population.seating import Seat, chosen, kind_of, seated
from glasshouse.training.population.structure import Structure, read_structure
from glasshouse.training.population.worth import reason_against

CHUNK = 64
"""Most networks in one buffer: more win nothing, and no longer fit into the cache."""


CREW = 16
"""Most networks in one crew: enough that little time goes into what is done once for all of them."""


MOST_COPIED = 2**22
"""Bytes of rows up to which a crew may copy those of several networks into one stretch of memory."""


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

    def state(self) -> dict[str, Any]:
        """Everything that decides how its networks go on, as nested dictionaries of tensors and plain values.

        Networks that are trained by compiled code, or one by one, end as if nothing had happened when they go
        on from it. Those of populations do, too, but where one of them had ended or failed before: then
        products of fewer matrices are rounded in another way.
        """
        for crew in self._crews:
            crew.release()
        return {
            "why": self.why,
            "members": [{"kind": kind_of(each), **each.state()} for each in self.members],
        }

    @classmethod
    def resumed(cls, jobs: Sequence[Job], found: Mapping[str, Any], cores: int | None = None) -> Cohort:
        """The cohort that :meth:`state` told of, in another process.

        Args:
            jobs: Those that its networks were told, in the same order.
            found: The state.
            cores: Most cores that compiled code works on at once; ``None`` for all that this process may use.

        Raises:
            CheckpointError: The state is of other networks.
        """
        cohort = cls([], cores=cores)
        reader = Reader(cohort._cores)
        if len(jobs) != len(found["members"]):
            raise CheckpointError(
                f"the state of {len(found['members'])} networks for {len(jobs)}",
                expected="as many networks as there were",
                fix="remove the folder state/ of the search: what was in training begins again",
            )
        for job, known in zip(jobs, found["members"], strict=True):
            seat: Seat
            if known["kind"] == "alone":
                seat = Alone(job, known["reason"])
            elif known["kind"] == "fused":
                seat = Member(job, reader.read(job))
            else:
                seat = Member(job, read_structure(job))
            seat.restore(known)
            cohort.members.append(seat)
        cohort.why = found["why"]
        cohort._gather()
        return cohort

    @property
    def bytes(self) -> int:
        """About how large its state is: weights, two memories, and the weights of the best epoch."""
        return sum(
            4 * each.numel() * each.element_size()
            for member in self.members
            for each in member.job.network.parameters()
        )

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

"""The members of an ensemble that begin with other weights, each a job of its own; trained at once."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, replace

import torch
from torch import nn

from glasshouse.core.devices import choose_device
from glasshouse.core.errors import SettingError
from glasshouse.core.random_state import seed_torch
from glasshouse.core.seeds import derive, numpy_stream
from glasshouse.data.parts import Part
from glasshouse.experiment.make_job import make_batches, make_job
from glasshouse.experiment.make_network import make_network
from glasshouse.models import ledger
from glasshouse.project.ensemble_records import Member
from glasshouse.project.pretraining import pretrain_unwatched
from glasshouse.project.stages import Stage
from glasshouse.project.work import Work
from glasshouse.training.job import Job, Outcome
from glasshouse.training.observers import Plan
from glasshouse.training.population import Cohort
from glasshouse.training.quick import metric_name

MOST_BYTES = 2**30
"""Memory that rows drawn anew for members may take at once."""


def train_members(stage: Stage, work: Work) -> list[Member]:
    """Train the members, those of one shape at once, as many as memory takes.

    Raises:
        NonFiniteError: The numbers of every member overflowed.
        TrainingStoppedError: A signal asked to stop.
    """
    settings = stage.experiment.ensemble
    seeds = member_seeds(stage.experiment.seed, settings.members)
    at_once = settings.members
    if settings.kind == "bagging":
        inputs = work.prepared.train.inputs
        at_once = max(1, min(at_once, MOST_BYTES // max(1, inputs.numel() * inputs.element_size())))
    if at_once < settings.members:
        stage.tell(f"Every member draws rows of its own, which takes memory: {at_once} are trained at once.")
    job = stage.job
    plan = Plan(job.epochs, job.batches.steps, job.batches.rows, metric_name(job.objective.meaning))
    for observer in stage.observers:
        observer.started(plan)
    members: list[Member] = []
    for first in range(0, len(seeds), at_once):
        numbered = list(enumerate(seeds))[first : first + at_once]
        members += _together(stage, work, numbered)
    for observer in stage.observers:
        observer.ended(f"all {len(members)} members are trained")
    return members


def member_seeds(seed: int, members: int) -> list[int]:
    """A seed for every member; that of the first is the run's own.

    Example:
        >>> member_seeds(3, 2)[0], len(set(member_seeds(0, 50)))
        (3, 50)
    """
    return [seed, *(derive(seed, "member", number) for number in range(1, members))]


def _together(stage: Stage, work: Work, numbered: Sequence[tuple[int, int]]) -> list[Member]:
    """Some of the members, trained side by side."""
    jobs = [member_job(stage, work, seed) for _, seed in numbered]
    if stage.experiment.pretraining.active:
        for (number, seed), job in zip(numbered, jobs, strict=True):
            if number:  # the first one is the run's own network, whose layers are trained by now
                own = stage.experiment.replace(seed=seed)
                pretrain_unwatched(own, job.network, work.prepared, work.objective)
    cohort = Cohort(jobs)
    cohort.advance(max(job.epochs for job in jobs))
    failures = [each for each in cohort.outcomes if not isinstance(each, Outcome)]
    if len(failures) == len(jobs):
        raise failures[0]
    members = []
    for (number, seed), job, each, outcome in zip(
        numbered, jobs, cohort.members, cohort.outcomes, strict=True
    ):
        alive = isinstance(outcome, Outcome)
        members.append(
            Member(
                number=number,
                seed=seed,
                network=job.network.eval() if alive else None,
                outcome=asdict(outcome) if isinstance(outcome, Outcome) else {},
                error="" if isinstance(outcome, Outcome) else outcome.received,
                epochs=each.records.epochs,
                timings=each.records.timings,
            )
        )
    return members


def member_job(stage: Stage, work: Work, seed: int) -> Job:
    """What one member is told: all that the run was told, with another seed and maybe other rows."""
    experiment = stage.experiment.replace(seed=seed)
    prepared = work.prepared
    network = work.network if seed == stage.experiment.seed else fresh_network(stage, work, seed)
    part = prepared.train
    if experiment.ensemble.kind == "bagging":
        part = bootstrap(part, seed)
    device = choose_device(experiment.training.device)
    batches = make_batches(
        experiment, part, work.preparation, device, tokens=prepared.tokens > 0, task=prepared.task
    )
    layers = ledger(network, prepared.train.inputs[:1])
    job = make_job(experiment, network, batches, prepared.validation, stage.job.objective, layers)
    return replace(job, probe_every=0)


def bootstrap(part: Part, seed: int) -> Part:
    """As many rows as there are, drawn with replacement: some occur twice, a third or so not at all.

    Args:
        part: The training part.
        seed: Of the member.

    Example:
        >>> import numpy as np
        >>> part = Part(torch.arange(5.0).reshape(5, 1), torch.arange(5), np.arange(5))
        >>> drawn = bootstrap(part, seed=0)
        >>> len(drawn), set(drawn.rows) <= set(part.rows), bool((drawn.inputs[:, 0] == drawn.targets).all())
        (5, True, True)
    """
    drawn = numpy_stream(seed, "bootstrap").integers(0, len(part), len(part))
    chosen = torch.from_numpy(drawn)
    weights = None if part.weights is None else part.weights[chosen]
    inputs = part.inputs[chosen]
    # Rows that are to be given back are their own targets: one tensor, not a copy.
    targets = inputs if part.targets is part.inputs else part.targets[chosen]
    return Part(inputs, targets, part.rows[drawn], weights)


def fresh_network(stage: Stage, work: Work, seed: int) -> nn.Module:
    """The network of a run with the first weights of another seed.

    Raises:
        SettingError: It is a user's own, and a layer cannot draw its weights anew.
    """
    if work.model is not None:
        prepared = work.prepared
        outputs = work.objective.outputs(prepared)
        return make_network(stage.experiment.model, prepared.input_shape, outputs, seed).network
    network = copy.deepcopy(work.network)
    with torch.random.fork_rng():
        seed_torch(derive(seed, "weights"))
        for name, module in network.named_modules():
            own = list(module.parameters(recurse=False))
            again = getattr(module, "reset_parameters", None)
            if again is not None:
                again()
            elif own:
                raise SettingError(
                    f"ensemble.members = {stage.experiment.ensemble.members} with layer {name!r} "
                    f"({type(module).__name__}), which cannot draw its first weights anew",
                    expected="layers with a method reset_parameters, as those of PyTorch have",
                    fix="add that method to it, or set ensemble.kind to 'snapshots'",
                )
    return network

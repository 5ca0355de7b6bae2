"""Who trains a network of many: a crew, a population, or the ordinary loop by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from glasshouse.core.devices import cores as all_cores
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.fused.loading import available
from glasshouse.training.job import Job
from glasshouse.training.population.alone import Alone
from glasshouse.training.population.compiled import Compiled, Reader
from glasshouse.training.population.member import Member
from glasshouse.training.population.structure import Structure, read_structure
from glasshouse.training.population.worth import reason_against

Seat = Member[Structure] | Member[Compiled] | Alone

FEWEST = 3
"""Fewest networks that are worth a population: two at once take as long as one after the other."""


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


def kind_of(seat: Seat) -> str:
    """What trains a network: ``"alone"``, ``"fused"`` or ``"population"``."""
    return "alone" if isinstance(seat, Alone) else seat.engine


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

"""Networks of many fits trained together: all are announced, then trained, then each is fetched.

A search fits the same estimator many times. While a :class:`Gathering` collects, a network that is to be
trained announces its job and the fit is broken off; all jobs are trained by one call; and when the search
then fits for good, each fit finds its network trained. A fit is recognised by what it is: its parameters, its
random numbers and its rows.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from glasshouse.core.errors import TrainingError
from glasshouse.estimators.convergence import Convergence
from glasshouse.estimators.course import Learnt
from glasshouse.training.job import Job, Outcome
from glasshouse.training.population import train_together

MOST_BYTES = 256 * 2**20
"""Inputs of the jobs that wait to be trained; more are trained in several goes."""
MOST_JOBS = 256
"""Jobs that wait to be trained."""


class Announced(BaseException):
    """Breaks off a fit whose network's training has been announced.

    It is no error, so that it passes the handlers of errors of a pipeline or a search.
    """


@dataclass(frozen=True)
class Trained:
    """A network that was trained beside others.

    Args:
        weights: Its state.
        stopping: What its convergence has seen.
        outcome: What training said.
    """

    weights: dict[str, torch.Tensor]
    stopping: Convergence
    outcome: Outcome

    def learnt(self) -> Learnt:
        """What came of it, as for a network that was trained alone."""
        rows = [
            {"epoch": epoch, "train": {"loss": loss}}
            for epoch, loss in enumerate(self.stopping.watched, start=1)
        ]
        return Learnt(rows, self.stopping, f"{self.outcome.engine}: {self.outcome.engine_why}")


class Gathering:
    """The jobs of a search's fits.

    Args:
        salt: Tells this search's fits from those of another.
        expected: How many networks there will be.

    Attributes:
        seconds: Spent in training.
        count: Networks trained.

    Example:
        >>> gathering = Gathering(salt=0)
        >>> with gathering.collecting():
        ...     _GATHERED.get() is gathering
        True
    """

    def __init__(self, salt: int, expected: int | None = None) -> None:
        self.salt = salt
        self.expected = expected
        self.seconds = 0.0
        self.count = 0
        self._collecting = False
        self._waiting: dict[str, Job] = {}
        self._bytes = 0
        self._trained: dict[str, Trained] = {}

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """A block in which networks announce their jobs; at its end they are trained."""
        with self._opened(collecting=True):
            yield
        self._train()

    @contextmanager
    def handing_out(self) -> Iterator[None]:
        """A block in which fits find their networks trained."""
        with self._opened(collecting=False):
            yield

    @contextmanager
    def _opened(self, collecting: bool) -> Iterator[None]:
        self._collecting = collecting
        token = _GATHERED.set(self)
        try:
            yield
        finally:
            _GATHERED.reset(token)

    def generator(self, deciding: Any, facts: Sequence[Any]) -> np.random.RandomState:
        """Random numbers of a fit: a search fits twice, and must meet the same network twice.

        Args:
            deciding: The parameters that decide training.
            facts: About its rows.
        """
        return np.random.RandomState(int(digest(deciding, self.salt, *facts)[:8], 16))

    def meet(self, key: str, job: Job) -> Trained | None:
        """The trained network of a job, where there is one.

        Raises:
            Announced: The job waits for the others.
        """
        if not self._collecting:
            return self._trained.get(key)
        if key not in self._trained and key not in self._waiting:
            self._waiting[key] = job
            self._bytes += bytes_of(job)
        if len(self._waiting) >= MOST_JOBS or self._bytes > MOST_BYTES:
            self._train()
        raise Announced

    def _train(self) -> None:
        if not self._waiting:
            return
        jobs, began = list(self._waiting.values()), time.perf_counter()
        outcomes = train_together(jobs, self.expected)
        self.seconds += time.perf_counter() - began
        for (key, job), outcome in zip(self._waiting.items(), outcomes, strict=True):
            if isinstance(outcome, TrainingError):
                continue  # its own fit will say so
            assert isinstance(job.stopping, Convergence)
            weights = {name: each.clone() for name, each in job.network.state_dict().items()}
            self._trained[key] = Trained(weights, job.stopping, outcome)
        self.count += len(outcomes)
        self._waiting, self._bytes = {}, 0


_GATHERED: ContextVar[Gathering | None] = ContextVar("gathered", default=None)


def gathering() -> Gathering | None:
    """The gathering that goes on, if one does."""
    return _GATHERED.get()


def bytes_of(job: Job) -> int:
    """Memory of a job's inputs, roughly."""
    shape, kind, _ = getattr(job.batches, "form", ((), torch.float64, False))
    return job.batches.rows * math.prod(shape) * kind.itemsize


def digest(*parts: Any) -> str:
    """Tells tensors and plain values from others.

    Example:
        >>> digest(torch.zeros(2), "a") == digest(torch.zeros(2), "a"), digest("a") == digest("b")
        (True, False)
    """
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, torch.Tensor):
            found.update(f"{tuple(part.shape)} {part.dtype}".encode())
            found.update(part.detach().contiguous().numpy().data)
        else:
            found.update(repr(part).encode())
    return found.hexdigest()

"""A network that no population takes: trained by the ordinary loop, some epochs at a time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from glasshouse.core.devices import threads
from glasshouse.core.errors import NonFiniteError
from glasshouse.core.random_state import capture, isolated, restore
from glasshouse.core.seeds import derive
from glasshouse.training.interrupts import StopRequest
from glasshouse.training.job import Job, Outcome
from glasshouse.training.loop import Training
from glasshouse.training.records import Records
from glasshouse.training.saving import go_on, state


@dataclass
class Alone:
    """One network by itself.

    Args:
        job: What it was told.
        reason: Why no population takes it.
        random: The random states with which its training goes on; ``None`` before its first epoch.
        failure: Why it could not go on.
    """

    job: Job
    reason: str
    records: Records = field(default_factory=lambda: Records(None))
    random: dict[str, Any] | None = None
    failure: NonFiniteError | None = None

    def __post_init__(self) -> None:
        self.training = Training(self.job, self.records, None, ())

    @property
    def engine(self) -> str:
        """What computes its gradients."""
        return self.training.choice.name

    @property
    def outcome(self) -> Outcome:
        """What came of it."""
        progress, choice = self.training.progress, self.training.choice
        best = progress.epoch if self.training.best_weights is None else self.job.stopping.best_epoch
        seconds = sum(row["seconds"] for row in self.records.timings)
        why = f"{choice.why}; trained alone: {self.reason}"
        return replace(
            Outcome(best, progress.ended, progress.epoch, progress.step, seconds),
            engine=choice.name,
            engine_why=why,
        )

    def state(self) -> dict[str, Any]:
        """Everything that decides how it goes on; while nothing runs."""
        return {
            **state(self.training),
            "reason": self.reason,
            "random": self.random,
            "threads": self.job.threads,
            "timings": self.records.timings,
            "failure": None if self.failure is None else self.failure.received,
        }

    def restore(self, found: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave of a network of the same job.

        Raises:
            CheckpointError: It is not of this network.
        """
        self.failure = None if found["failure"] is None else NonFiniteError(found["failure"])
        self.records.epochs, self.records.timings = list(found["epochs"]), list(found["timings"])
        if found["random"] is None:
            return
        with ExitStack() as stack:
            stack.enter_context(threads(self.job.threads))
            stack.enter_context(isolated(derive(self.job.seed, "training")))
            for turn in self.training.turns:
                stack.enter_context(turn.installed())
            go_on(self.training, dict(found), "the state of a search")
            self.random = capture()

    def advance(self, epochs: int, request: StopRequest) -> None:
        """Train until it has seen so many epochs, or its training has ended.

        Raises:
            TrainingStoppedError: A signal asked to stop.
        """
        training = self.training
        if self.failure is not None or training.progress.ended:
            return
        with ExitStack() as stack:
            stack.enter_context(threads(self.job.threads))
            stack.enter_context(isolated(derive(self.job.seed, "training")))
            if self.random is not None:
                restore(self.random)
            for turn in training.turns:
                stack.enter_context(turn.installed())
            try:
                while not training.progress.ended and training.progress.epoch < epochs:
                    training.run_epoch(request)
            except NonFiniteError as error:
                self.failure = error
            self.random = capture()
        if training.progress.ended and training.best_weights is not None:
            with torch.no_grad():
                self.job.network.load_state_dict(training.best_weights)

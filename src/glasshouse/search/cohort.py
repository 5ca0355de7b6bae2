"""Networks that are trained side by side, some epochs at a time, and may be given up on the way."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch

from glasshouse.core.devices import threads
from glasshouse.core.errors import NonFiniteError
from glasshouse.core.random_state import capture, isolated, restore
from glasshouse.core.seeds import derive
from glasshouse.training.interrupts import stop_request
from glasshouse.training.job import Job
from glasshouse.training.loop import Training
from glasshouse.training.records import Records


@dataclass
class Member:
    """One network of a cohort.

    Args:
        training: How far it is.
        random: The random states that its training goes on with; ``None`` before its first epoch.
        error: Why it cannot go on, or empty.
    """

    training: Training
    random: dict[str, Any] | None = None
    error: str = ""


class Cohort:
    """Networks trained one after the other, each as :func:`glasshouse.training.loop.train` would.

    Args:
        jobs: What to train.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.members = [Member(Training(job, Records(None), None, ())) for job in jobs]

    def __len__(self) -> int:
        return len(self.members)

    @property
    def histories(self) -> list[list[dict[str, Any]]]:
        """For each network its epochs so far, as ``metrics.jsonl`` has them."""
        return [member.training.records.epochs for member in self.members]

    @property
    def errors(self) -> list[str]:
        """For each network why it could not go on, or an empty text."""
        return [member.error for member in self.members]

    @property
    def engines(self) -> list[str]:
        """For each network what computes its gradients."""
        return [member.training.choice.name for member in self.members]

    def advance(self, epochs: int) -> None:
        """Train every network until it has seen so many epochs, or its training has ended.

        Raises:
            TrainingStoppedError: A signal asked to stop.
        """
        for member in self.members:
            if not member.error:
                self._advance(member, epochs)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with some of the networks only, in the order given."""
        self.members = [self.members[place] for place in places]

    def _advance(self, member: Member, epochs: int) -> None:
        training = member.training
        if training.progress.ended or training.progress.epoch >= epochs:
            return
        with ExitStack() as stack:
            stack.enter_context(threads(training.job.threads))
            stack.enter_context(isolated(derive(training.job.seed, "training")))
            if member.random is not None:
                restore(member.random)
            for turn in training.turns:
                stack.enter_context(turn.installed())
            request = stack.enter_context(stop_request())
            try:
                while not training.progress.ended and training.progress.epoch < epochs:
                    training.run_epoch(request)
            except NonFiniteError as error:
                member.error = error.received
            if not training.progress.ended:
                member.random = capture()
        if training.progress.ended and training.best_weights is not None:
            with torch.no_grad():
                training.job.network.load_state_dict(training.best_weights)

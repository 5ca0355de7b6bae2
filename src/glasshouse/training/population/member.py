"""One network of a population: what it was told, how far it is, and its numbers while nothing runs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import torch

from glasshouse.core.errors import CheckpointError, NonFiniteError
from glasshouse.core.seeds import derive
from glasshouse.models.freezing import training_mode
from glasshouse.schedules import SCHEDULES, Schedule
from glasshouse.training.batches import Batch
from glasshouse.training.giving_up import give_up
from glasshouse.training.job import Job, Outcome
from glasshouse.training.loop import Progress, Training, ending
from glasshouse.training.population.compiled import Compiled
from glasshouse.training.population.structure import Structure
from glasshouse.training.records import Records

S = TypeVar("S", Structure, Compiled)


@dataclass
class Member(Generic[S]):
    """One network that is trained beside others.

    Args:
        job: What it was told.
        structure: What a population sees of it, or the fused loop.
        records: Its epochs.
        progress: How far it is.
        weights, slots, best: Its parameters, the optimizer's memory of them, and the parameters of its best
            epoch, each as a row; ``None`` or empty before the first epoch.
        failure: Why it could not go on.
        seconds: Its share of the time spent.
        beside: Most networks that were trained with it at once, itself included.
    """

    job: Job
    structure: S
    records: Records = field(default_factory=lambda: Records(None))
    progress: Progress = field(default_factory=Progress)
    weights: torch.Tensor | None = None
    slots: dict[str, torch.Tensor] = field(default_factory=dict)
    best: torch.Tensor | None = None
    failure: NonFiniteError | None = None
    seconds: float = 0.0
    beside: int = 1

    reason = ""

    def __post_init__(self) -> None:
        schedule = self.job.schedule
        self.schedule = schedule if isinstance(schedule, Schedule) else SCHEDULES.build(schedule)
        self.generator = torch.Generator().manual_seed(derive(self.job.seed, "training"))
        training_mode(self.job.network)

    @property
    def engine(self) -> str:
        """What computes its gradients."""
        return self.structure.engine

    @property
    def running(self) -> bool:
        """Whether it still learns."""
        return not self.progress.ended and self.failure is None

    @property
    def has_best(self) -> bool:
        """Whether the weights of the best epoch by validation are kept."""
        stopping = self.job.stopping
        return stopping.part == "validation" and stopping.best_epoch > 0

    @property
    def clockwork(self) -> Hashable:
        """Equal for members whose rates follow the same factors; of its own where a schedule remembers."""
        if type(self.schedule).observe is not Schedule.observe:
            return id(self)
        return repr(self.job.schedule), self.job.epochs

    @property
    def outcome(self) -> Outcome:
        """What came of it."""
        progress = self.progress
        best = self.job.stopping.best_epoch if self.has_best else progress.epoch
        why = self.structure.why.format(beside=self.beside)
        return Outcome(best, progress.ended, progress.epoch, progress.step, self.seconds, self.engine, why)

    def state(self) -> dict[str, Any]:
        """Everything that decides how it goes on; while nothing runs, and with its numbers at hand."""
        return {
            "network": dict(self.job.network.state_dict()),
            "weights": self.weights,
            "slots": self.slots,
            "best": self.best,
            "generator": self.generator.get_state(),
            "schedule": self.schedule.state(),
            "stopping": self.job.stopping.state(),
            "progress": vars(self.progress),
            "epochs": self.records.epochs,
            "timings": self.records.timings,
            "seconds": self.seconds,
            "beside": self.beside,
            "failure": None if self.failure is None else self.failure.received,
        }

    def restore(self, found: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave of a network of the same job.

        Raises:
            CheckpointError: It is not of this network.
        """
        try:
            self.job.network.load_state_dict(found["network"])
        except RuntimeError as error:
            raise CheckpointError(
                f"the state of a search does not fit the network: {error}",
                expected="the network that the search was made with",
                fix="remove the folder state/ of the search: what was in training begins again",
            ) from error
        self.weights, self.best, self.slots = found["weights"], found["best"], dict(found["slots"])
        self.generator.set_state(found["generator"])
        self.schedule.restore(found["schedule"])
        self.job.stopping.restore(found["stopping"])
        vars(self.progress).update(found["progress"])
        self.records.epochs, self.records.timings = list(found["epochs"]), list(found["timings"])
        self.seconds, self.beside = found["seconds"], found["beside"]
        self.failure = None if found["failure"] is None else NonFiniteError(found["failure"])

    def judge(self, row: dict[str, Any]) -> bool:
        """End training when it is time; whether the epoch was the best so far."""
        stopping = self.job.stopping
        self.schedule.observe((row.get("validation") or row["train"])["loss"])
        watched = row.get(stopping.part)
        improved = watched is not None and stopping.improved(self.progress.epoch, watched)
        self.progress.ended = ending(self.job, self.progress.epoch)
        return improved and stopping.part == "validation"

    def fail(
        self, losses: list[float], weights: list[float], rates: list[float], inputs: torch.Tensor, best: Any
    ) -> None:
        """Note why it cannot go on, in the words of training alone. The network has its present weights.

        Args:
            losses: Of the steps of the epoch so far; the last is not finite.
            weights: What each of them counts.
            rates: The learning rates of these steps.
            inputs: Of the step at fault.
            best: The parameters of the best epoch, by name, or ``None``.
        """
        done = len(losses) - 1
        here = Progress(self.progress.epoch, self.progress.step + done, done)
        alone = Training(self.job, Records(None), None, (), here, best)
        alone.leading.rate = rates[-1]
        for number, loss in enumerate(losses):
            alone.log.step(loss, weights[number], rates[number])
        alone.log.settle()
        try:
            give_up(alone, [Batch(inputs, inputs)])  # the targets are not looked at
        except NonFiniteError as error:
            self.failure = error

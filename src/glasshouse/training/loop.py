"""The training loop, as prose."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch

from glasshouse.core.devices import threads
from glasshouse.core.errors import TrainingStoppedError
from glasshouse.core.random_state import isolated
from glasshouse.core.seeds import derive
from glasshouse.models.freezing import training_mode
from glasshouse.schedules import SCHEDULES, Clock, Schedule
from glasshouse.training.batches import Batch
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.choose_engine import Choice, choose_engine
from glasshouse.training.engine import Answers, Saw
from glasshouse.training.epoch_end import end_epoch
from glasshouse.training.epoch_log import EpochLog
from glasshouse.training.fused import FusedLoop, read_bounds
from glasshouse.training.fused.run import advance
from glasshouse.training.giving_up import give_up
from glasshouse.training.interrupts import StopRequest, stop_request
from glasshouse.training.job import Job, Outcome
from glasshouse.training.observers import Observer, Plan
from glasshouse.training.quick import metric_name
from glasshouse.training.records import Records
from glasshouse.training.saving import checkpoint_due, save, take_up
from glasshouse.training.turn import Turn, due, turns_of

CHECK_EVERY = {"cpu": 1}
"""Steps between two looks at whether the loss is finite; elsewhere 50, because looking waits there."""


def unanswered(_outputs: torch.Tensor, _targets: torch.Tensor) -> None:
    """What phases that do not lead say of a batch is not kept."""


@dataclass
class Progress:
    """How far a run has come; with the network, the optimizer and the random state this is all its state."""

    epoch: int = 0
    step: int = 0
    step_of_epoch: int = 0
    ended: str = ""


def ending(job: Job, epoch: int) -> str:
    """Why training ends with an epoch, in words; empty where it goes on.

    Args:
        job: Its early stopping has taken note of the epoch.
        epoch: Epochs done.
    """
    if epoch >= job.epochs:
        return f"all {job.epochs} epochs done" if job.epochs > 1 else "its one epoch is done"
    return job.stopping.reason() if job.stopping.exhausted else ""


def train(
    job: Job,
    records: Records | None = None,
    checkpoints: CheckpointFolder | None = None,
    observers: Sequence[Observer] = (),
) -> Outcome:
    """Train a network, or go on where a run of the same job was cut off.

    When ``checkpoints`` holds a checkpoint, training goes on from it and ends with the same weights, metrics
    and best epoch, bit for bit, as if it had never been cut off. Afterwards the network has the weights of
    its best epoch. The caller's random states and thread count are as before.

    Args:
        job: What to do.
        records: Where epochs, steps and probes are written down.
        checkpoints: Where the state is saved and found; ``None`` saves nothing.
        observers: Who looks on.

    Raises:
        NonFiniteError: The loss became NaN or infinite. The last good state is on disk.
        TrainingStoppedError: A signal asked to stop. The state is on disk.
        CheckpointError: There are checkpoints, but no whole one of this run.
        StorageError: The disk is full.

    Example:
        >>> import numpy as np
        >>> from glasshouse.data.parts import Part
        >>> from glasshouse.losses import LOSSES
        >>> from glasshouse.objectives import Supervised
        >>> from glasshouse.training.batches import InMemoryBatches
        >>> inputs = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
        >>> part = Part(inputs, 2 * inputs, np.arange(4))
        >>> network = torch.nn.Linear(1, 1)
        >>> job = Job(network=network, batches=InMemoryBatches(part, batch_size=2), optimizer="sgd",
        ...           objective=Supervised(LOSSES.build("mse")), learning_rate=0.1, epochs=200)
        >>> train(job).steps
        400
        >>> [round(abs(each.item()), 3) for each in network.parameters()]
        [2.0, 0.0]
    """
    return Training(job, records or Records(None), checkpoints, observers).run()


@dataclass
class Training:
    """One run of the loop. :func:`train` is the way in."""

    job: Job
    records: Records
    checkpoints: CheckpointFolder | None
    observers: Sequence[Observer]
    progress: Progress = field(default_factory=Progress)
    best_weights: dict[str, torch.Tensor] | None = None
    saving_took: float = 0.0

    def __post_init__(self) -> None:
        job = self.job
        choice = choose_engine(job)
        self.turns = turns_of(job, dense=choice.plan is not None)
        self.leading, self.alone = self.turns[0], not job.objective.phases
        schedule = job.schedule
        self.schedule = schedule if isinstance(schedule, Schedule) else SCHEDULES.build(schedule)
        self.metric = metric_name(job.objective.meaning)
        wanted = self.metric is not None and job.train_metric
        self.log = EpochLog()
        self.answers: Answers | None = self.note_answers if wanted else None
        self.use(choice)
        self.check_every = CHECK_EVERY.get(job.device.type, 50)
        self.factor = math.nan
        self.saved_at = self.epoch_began = time.perf_counter()

    def use(self, choice: Choice) -> None:
        """Take an engine into use."""
        for turn in self.turns:
            self.choice = turn.use(choice, self.note_parts)
        self.dense = self.choice.name != "autograd"
        self.fused: FusedLoop | None = None
        if self.choice.fused is not None and self.leading.flat is not None:
            bounds = read_bounds(self.job, self.leading.regularization)
            flat, optimizer = self.leading.flat, self.leading.optimizer
            self.fused = FusedLoop(self.choice.fused, self.job, flat, optimizer, bounds)

    def run(self) -> Outcome:
        """All epochs, from wherever the run stands."""
        job, began = self.job, time.perf_counter()
        with ExitStack() as stack:
            # The fused loop has threads of its own; PyTorch's would spin in their way after every epoch.
            stack.enter_context(threads(1 if self.fused is not None else job.threads))
            stack.enter_context(isolated(derive(job.seed, "training")))
            for turn in self.turns:
                stack.enter_context(turn.installed())
            request = stack.enter_context(stop_request())
            self.passed_over = take_up(self)
            self.tell_start()
            while not self.progress.ended:
                self.run_epoch(request)
            save(self)
            if self.best_weights is not None:
                job.network.load_state_dict(self.best_weights)
        for observer in self.observers:
            observer.ended(self.progress.ended)
        best = self.progress.epoch if self.best_weights is None else job.stopping.best_epoch
        seconds = time.perf_counter() - began
        progress, choice = self.progress, self.choice
        return Outcome(best, progress.ended, progress.epoch, progress.step, seconds, choice.name, choice.why)

    def run_epoch(self, request: StopRequest) -> None:
        """One pass over the training part, from the step at which it stands, then a look back."""
        training_mode(self.job.network)
        if self.progress.step_of_epoch == 0:
            self.job.objective.epoch_begins()
        for turn in self.turns:
            if turn.flat:
                turn.flat.check()
        self.epoch_began = time.perf_counter()
        # The dense engine needs no graph, and asking for none once is cheaper than at every step.
        with torch.no_grad() if self.dense else nullcontext():
            self.run_steps(request)
        end_epoch(self)

    def run_steps(self, request: StopRequest) -> None:
        """The steps of an epoch that are left."""
        if self.fused is not None:
            while self.progress.step_of_epoch < self.job.batches.steps:
                advance(self, self.fused)
                self.look_up(request)
            return
        for batches in self.job.batches.epoch(self.progress.epoch, self.progress.step_of_epoch):
            self.step(batches)
            self.look_up(request)

    def look_up(self, request: StopRequest) -> None:
        """Between two steps: stop if asked to, save if it is time."""
        if request.by:
            self.stop(request.by)
        if checkpoint_due(self):
            save(self)

    def step(self, batches: list[Batch]) -> None:
        """One step: each turn that is due, under the probes' eyes when it is their turn."""
        progress = self.progress
        if not self.dense:  # whose losses have no parts
            self.log.begin()
        self.set_rates()
        for turn in self.turns if self.alone else due(self.turns, progress.step):
            with turn.engine.around():
                if turn.probes.due(progress.step):
                    with turn.probes.look(progress.step, hooks=not self.dense):
                        self.move(turn, batches, turn.probes.saw if self.dense else None)
                else:
                    self.move(turn, batches)
        progress.step += 1
        progress.step_of_epoch += 1
        if self.observers:
            known = self.log.losses[-1] if self.check_every == 1 else None
            rows = sum(len(batch.targets) for batch in batches)
            for observer in self.observers:
                observer.stepped(progress.step, rows, known)

    def move(self, turn: Turn, batches: list[Batch], saw: Saw | None = None) -> None:
        """Forward and backward() over the step's batches, then the update, if the loss is a number."""
        leads = turn is self.leading
        with turn.computing():
            loss, weight = turn.engine.backward(batches, self.answers if leads else unanswered, saw)
        looking = self.check_every == 1 or self.progress.step % self.check_every == 0
        if leads:
            self.log.step(loss, weight, turn.rate)
            if looking and self.log.settle() is not None:
                give_up(self, batches)
        elif looking and not math.isfinite(loss):
            give_up(self, batches, (turn, float(loss)))
        turn.update()

    def note_parts(self, parts: Mapping[str, torch.Tensor], weight: float) -> None:
        """Write down what the objective says beside the loss."""
        self.log.parts.note(parts, weight)

    def note_answers(self, outputs: torch.Tensor, targets: torch.Tensor) -> None:
        """Keep what the network answered: the epoch's end makes a metric of it."""
        self.log.answers(outputs, targets)

    def set_rates(self) -> None:
        """The learning rate of the next step, by the schedule."""
        clock = Clock(self.progress.step, self.job.batches.steps, self.job.epochs)
        factor = self.schedule.factor(clock)
        if factor != self.factor:
            self.factor = factor
            for turn in self.turns:
                turn.set_rate(factor)

    def seen(self) -> list[dict[str, Any]]:
        """What the probes saw since somebody asked, in the order of the steps."""
        rows = [row for turn in self.turns for row in turn.probes.taken()]
        return sorted(rows, key=lambda row: row["step"]) if len(self.turns) > 1 else rows

    def judge(self, row: dict[str, Any]) -> None:
        """Keep the weights of the best epoch, and end training when it is time."""
        job, progress = self.job, self.progress
        self.schedule.observe((row.get("validation") or row["train"])["loss"])
        watched = row.get(job.stopping.part) if job.objective.comparable else None
        improved = watched is not None and job.stopping.improved(progress.epoch, watched)
        if improved and job.stopping.part == "validation":
            self.best_weights = {name: each.clone() for name, each in job.network.state_dict().items()}
        progress.ended = ending(job, progress.epoch)

    def tell_start(self) -> None:
        """Tell the observers what is coming."""
        job = self.job
        plan = Plan(job.epochs, job.batches.steps, job.batches.rows, self.metric, self.progress.epoch)
        for observer in self.observers:
            observer.started(plan)

    def stop(self, signal_name: str) -> None:
        """Save and leave, because somebody asked to."""
        save(self)
        where = f"epoch {self.progress.epoch + 1}, step {self.progress.step}"
        raise TrainingStoppedError(
            f"training was stopped by {signal_name} in {where}; its state is saved",
            fix="`glasshouse resume RUN` goes on from that very step",
        )

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
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.probes import Probes
from glasshouse.schedules import SCHEDULES, Clock
from glasshouse.training.batches import Batch
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.choose_engine import Choice, choose_engine
from glasshouse.training.dense import DenseEngine
from glasshouse.training.engine import AutogradEngine, Engine, Saw
from glasshouse.training.epoch_log import EpochLog
from glasshouse.training.flat import FlatParameters, can_flatten, grouped
from glasshouse.training.giving_up import give_up
from glasshouse.training.interrupts import StopRequest, stop_request
from glasshouse.training.job import Job, Outcome
from glasshouse.training.observers import Observer, Plan
from glasshouse.training.optimizer_step import bare_step
from glasshouse.training.quick import metric_name, quick_metric
from glasshouse.training.records import Records
from glasshouse.training.regularization import Regularization, clippings
from glasshouse.training.saving import checkpoint_due, save, take_up

CHECK_EVERY = {"cpu": 1}
"""Steps between two looks at whether the loss is finite; elsewhere 50, because looking waits there."""


@dataclass
class Progress:
    """How far a run has come; with the network, the optimizer and the random state this is all its state."""

    epoch: int = 0
    step: int = 0
    step_of_epoch: int = 0
    ended: str = ""


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

    def __post_init__(self) -> None:
        job = self.job
        self.groups = grouped(job.network, job.weight_decay, job.layer_rates, bool(job.regularizers))
        self.flat = FlatParameters(self.groups) if can_flatten(job.network, job.device) else None
        self.leaves = [leaf for group in self.groups for leaf in group.leaves]
        self.members = [member for group in self.groups for member in group.members]
        self.regularization = Regularization(job.regularizers, self.groups)
        self.clippings = clippings(job)
        self.optimizer: torch.optim.Optimizer = OPTIMIZERS.build(
            job.optimizer,
            [
                {"params": group.leaves, "weight_decay": job.weight_decay if group.decayed else 0.0}
                for group in self.groups
            ],
            fixed={"learning_rate": job.learning_rate, "weight_decay": job.weight_decay},
        )
        self.schedule = SCHEDULES.build(job.schedule)
        self.probes = Probes(job.network, job.probe_every)
        self.metric = metric_name(job.objective.meaning)
        self.log = EpochLog()
        self.use(choose_engine(job))
        self.update = bare_step(self.optimizer, lasting_gradients=self.flat is not None)
        self.check_every = CHECK_EVERY.get(job.device.type, 50)
        self.rate = math.nan
        self.saved_at = self.epoch_began = time.perf_counter()

    def use(self, choice: Choice) -> None:
        """Take an engine into use."""
        noisy = self.regularization.noisy
        noting = self.note_parts
        self.engine: Engine = AutogradEngine(self.job, self.optimizer, self.flat, noisy, noting)
        if choice.plan is not None and self.flat is not None:
            self.engine = DenseEngine(choice.plan, self.job.objective, self.flat, noisy)
        elif choice.plan is not None:
            choice = Choice("autograd", "the parameters do not lie in one buffer")
        self.choice, self.dense = choice, choice.name == "dense"

    def run(self) -> Outcome:
        """All epochs, from wherever the run stands."""
        job, began = self.job, time.perf_counter()
        with ExitStack() as stack:
            stack.enter_context(threads(job.threads))
            stack.enter_context(isolated(derive(job.seed, "training")))
            stack.enter_context(self.flat.installed() if self.flat else nullcontext())
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
        best = job.stopping.best_epoch or self.progress.epoch
        seconds = time.perf_counter() - began
        progress, choice = self.progress, self.choice
        return Outcome(best, progress.ended, progress.epoch, progress.step, seconds, choice.name, choice.why)

    def run_epoch(self, request: StopRequest) -> None:
        """One pass over the training part, from the step at which it stands, then a look back."""
        training_mode(self.job.network)
        if self.progress.step_of_epoch == 0:
            self.job.objective.epoch_begins()
        if self.flat:
            self.flat.check()
        self.epoch_began = time.perf_counter()
        # The dense engine needs no graph, and asking for none once is cheaper than at every step.
        with torch.no_grad() if self.dense else nullcontext():
            self.run_steps(request)
        self.end_epoch()

    def run_steps(self, request: StopRequest) -> None:
        """The steps of an epoch that are left."""
        for batches in self.job.batches.epoch(self.progress.epoch, self.progress.step_of_epoch):
            self.step(batches)
            if request.by:
                self.stop(request.by)
            if checkpoint_due(self):
                save(self)

    def step(self, batches: list[Batch]) -> None:
        """One optimizer step, under the probes' eyes when it is their turn."""
        progress, probes = self.progress, self.probes
        self.set_rate()
        with self.engine.around():
            if probes.due(progress.step):
                with probes.look(progress.step, hooks=not self.dense):
                    self.move(batches, probes.saw if self.dense else None)
            else:
                self.move(batches)
        progress.step += 1
        progress.step_of_epoch += 1
        if self.observers:
            known = self.log.losses[-1] if self.check_every == 1 else None
            rows = sum(len(batch.targets) for batch in batches)
            for observer in self.observers:
                observer.stepped(progress.step, rows, known)

    def move(self, batches: list[Batch], saw: Saw | None = None) -> None:
        """Forward and backward() over the step's batches, finish the gradient, update."""
        with self.regularization.shaken():
            loss, weight = self.engine.backward(batches, self.answers, saw)
        self.log.step(loss, weight, self.rate)
        if self.progress.step % self.check_every == 0 and self.log.settle() is not None:
            give_up(self, batches)
        if self.clippings or self.regularization.penalties:
            self.finish_gradient()
        if self.probes.looking:
            self.probes.before_update()
        self.job.precision.step(self.optimizer, self.update)
        self.regularization.constrain()

    def note_parts(self, parts: Mapping[str, torch.Tensor], weight: float) -> None:
        """Write down what the objective says beside the loss."""
        self.log.parts.note(parts, weight)

    def answers(self, outputs: torch.Tensor, targets: torch.Tensor) -> None:
        """Keep what the network answered, where the epoch's end makes a metric of it."""
        if self.metric is not None:
            self.log.answers(outputs, targets)

    def finish_gradient(self) -> None:
        """Add the pull of the penalties, then bound the gradient: by value, by norm, unit by unit."""
        self.job.precision.unscale(self.optimizer)
        self.regularization.add_gradients()
        for clipping in self.clippings:
            clipping.clip_(self.members if clipping.by_parameter else self.leaves)

    def set_rate(self) -> None:
        """The learning rate of the next step, by the schedule."""
        clock = Clock(self.progress.step, self.job.batches.steps, self.job.epochs)
        rate = self.job.learning_rate * self.schedule.factor(clock)
        if rate != self.rate:
            self.rate = rate
            for settings, group in zip(self.optimizer.param_groups, self.groups, strict=True):
                settings["lr"] = rate * group.rate

    def end_epoch(self) -> None:
        """Measure, write down, and decide whether to go on."""
        job, progress = self.job, self.progress
        progress.epoch += 1
        progress.step_of_epoch = 0
        if self.log.settle() is not None:
            give_up(self, [])
        trained = time.perf_counter() - self.epoch_began
        row: dict[str, Any] = {
            "epoch": progress.epoch,
            "step": progress.step,
            "learning_rate": self.log.rates[-1],
        }
        if self.regularization.penalties:
            row["penalty"] = self.regularization.penalty()
        row["train"] = self.measured(self.log.mean_loss(), self.log.gathered())
        row["train"] |= self.log.parts.means()
        if job.validation is not None:
            loss, outputs, parts = job.objective.judge(job.network, job.validation, job.precision.forward())
            answers = (outputs, job.validation.targets.to(outputs.device))
            row["validation"] = {**self.measured(loss, answers), **parts}
        timing = {
            "epoch": progress.epoch,
            "seconds": time.perf_counter() - self.epoch_began,
            "samples_per_second": job.batches.rows / trained,
        }
        self.records.epoch(row, timing, self.log.losses, self.log.rates)
        self.records.probes.extend(self.probes.rows)
        self.probes.rows = []
        self.log = EpochLog()
        self.judge(row)
        for observer in self.observers:
            observer.epoch_ended(row, timing)

    def measured(
        self, loss: float, answers: tuple[torch.Tensor, torch.Tensor] | None
    ) -> dict[str, float | None]:
        """Loss, and the metric that goes with it where outputs and targets are known."""
        name = self.metric
        if name is None or answers is None:
            return {"loss": loss}
        return {"loss": loss, name: quick_metric(self.job.objective.meaning, *answers)}

    def judge(self, row: dict[str, Any]) -> None:
        """Keep the weights of the best epoch, and end training when it is time."""
        job, progress = self.job, self.progress
        watched = row.get("validation")
        self.schedule.observe((watched or row["train"])["loss"])
        if watched is not None and job.stopping.improved(progress.epoch, watched):
            self.best_weights = {name: each.clone() for name, each in job.network.state_dict().items()}
        if progress.epoch >= job.epochs:
            progress.ended = f"all {job.epochs} epochs done" if job.epochs > 1 else "its one epoch is done"
        elif job.stopping.exhausted:
            progress.ended = job.stopping.reason()

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

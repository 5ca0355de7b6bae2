"""A population: networks of one shape that take their steps together."""

from __future__ import annotations

import math
import time
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from operator import mul
from typing import Any

import numpy as np
import torch

from glasshouse.core.devices import threads
from glasshouse.core.errors import TrainingStoppedError
from glasshouse.schedules import Clock
from glasshouse.training.dense.kernels import below_autograd
from glasshouse.training.interrupts import StopRequest
from glasshouse.training.population.forward import Pass
from glasshouse.training.population.heads import head_of
from glasshouse.training.population.measure import Judges, quick_metrics
from glasshouse.training.population.member import Member
from glasshouse.training.population.rows import Rows
from glasshouse.training.population.stack import Stack
from glasshouse.training.population.structure import Structure
from glasshouse.training.population.update import Table, update_of
from glasshouse.training.quick import metric_name


class Population:
    """Networks of one shape, in one buffer.

    Members whose training has ended keep their place, at a rate of 0, until all have ended: products of fewer
    matrices are rounded in another way, and the others are to keep every bit.

    Args:
        members: With equal keys, all after the same epoch.
    """

    def __init__(self, members: Sequence[Member[Structure]]) -> None:
        self.members = list(members)
        structures = [each.structure for each in members]
        jobs = [each.job for each in members]
        self._stack = stack = Stack(structures[0].layers, len(members), structures[0].dtype)
        self._rows = Rows([each.job.batches for each in members])  # type: ignore[misc]  # structure.py saw to it
        self._update = update_of(stack, [each.settings for each in structures])
        self._best = torch.zeros_like(stack.weights)
        self._losses = [each.objective.loss for each in jobs]  # type: ignore[attr-defined]  # likewise
        head = head_of(self._losses, stack.dtype)
        self._generators: list[torch.Generator | None] = [each.generator for each in members]
        self._passes = {
            size: Pass(stack, structures, size, head, self._generators) for size in set(self._rows.sizes)
        }
        parts = [each.validation for each in jobs if each.validation is not None]
        self._judges = Judges(stack, structures, parts, head) if parts else None
        self._answers = torch.zeros(len(members), sum(self._rows.sizes), stack.layers[-1].outputs)
        self._answers = self._answers.to(stack.dtype)
        self._metric = metric_name(jobs[0].objective.meaning)
        for place, member in enumerate(members):
            self._seat(place, member)

    def _seat(self, place: int, member: Member[Structure]) -> None:
        row = self._stack.read(member.structure.linears) if member.weights is None else member.weights
        self._stack.weights[place].copy_(row)
        if member.best is not None:
            self._best[place].copy_(member.best)
        for name, slot in self._update.slots.items():
            if name in member.slots:
                slot[place].copy_(member.slots[name])
        member.beside = max(member.beside, len(self.members))

    def advance(self, epochs: int, request: StopRequest) -> None:
        """Train until all have seen so many epochs, or their training has ended.

        Raises:
            TrainingStoppedError: A signal asked to stop.
        """
        with ExitStack() as stack:
            stack.enter_context(threads(self.members[0].job.threads))
            stack.enter_context(torch.no_grad())
            while any(each.running and each.progress.epoch < epochs for each in self.members):
                self._run_epoch()
                if request.by:
                    self.rest()
                    raise TrainingStoppedError(
                        f"training was stopped by {request.by} after {self.members[0].progress.epoch} epochs "
                        f"of {len(self.members)} networks",
                        fix="run it again",
                    )
            self.rest()

    def rest(self) -> None:
        """Give the networks that still learn their present weights, and the members all their numbers."""
        with torch.no_grad():
            for place, member in enumerate(self.members):
                if member.running:
                    member.weights = self._stack.weights[place].clone()
                    member.slots = {name: slot[place].clone() for name, slot in self._update.slots.items()}
                    if member.has_best:
                        member.best = self._best[place].clone()
                    self._stack.write(member.weights, member.structure.linears)

    def _run_epoch(self) -> None:
        """One pass of everybody over their rows, then a look back."""
        began = time.perf_counter()
        first = next(each for each in self.members if each.running).progress
        rates = self._rates()
        running = [each.running for each in self.members]
        self._update.plan(rates * np.array(running), first.step)
        losses = torch.zeros(len(rates), len(running), dtype=self._stack.dtype)
        counts = torch.zeros(len(rates), len(running), dtype=self._stack.dtype)
        shown, place = [], 0
        with below_autograd():
            for number, (x, t) in enumerate(self._rows.epoch(first.epoch, running)):
                rows = x.shape[1]
                look = None if first.step + number else self._look_at
                value, weights, outputs = self._passes[rows].run(x, t, look)
                losses[number] = value
                counts[number] = rows if weights is None else weights
                self._answers[:, place : place + rows].copy_(outputs)
                shown.append(t)
                place += rows
                if not math.isfinite(value.sum().item()):
                    self._give_up(number, losses, counts, rates, x)
                self._update.step(number)
        trained = time.perf_counter() - began
        self._end_epoch(losses, counts, rates, torch.cat(shown, 1), (began, trained))

    def _look_at(self, outputs: torch.Tensor, targets: torch.Tensor) -> None:
        """Let each loss look at the first outputs and targets, and say what is wrong with them."""
        for place, loss in enumerate(self._losses):
            loss(outputs[place], targets[place])

    def _rates(self) -> Table:
        """The learning rates of an epoch's steps: (steps, members)."""
        steps = len(self._rows.sizes)
        table = np.zeros((steps, len(self.members)))
        known: dict[Hashable, list[float]] = {}
        for place, member in enumerate(self.members):
            if member.running:
                key, job, done = member.clockwork, member.job, member.progress.step
                if key not in known:
                    clocks = (Clock(done + number, steps, job.epochs) for number in range(steps))
                    known[key] = [member.schedule.factor(clock) for clock in clocks]
                table[:, place] = job.learning_rate * np.array(known[key])
        return table

    def _give_up(
        self, number: int, losses: torch.Tensor, counts: torch.Tensor, rates: Table, x: torch.Tensor
    ) -> None:
        """Stop those whose loss is not finite any more, before the others go on."""
        for place, member in enumerate(self.members):
            if not member.running or math.isfinite(losses[number, place].item()):
                continue
            best = None
            linears = member.structure.linears
            if member.has_best:
                self._stack.write(self._best[place], linears)
                best = {name: each.clone() for name, each in member.job.network.state_dict().items()}
            self._stack.write(self._stack.weights[place], linears)
            end = number + 1
            inputs = x[place].reshape(-1, *member.job.batches.whole.inputs.shape[1:])  # type: ignore[attr-defined]
            lost, weights = losses[:end, place].tolist(), counts[:end, place].tolist()
            member.fail(lost, weights, rates[:end, place].tolist(), inputs, best)
            self._silence(place)

    def _silence(self, place: int) -> None:
        """Let a member stand still, with numbers that trouble nobody."""
        self._update.silence(place)
        self._stack.weights[place].zero_()
        self._stack.gradients[place].zero_()
        self._generators[place] = None

    def _end_epoch(
        self,
        losses: torch.Tensor,
        counts: torch.Tensor,
        rates: Table,
        targets: torch.Tensor,
        times: tuple[float, float],
    ) -> None:
        """Measure, write down, and decide who goes on."""
        learning = [place for place, each in enumerate(self.members) if each.running]
        meaning = self.members[0].job.objective.meaning
        trained = quick_metrics(meaning, self._answers, targets)
        penalties = self._penalties()
        by_member, weights = losses.t().tolist(), counts.t().tolist()
        judged: list[float] = []
        metrics: list[float | None] = []
        if self._judges is not None:
            judged, outputs = self._judges.losses()
            metrics = quick_metrics(meaning, outputs, self._judges.targets)
        share = (time.perf_counter() - times[0]) / max(1, len(learning))
        best = []
        for place in learning:
            member = self.members[place]
            progress = member.progress
            progress.epoch += 1
            progress.step += len(rates)
            own = rates[:, place].tolist()
            row: dict[str, Any] = {"epoch": progress.epoch, "step": progress.step, "learning_rate": own[-1]}
            if member.structure.settings.penalised:
                row["penalty"] = penalties[place]
            mean = weighted_mean(by_member[place], weights[place])
            row["train"] = {"loss": mean, self._metric: trained[place]}
            if judged:
                row["validation"] = {"loss": judged[place], self._metric: metrics[place]}
            speed = targets.shape[1] * len(learning) / times[1]
            timing = {"epoch": progress.epoch, "seconds": share, "samples_per_second": speed}
            member.seconds += share
            if member.judge(row):
                best.append(place)
            for part in (row["train"], row.get("validation", {})):
                for name, value in part.items():
                    if value is not None and not math.isfinite(value):
                        part[name] = None
            member.records.plain_epoch(row, timing, by_member[place], own)
        if best:
            self._best[best] = self._stack.weights[best]
        for place in learning:
            if self.members[place].progress.ended:
                self._finish(place)

    def _finish(self, place: int) -> None:
        """Give a network whose training has ended the weights of its best epoch."""
        member = self.members[place]
        rows = self._best if member.has_best else self._stack.weights
        self._stack.write(rows[place], member.structure.linears)
        self._generators[place] = None

    def _penalties(self) -> list[float]:
        """The sum of all penalties of every member, at its weights as they are."""
        settings = [each.structure.settings for each in self.members]
        if not any(each.penalised for each in settings):
            return []
        w = self._stack.weights[:, : self._stack.pulled]
        sizes, squares = w.abs().sum(1).tolist(), w.square().sum(1).tolist()
        return [
            each.l1 * size + each.l2 / 2 * square
            for each, size, square in zip(settings, sizes, squares, strict=True)
        ]


def weighted_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """Exact in any order of adding.

    Example:
        >>> weighted_mean([1.0, 4.0], [1.0, 2.0])
        3.0
    """
    return math.fsum(map(mul, weights, values)) / math.fsum(weights)

"""A crew: networks of one shape that one core trains, an epoch of each after the other, by the fused loop."""

from __future__ import annotations

import math
import time
from collections.abc import Hashable, Sequence
from operator import mul
from threading import Lock
from typing import Any

import torch

from glasshouse.core.errors import TrainingStoppedError
from glasshouse.schedules import Clock
from glasshouse.training.fused import codes
from glasshouse.training.interrupts import StopRequest
from glasshouse.training.population.compiled import Compiled
from glasshouse.training.population.crew_buffers import Buffers
from glasshouse.training.population.measure import quick_metrics
from glasshouse.training.population.member import Member
from glasshouse.training.quick import metric_name

FINDING_OUT = Lock()
"""Looking for the layer at fault takes random numbers and gives them back, which two cannot do at once."""


class Crew:
    """Networks of one shape, each with the numbers that it would have alone, to the last bit.

    They share nothing but tables of where things lie: what becomes of one is no matter to the others.

    Args:
        members: With equal keys, all after the same epoch.
    """

    def __init__(self, members: Sequence[Member[Compiled]]) -> None:
        self.members = list(members)
        self._buffers = Buffers([each.job for each in members], [each.structure for each in members])
        self._metric = metric_name(members[0].job.objective.meaning)
        self._by_outputs = self._buffers.layout.counting == codes.COUNT_NOTHING
        for place, member in enumerate(members):
            self._buffers.held.seat(place, member.weights, member.best, member.slots, member.progress.step)

    @property
    def work(self) -> int:
        """Multiply-accumulates of an epoch of all."""
        return len(self.members) * self._buffers.work

    def advance(self, epochs: int, request: StopRequest) -> None:
        """Train until all have seen so many epochs, or their training has ended.

        Raises:
            TrainingStoppedError: A signal asked to stop.
        """
        with torch.no_grad():
            while any(each.running and each.progress.epoch < epochs for each in self.members):
                self._run_epoch(request)
                if request.by:
                    self.rest()
                    self._stop(request.by)
            self.rest()

    def rest(self) -> None:
        """Give the networks that still learn their present weights."""
        for place, member in enumerate(self.members):
            if member.running:
                self._buffers.held.write(place, member.progress.step)

    def release(self) -> None:
        """Give the members that still learn all their numbers, with which they go on elsewhere."""
        for place, member in enumerate(self.members):
            if member.running:
                member.weights, member.best, member.slots = self._buffers.held.numbers_of(place)

    def _stop(self, signal_name: str) -> None:
        done, count = self.members[0].progress.epoch, len(self.members)
        raise TrainingStoppedError(
            f"training was stopped by {signal_name} after {done} epochs of {count} networks",
            fix="run it again",
        )

    def _run_epoch(self, request: StopRequest) -> None:
        """One pass of everybody over their rows, one after the other, then a look back."""
        began = time.perf_counter()
        buffers, members = self._buffers, self.members
        going = [place for place, each in enumerate(members) if each.running]
        first = members[going[0]].progress
        rates = self._rates(going)
        buffers.begin(first.epoch, going, [members[place].generator for place in going])
        for call in buffers.calls(going):
            buffers.run(call, rates, first.step)
            if request.by:
                self._stop(request.by)
        trained = time.perf_counter() - began
        whole = buffers.done.tolist()
        fine = [place for place in going if whole[place] == buffers.steps]
        self._end_epoch(fine, rates, (began, trained))
        for place in going:
            if whole[place] < buffers.steps:
                self._give_up(place, whole[place], rates[place])

    def _rates(self, going: Sequence[int]) -> dict[int, list[float]]:
        """The learning rates of an epoch's steps, for those that learn."""
        steps = self._buffers.steps
        known: dict[Hashable, list[float]] = {}
        rates = {}
        for place in going:
            member = self.members[place]
            key, job, done = member.clockwork, member.job, member.progress.step
            if key not in known:
                clocks = (Clock(done + number, steps, job.epochs) for number in range(steps))
                known[key] = [member.schedule.factor(clock) for clock in clocks]
            rates[place] = [job.learning_rate * factor for factor in known[key]]
        return rates

    def _end_epoch(
        self, going: Sequence[int], rates: dict[int, list[float]], times: tuple[float, float]
    ) -> None:
        """Measure, write down, and decide who goes on."""
        buffers = self._buffers
        losses, weights = buffers.losses.tolist(), buffers.weights.tolist()
        trained, judged = self._metrics(going)
        penalties = buffers.held.penalties(going)
        share = (time.perf_counter() - times[0]) / max(1, len(going))
        speed = buffers.rows * len(going) / times[1]
        for place in going:
            member = self.members[place]
            progress = member.progress
            progress.epoch += 1
            progress.step += buffers.steps
            row: dict[str, Any] = {"epoch": progress.epoch, "step": progress.step}
            row["learning_rate"] = rates[place][-1]
            if place in penalties:
                row["penalty"] = penalties[place]
            total = math.fsum(weights[place])
            row["train"] = {"loss": math.fsum(map(mul, weights[place], losses[place])) / total}
            if trained:
                row["train"][self._metric] = trained[place]
            if judged:
                row["validation"] = judged[place]
            timing = {"epoch": progress.epoch, "seconds": share, "samples_per_second": speed}
            member.seconds += share
            best = member.judge(row)
            if judged and not math.isfinite(judged[place]["loss"]):
                judged[place]["loss"] = None
            member.records.plain_epoch(row, timing, losses[place], rates[place])
            if best:
                buffers.held.keep_best(place, progress.step)
            if progress.ended:
                buffers.held.write(place, buffers.held.take_best(place) if member.has_best else progress.step)

    def _metrics(self, going: Sequence[int]) -> tuple[dict[int, Any], dict[int, dict[str, Any]]]:
        """The metric on the rows that were learnt, and all about the rows that judge, by network."""
        buffers, metric = self._buffers, self._metric
        trained: dict[int, Any] = {}
        judged: dict[int, dict[str, Any]] = {}
        wanted = metric is not None and self.members[0].job.train_metric
        if wanted and self._by_outputs:
            trained = dict(zip(going, quick_metrics("values", *buffers.answers(going)), strict=True))
        elif wanted:
            count = buffers.answers_counted(buffers.rows)
            trained = {place: right / count for place, right in enumerate(buffers.right.tolist())}
        if buffers.judging_rows:
            count = buffers.answers_counted(buffers.judging_rows)
            values = buffers.judged.tolist()
            name = str(metric)
            judged = {
                place: {"loss": loss, name: right / count} for place, (loss, right) in enumerate(values)
            }
            if self._by_outputs:
                found = quick_metrics("values", *buffers.judging_answers(going))
                for place, value in zip(going, found, strict=True):
                    judged[place][name] = value
        return trained, judged

    def _give_up(self, place: int, done: int, rates: list[float]) -> None:
        """Stop one whose loss is not finite any more. Its network gets the weights before that step."""
        buffers, member = self._buffers, self.members[place]
        best = None
        if member.has_best:
            best = buffers.held.best_state(place, member.job.network)
        buffers.held.write(place, member.progress.step + done + 1)
        losses, weights = buffers.losses[place, : done + 1], buffers.weights[place, : done + 1]
        inputs = buffers.inputs_of(place, done)
        with FINDING_OUT:
            member.fail(losses.tolist(), weights.tolist(), rates[: done + 1], inputs, best)

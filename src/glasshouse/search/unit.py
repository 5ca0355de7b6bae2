"""A unit of work: trials that one process trains together, and from which trials come when they are done."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glasshouse.core.errors import GlasshouseError, NonFiniteError, StorageError
from glasshouse.core.memory import shortage_named
from glasshouse.search.cells import Networks
from glasshouse.search.half_done import SECONDS, HalfDone, Kept
from glasshouse.search.halving import Rung
from glasshouse.search.measure import Measure, curves_of, score_of
from glasshouse.search.memory import bytes_needed, free_bytes, parts_of
from glasshouse.search.networks import Foundry
from glasshouse.search.running import Running, mean_of
from glasshouse.search.trial import Asked, State, Trial
from glasshouse.training.population import Cohort

SLICES = 5
"""Into how many pieces training is cut, between which people are told how far it is."""


@dataclass(frozen=True)
class Unit:
    """Trials that are trained together.

    Args:
        asked: The trials, claimed for this process.
        rungs: Where the worst are given up; none to train all of them to their end.
    """

    asked: Sequence[Asked]
    rungs: Sequence[Rung] = ()


class Training:
    """Trains units.

    Args:
        foundry: Makes networks of settings.
        measure: What trials are compared by.
        worker: This process's name, for the record.
        tell: Told in a sentence what people should know.
        advanced: Told how far a unit is: epochs done, and epochs to do.
        networks: How many the whole search trains.
        half_done: Where the state of trials in training is kept; ``None`` keeps none.
    """

    def __init__(
        self,
        foundry: Foundry,
        measure: Measure,
        worker: str,
        tell: Callable[[str], None],
        advanced: Callable[[int, int], None],
        networks: int | None = None,
        half_done: HalfDone | None = None,
    ) -> None:
        self.networks, self.half_done = networks, half_done
        self.foundry, self.measure = foundry, measure
        self.worker, self.tell, self.advanced = worker, tell, advanced

    def trials(self, unit: Unit) -> Iterator[Trial]:
        """Train a unit, and give every trial of it as soon as it is done.

        Raises:
            TrainingStoppedError: A signal asked to stop. What was given until then is done.
        """
        running: list[Running] = []
        for asked in unit.asked:
            try:
                running.append(Running(asked, self.foundry.networks(asked.settings)))
            except StorageError:
                raise
            except GlasshouseError as error:  # values that are each allowed, and cannot be together
                yield self._failed(asked, str(error.received))
        kept = None if self.half_done is None else self.half_done.read(self.tell)
        if kept is not None:
            known = [each for each in running if kept.knows(each.asked)]
            running = [each for each in running if each not in known]
            if known:
                yield from self._train(known, unit.rungs, kept)
        for part in self._fitting(running):
            yield from self._train(part, unit.rungs)
        if self.half_done is not None:
            self.half_done.forget()

    def _fitting(self, running: list[Running]) -> list[list[Running]]:
        """The trials in parts that fit into memory; more than one is said aloud."""
        needed = [
            len(each.networks.jobs)
            * bytes_needed(each.networks.parameters, each.networks.activations, _rows(each.networks))
            for each in running
        ]
        free = free_bytes()
        parts = parts_of(needed, free)
        if len(parts) > 1 and free is not None:
            networks = sum(len(each.networks.jobs) for each in running)
            self.tell(
                f"{networks} networks at once would need about {sum(needed) / 2**20:,.0f} MiB and "
                f"{free / 2**20:,.0f} are free: they are trained in {len(parts)} parts."
            )
        return [[running[place] for place in part] for part in parts]

    def _train(
        self, running: list[Running], rungs: Sequence[Rung], kept: Kept | None = None
    ) -> Iterator[Trial]:
        """All trials of a part, rung by rung; from where they were when their state was kept."""
        if kept is None:
            yield from self._begin(running)
            with shortage_named():
                cohort = Cohort([job for each in running for job in each.networks.jobs], of=self.networks)
        else:
            cohort = self._taken_up(running, kept)
        longest = max((job.epochs for each in running for job in each.networks.jobs), default=0)
        for rung in rungs or [Rung(longest, len(running))]:
            if rung.epochs < self._done_epochs(running):
                continue  # that was decided before
            yield from self._climb(cohort, running, rung, longest)
            running[:] = [each for each in running if not each.error]
            last = rung.epochs >= longest
            going = running if last else self._best(running, rung.keep)
            for each in running:
                if last or each not in going:
                    yield self._done(each, "finished" if last else "dropped")
            places = [place for place, each in enumerate(running) if each in going]
            running[:] = going
            cells = len(self.foundry.ground.folds) * self.foundry.seeds
            if not last:
                cohort.keep([place * cells + cell for place in places for cell in range(cells)])

    def _begin(self, running: list[Running]) -> Iterator[Trial]:
        """Train layers one by one where that comes first; trials that it cannot be done for are given."""
        for each in running:
            began = time.perf_counter()
            try:
                with shortage_named():
                    self.foundry.begin(each.networks)
            except NonFiniteError as error:
                each.error = f"in pre-training: {error.received}"
                yield self._done(each, "failed")
            each.seconds += time.perf_counter() - began
        running[:] = [each for each in running if not each.error]

    def _climb(self, cohort: Cohort, running: list[Running], rung: Rung, longest: int) -> Iterator[Trial]:
        """Train up to a rung; trials that cannot go on are given."""
        cells = len(self.foundry.ground.folds) * self.foundry.seeds
        self._advance(cohort, running, rung.epochs, longest)
        for place, each in enumerate(running):
            own = slice(place * cells, (place + 1) * cells)
            each.histories = [list(history) for history in cohort.histories[own]]
            each.engine, each.engine_why = cohort.engines[own][0], cohort.reasons[own][0] or cohort.why
            each.error = next((error for error in cohort.errors[own] if error), "")
            if not each.error:
                self._judge(each)
            if not each.error and self._scores(each, self.measure.name) is None:
                each.error = f"{self.measure.name} is not defined on the rows of a fold"
            if each.error:
                yield self._done(each, "failed")
        fine = [place for place, each in enumerate(running) if not each.error]
        if len(fine) < len(running):
            cohort.keep([place * cells + cell for place in fine for cell in range(cells)])

    def _advance(self, cohort: Cohort, running: list[Running], epochs: int, longest: int) -> None:
        """Train for so many epochs, in slices between which people are told and the state may be kept."""
        until, step = self._done_epochs(running), max(1, math.ceil(longest / SLICES))
        while until < epochs:
            began = time.perf_counter()
            until = min(until + step, epochs)
            with shortage_named():
                cohort.advance(until)
            took = time.perf_counter() - began
            for each in running:
                each.seconds += took / len(running)
            self.advanced(until, longest)
            if took > SECONDS:
                step = max(1, int(step * SECONDS / took))
            if self.half_done is not None and until < longest and self.half_done.due(cohort.bytes):
                asked, seconds = zip(*((each.asked, each.seconds) for each in running), strict=True)
                self.half_done.write(until, asked, seconds, cohort)

    def _taken_up(self, running: list[Running], kept: Kept) -> Cohort:
        """The networks of trials as they were when their state was kept."""
        cells = len(self.foundry.ground.folds) * self.foundry.seeds
        numbers = [each.asked.number for each in running]
        jobs = [job for each in running for job in each.networks.jobs]
        with shortage_named():
            cohort = Cohort.resumed(jobs, kept.of(numbers, cells))
        for place, each in enumerate(running):
            own = slice(place * cells, (place + 1) * cells)
            each.histories = [list(history) for history in cohort.histories[own]]
            each.seconds = kept.seconds[kept.numbers.index(each.asked.number)]
        done = self._done_epochs(running)
        self.tell(f"{len(running)} trials go on from epoch {done}, as they were when they were cut off.")
        return cohort

    @staticmethod
    def _done_epochs(running: list[Running]) -> int:
        """Epochs done by the trials that have not ended."""
        return max((len(history) for each in running for history in each.histories), default=0)

    def _judge(self, each: Running) -> None:
        """Ask the networks of a trial about the held-out rows, where training has not written down enough."""
        if self.measure.column in each.histories[0][-1]["validation"]:
            return
        began = time.perf_counter()
        try:
            with shortage_named():
                each.judged = [self.foundry.judge(cell, self.measure.name) for cell in each.networks.cells]
        except NonFiniteError as error:
            each.error = error.received
        each.seconds += time.perf_counter() - began

    def _best(self, running: list[Running], keep: int) -> list[Running]:
        """The trials that go on: the best by now, in their old order. Of equal ones the lower loss does:
        early on nobody may have a score yet, as in translation, where no answer is right at first.
        """
        means, losses = (
            [mean_of(self._scores(each, name)) for each in running] for name in (self.measure.name, "loss")
        )
        by_loss = sorted(range(len(running)), key=lambda place: losses[place])
        ahead = [by_loss[place] for place in self.measure.order([means[place] for place in by_loss])]
        return [running[place] for place in sorted(ahead[:keep])]

    def _scores(self, each: Running, name: str) -> list[list[float]] | None:
        """The newest scores by fold and seed; of the kept epoch where a network stops by itself. ``None``
        where one of them is not defined.
        """
        found: list[list[float]] = []
        seeds = self.foundry.seeds
        for place, (history, job) in enumerate(zip(each.histories, each.networks.jobs, strict=True)):
            kept = job.stopping.best_epoch if job.stopping.patience is not None else 0
            row = history[min(kept, len(history)) - 1]
            value = score_of(row, name)
            if value is None and name == self.measure.name and each.judged:
                value = each.judged[place]
            if value is None or not math.isfinite(value):
                return None
            if place % seeds == 0:
                found.append([])
            found[-1].append(value)
        return found

    def _done(self, each: Running, state: State) -> Trial:
        scores = None if each.error else self._scores(each, self.measure.name)
        return Trial(
            number=each.asked.number,
            settings=each.asked.settings,
            state=state,
            scores=scores or [],
            losses=(None if each.error else self._scores(each, "loss")) or [],
            curves=curves_of([history for history in each.histories if history]),
            epochs=max((len(history) for history in each.histories), default=0),
            parameters=each.networks.parameters,
            seconds=each.seconds,
            engine=each.engine,
            engine_why=each.engine_why,
            error=each.error,
            worker=self.worker,
            time=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        )

    def _failed(self, asked: Asked, error: str) -> Trial:
        settings: Mapping[str, Any] = asked.settings
        now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        return Trial(asked.number, settings, "failed", [], error=error, worker=self.worker, time=now)


def _rows(networks: Networks) -> int:
    """Rows of a step."""
    batches = networks.jobs[0].batches
    return max(1, round(batches.rows / batches.steps))

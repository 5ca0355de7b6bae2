"""A unit of work: trials that one process trains together, and from which trials come when they are done."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glasshouse.core.errors import GlasshouseError, NonFiniteError, StorageError
from glasshouse.core.memory import shortage_named
from glasshouse.search.cells import Networks
from glasshouse.search.halving import Rung
from glasshouse.search.measure import Measure, curves_of, score_of
from glasshouse.search.memory import bytes_needed, free_bytes, parts_of
from glasshouse.search.networks import Foundry
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


@dataclass
class Running:
    """A trial while it is trained.

    Args:
        asked: What it is.
        networks: Its networks.
        histories: Their epochs so far.
        judged: What the held-out rows say of each by now, where training does not write that down.
        seconds: Its share of the time so far.
        engine: What computes the gradients.
        engine_why: Why it was chosen.
        error: Why it cannot go on, or empty.
    """

    asked: Asked
    networks: Networks
    histories: list[list[dict[str, Any]]] = field(default_factory=list)
    judged: list[float | None] = field(default_factory=list)
    seconds: float = 0.0
    engine: str = ""
    engine_why: str = ""
    error: str = ""


class Training:
    """Trains units.

    Args:
        foundry: Makes networks of settings.
        measure: What trials are compared by.
        worker: This process's name, for the record.
        tell: Told in a sentence what people should know.
        advanced: Told how far a unit is: epochs done, and epochs to do.
        networks: How many the whole search trains.
    """

    def __init__(
        self,
        foundry: Foundry,
        measure: Measure,
        worker: str,
        tell: Callable[[str], None],
        advanced: Callable[[int, int], None],
        networks: int | None = None,
    ) -> None:
        self.networks = networks
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
        for part in self._fitting(running):
            yield from self._train(part, unit.rungs)

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

    def _train(self, running: list[Running], rungs: Sequence[Rung]) -> Iterator[Trial]:
        """All trials of a part, rung by rung."""
        yield from self._begin(running)
        with shortage_named():
            cohort = Cohort([job for each in running for job in each.networks.jobs], of=self.networks)
        longest = max((job.epochs for each in running for job in each.networks.jobs), default=0)
        for rung in rungs or [Rung(longest, len(running))]:
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
        done = max((len(history) for each in running for history in each.histories), default=0)
        began = time.perf_counter()
        step = max(1, math.ceil(longest / SLICES))
        for until in [*range(done + step, rung.epochs, step), rung.epochs]:
            with shortage_named():
                cohort.advance(until)
            self.advanced(until, longest)
        seconds = (time.perf_counter() - began) / max(1, len(running))
        for place, each in enumerate(running):
            own = slice(place * cells, (place + 1) * cells)
            each.histories = [list(history) for history in cohort.histories[own]]
            each.engine, each.engine_why = cohort.engines[own][0], cohort.reasons[own][0] or cohort.why
            each.seconds += seconds
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
        """The trials that go on: the best by now, in their old order."""
        means = []
        for each in running:
            scores = self._scores(each, self.measure.name) or []
            means.append(sum(map(sum, scores)) / sum(map(len, scores)))
        chosen = set(self.measure.order(means)[:keep])
        return [each for place, each in enumerate(running) if place in chosen]

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

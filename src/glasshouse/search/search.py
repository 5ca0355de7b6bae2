"""One process at work on a sweep's folder, beside any number of others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from glasshouse.experiment import Experiment
from glasshouse.search.brackets import Brackets
from glasshouse.search.claims import Claims
from glasshouse.search.half_done import HalfDone
from glasshouse.search.journal import Journal
from glasshouse.search.listed import Listed, grid_points, random_points
from glasshouse.search.measure import Measure
from glasshouse.search.memory import SHARE, free_bytes
from glasshouse.search.networks import Foundry
from glasshouse.search.settings import SweepSettings
from glasshouse.search.space import Space
from glasshouse.search.tpe import TreeParzen
from glasshouse.search.trial import Trial
from glasshouse.search.unit import Training, Unit

NETWORKS = 256
"""Networks that are trained together, as far as they fit into memory."""
BRACKET = 64
"""Trials of a bracket of halving, as far as they fit into memory."""
ASKED = 16
"""Trials that are asked of Optuna together, at most."""
PAUSE = 0.5
"""Seconds between two looks at whether others are done."""


class Source(Protocol):
    """Where trials come from."""

    @property
    def total(self) -> int:
        """How many there are."""
        ...

    def ask(self, done: Mapping[int, Trial], claims: Claims) -> Unit | None:
        """The next ones that nobody is at, claimed for this process; ``None`` where there are none."""
        ...


class Watcher(Protocol):
    """Told about a sweep as it goes."""

    def began(self, done: Mapping[int, Trial], total: int, measure: Measure) -> None:
        """Work begins, or goes on: what is done already."""
        ...

    def advanced(self, epochs: int, of: int, trials: int) -> None:
        """Trials are in training: how far they are."""
        ...

    def finished(self, trial: Trial, done: Mapping[int, Trial]) -> None:
        """A trial is done."""
        ...

    def ended(self) -> None:
        """Work is over, however it ended."""
        ...


@dataclass(frozen=True)
class Scale:
    """How much is done at once; decided when a sweep is made, and the same for all who work on it.

    Args:
        at_once: Trials that are trained together.
        why: In a sentence, where memory decided.
    """

    at_once: int
    why: str = ""


class Search:
    """What a process needs to work on a sweep.

    Args:
        folder: ``trials/`` and ``claims/`` are in it.
        settings: Strategy, trials, folds, seeds.
        space: What is searched.
        foundry: Makes networks of settings.
        measure: What trials are compared by.
        scale: How much is done at once.
    """

    def __init__(
        self,
        folder: Path,
        settings: SweepSettings,
        space: Space,
        foundry: Foundry,
        measure: Measure,
        scale: Scale,
    ) -> None:
        self.folder, self.settings, self.space = folder, settings, space
        self.foundry, self.measure = foundry, measure
        self.source = source_of(settings, space, foundry.experiment, measure, scale)

    def trials(self) -> dict[int, Trial]:
        """Every trial that is done."""
        return Journal(self.folder / "trials", "nobody").trials()

    def work(self, claims: Claims, tell: Callable[[str], None], watcher: Watcher) -> dict[int, Trial]:
        """Train until every trial is done, here or elsewhere.

        Args:
            claims: This process's.
            tell: Told in sentences what people should know.
            watcher: Told as trials are done.

        Returns:
            Every trial, by its number.

        Raises:
            TrainingStoppedError: A signal asked to stop. What was done until then is in the folder.
        """
        journal = Journal(self.folder / "trials", claims.worker)
        done = journal.trials()
        watcher.began(done, self.source.total, self.measure)
        waiting = False
        while len(done) < self.source.total:
            unit = self.source.ask(done, claims)
            # Between reading and claiming, somebody may have finished the very same trial.
            before, done = done, journal.trials()
            for number in done.keys() - before.keys():
                watcher.finished(done[number], done)
            if unit is None:
                if not waiting:
                    others = len(claims.others())
                    tell(f"Waiting for {others} trial{'s' * (others != 1)} or brackets of other processes.")
                    waiting = True
                time.sleep(PAUSE)
                continue
            waiting = False
            fresh = [asked for asked in unit.asked if asked.number not in done]
            self._train(Unit(fresh, unit.rungs), journal, claims, tell, watcher)
            for asked in unit.asked:
                claims.give_back(asked.claim)
            done = journal.trials()
        return done

    def _train(
        self,
        unit: Unit,
        journal: Journal,
        claims: Claims,
        tell: Callable[[str], None],
        watcher: Watcher,
    ) -> None:
        def advanced(epochs: int, of: int) -> None:
            watcher.advanced(epochs, of, len(unit.asked))

        cells = len(self.foundry.ground.folds) * self.foundry.seeds
        in_all = self.source.total * cells
        if not unit.asked:
            return
        claim_of = {asked.number: asked.claim for asked in unit.asked}
        first = unit.asked[0].claim
        half_done = HalfDone(self.folder / "state" / first, lambda: claims.holds(first))
        training = Training(self.foundry, self.measure, claims.worker, tell, advanced, in_all, half_done)
        for trial in training.trials(unit):
            if not claims.holds(claim_of[trial.number]):
                continue  # this process was taken for dead, and somebody else is at it now
            journal.append(trial)
            watcher.finished(trial, journal.trials())


def source_of(
    settings: SweepSettings, space: Space, experiment: Experiment, measure: Measure, scale: Scale
) -> Source:
    """Where the trials of a sweep come from.

    Raises:
        SettingError: The grid has more points than trials, or there are fewer epochs than rungs.
        MissingDependencyError: Optuna is needed and not installed.
    """
    if settings.strategy == "tpe":
        trials = int(min(settings.trials, space.size))
        return TreeParzen(space, trials, scale.at_once, measure, experiment.seed)
    if settings.strategy == "grid":
        return Listed(grid_points(space, settings.trials), scale.at_once)
    points = random_points(space, settings.trials, experiment.seed)
    if settings.strategy == "random":
        return Listed(points, scale.at_once)
    epochs: Any = experiment.training.epochs
    return Brackets(points, scale.at_once, epochs, settings.factor, settings.rungs)


def scale_of(settings: SweepSettings, cells: int, largest: int, alone: bool = False) -> Scale:
    """How much is done at once: as much as trains well, as far as it fits into memory.

    Args:
        settings: Strategy, trials, folds, seeds.
        cells: Networks of a trial.
        largest: Bytes that the largest network needs.
        alone: Whether networks are trained one after another: then trials are, too, but where they compete in
            a bracket, so that each is written down as soon as it is done.

    Example:
        >>> scale_of(SweepSettings(strategy="random"), cells=15, largest=1000).at_once
        17
    """
    wanted = {
        "halving": min(BRACKET, settings.trials),
        "tpe": min(ASKED, max(1, settings.trials // 8)),
    }.get(settings.strategy, max(1, NETWORKS // cells))
    if alone and settings.strategy != "halving":
        wanted = 1
    free = free_bytes()
    if free is None:
        return Scale(wanted)
    fitting = max(1, int(SHARE * free // max(1, cells * largest)))
    if fitting >= wanted:
        return Scale(wanted)
    return Scale(
        fitting,
        f"{wanted} trials of {cells} networks at once would need about "
        f"{wanted * cells * largest / 2**20:,.0f} MiB and {free / 2**20:,.0f} are free: "
        + (f"{fitting} are trained together" if fitting > 1 else "1 trial is trained at a time")
        + " instead.",
    )

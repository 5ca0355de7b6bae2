"""A sweep and the rows that it is about: everything that is to be searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from glasshouse.core.errors import TrainingError
from glasshouse.data.parts import Split
from glasshouse.data.raw import Raw
from glasshouse.project.materials import overlap_of
from glasshouse.project.search_aids import SearchAids
from glasshouse.project.stages import Tell
from glasshouse.search import Space, Sweep, SweepSettings, read_space
from glasshouse.search.claims import Claims
from glasshouse.search.ground import Ground
from glasshouse.search.journal import Journal
from glasshouse.search.networks import Foundry
from glasshouse.search.search import Scale, Search, Watcher
from glasshouse.search.standing import ranked


@dataclass
class Searching:
    """A sweep and the rows that it is about.

    Args:
        sweep: Its folder.
        raw, split: The rows, and which of them are searched on.
        data: The table in memory, or ``None``.
    """

    sweep: Sweep
    raw: Raw
    split: Split
    data: object | None = None
    ground: Ground = field(init=False)
    overlap: int = field(init=False)

    def __post_init__(self) -> None:
        experiment = self.sweep.experiment
        self.overlap = overlap_of(experiment, self.raw)
        folds = self.sweep.settings.folds
        self.ground = Ground(self.raw, self.split, folds, experiment.seed, self.overlap)

    def searches(self) -> Iterator[tuple[str, Search]]:
        """What is to be searched, in this order, with a sentence: the whole, then the whole without each
        outer fold, and after each of these the winner's score on that fold.
        """
        sweep = self.sweep
        yield "", self._search(sweep.path, self.ground, sweep.space, sweep.settings)
        wanted = sweep.settings.outer_folds
        if not wanted:
            return
        whole = Ground(self.raw, self.split, wanted, sweep.experiment.seed + 1, self.overlap)
        for number, outer in enumerate(whole.folds, start=1):
            folder, told = sweep.path / f"outer-{number}", f"Outer fold {number} of {wanted}"
            inner = whole.without(outer, sweep.settings.folds)
            yield f"{told}: the search without it.", self._search(folder, inner, sweep.space, sweep.settings)
            yield f"{told}: the winner judged on it.", self._judging(folder, whole.holding(outer))

    def search_all(self, claims: Claims, watcher: Watcher, tell: Tell) -> None:
        """Do all that is left to be searched, together with whoever else is at it."""
        for sentence, search in self.searches():
            if sentence:
                tell(sentence)
            if search.folder == self.sweep.path:
                search.work(claims, tell, watcher)
                continue
            with Claims(search.folder / "claims") as inner:
                search.work(inner, tell, watcher)

    def _search(self, folder: Path, ground: Ground, space: Space, settings: SweepSettings) -> Search:
        about = self.sweep.about
        foundry = Foundry(self.sweep.experiment, ground, settings.seeds, SearchAids(self.raw))
        return Search(folder, settings, space, foundry, self.sweep.measure, Scale(about["at_once"]))

    def _judging(self, folder: Path, alone: Ground) -> Search:
        """A search with one trial: the settings that won without an outer fold, judged on it."""
        settings = self.sweep.settings
        best = next(iter(ranked(Journal(folder / "trials", "nobody").trials(), self.sweep.measure)), None)
        if best is None:
            raise TrainingError(
                f"no trial in {folder} could be trained to its end",
                fix="look at the errors in its trials/, and narrow the space",
            )
        only = {key: {"values": [value]} for key, value in best.settings.items()}
        once = settings.replace(strategy="grid", trials=1, outer_folds=0)
        return self._search(folder / "judged", alone, read_space(only), once)

"""What every section of a sweep's report reads: the folder, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.terms import metric_name
from glasshouse.search import Sweep, SweepSettings, Trial
from glasshouse.search.live_table import shown
from glasshouse.search.space import Space
from glasshouse.search.standing import Standing, standing_of


@dataclass(frozen=True)
class Findings:
    """A sweep as its report sees it.

    Args:
        sweep: The folder.
        summary: What it amounts to.
        trials: All that are done, by number.
        ranking: Those that were trained to their end, the best first.
        standing: The best, the second, and the noise between them.
    """

    sweep: Sweep
    summary: Mapping[str, Any]
    trials: Mapping[int, Trial]
    ranking: list[Trial]
    standing: Standing | None
    space: Space
    settings: SweepSettings

    @property
    def measure(self) -> str:
        """What trials are compared by, as people write it."""
        return metric_name(self.sweep.measure.name)

    def score(self, value: float | None, places: int = 1) -> str:
        """A score as people read it: shares in per cent, anything else as a number."""
        if value is None:
            return numbers.DASH
        if self.sweep.measure.name == "accuracy":
            return numbers.percent(value, places)
        return numbers.decimal(value, places + 2)

    def difference(self, value: float | None) -> str:
        """A difference of scores: of shares in points."""
        if value is None:
            return numbers.DASH
        if self.sweep.measure.name == "accuracy":
            return f"{numbers.decimal(100 * value, 1)} points"
        return numbers.decimal(value, 3)

    def settings_of(self, trial: Trial) -> list[tuple[str, str]]:
        """The settings of a trial, in words."""
        return [(short_key(key), shown(trial.settings.get(key))) for key in self.space.keys]


def read_findings(sweep: Sweep, summary: Mapping[str, Any]) -> Findings:
    """Read a sweep's folder once for all sections."""
    trials = {each.number: each for each in sweep.trials}
    held_share = float(sweep.about["held_share"])
    return Findings(
        sweep=sweep,
        summary=summary,
        trials=trials,
        ranking=sweep.ranking,
        standing=standing_of(trials, sweep.measure, held_share),
        space=sweep.space,
        settings=sweep.settings,
    )


def short_key(key: str) -> str:
    """A setting without its section, in words.

    Example:
        >>> short_key("training.learning_rate"), short_key("training.optimizer.momentum")
        ('learning rate', 'optimizer momentum')
    """
    return key.partition(".")[2].replace(".", " ").replace("_", " ")


def plural(count: int, noun: str) -> str:
    """A count and its noun.

    Example:
        >>> plural(1, "fold"), plural(5, "fold")
        ('1 fold', '5 folds')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")

"""A sweep on disk: what was searched, every trial, and what came of it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from glasshouse.core.errors import UsageError
from glasshouse.core.files import read_json
from glasshouse.experiment import Experiment, Run
from glasshouse.experiment.toml import read_experiment, read_toml
from glasshouse.search.importance import importance
from glasshouse.search.journal import Journal
from glasshouse.search.measure import Measure
from glasshouse.search.settings import SweepSettings
from glasshouse.search.space import Space, read_space
from glasshouse.search.standing import Standing, ranked, standing_of, warning_of
from glasshouse.search.trial import Trial


class Sweep:
    """Reads the folder of a sweep. Nothing here changes it, and it stays readable while others work on it.

    ::

        runs/NAME-sweep-TIME/
            experiment.toml    what all trials have in common
            space.toml         what varies, and over what
            sweep.json         strategy, folds, seeds, and what tells the data from others
            trials/            every trial that is done: one file for each process, a JSON document a line
            claims/            which process is at which trial
            state/             networks in the middle of their training, while somebody works
            outer-1/ ...       nested cross-validation: a search without each outer fold
            winner/            the run of the best settings, with report and bundle
            summary.json       the best, how sure that is, how much each setting matters
            report.html        all of it, to look at

    Args:
        path: The folder.

    Raises:
        UsageError: There is no sweep there.

    Attributes:
        path: The folder.

    Example:
        >>> Sweep("nowhere")
        Traceback (most recent call last):
        ...
        glasshouse.core.errors.UsageError: nowhere is no sweep
          expected: a folder that `glasshouse sweep` made
          fix: look below runs/
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not is_sweep(self.path):
            raise UsageError(
                f"{self.path} is no sweep",
                expected="a folder that `glasshouse sweep` made",
                fix="look below runs/",
            )

    def __repr__(self) -> str:
        return f"Sweep({str(self.path)!r}, {len(self.trials)} trials done)"

    @cached_property
    def about(self) -> dict[str, Any]:
        """What was decided when the sweep was made: settings, measure, data."""
        return dict(read_json(self.path / "sweep.json"))

    @property
    def settings(self) -> SweepSettings:
        """Strategy, trials, folds, seeds."""
        return SweepSettings.read(self.about["settings"])

    @property
    def measure(self) -> Measure:
        """What trials are compared by."""
        return Measure(self.about["measure"])

    @property
    def experiment(self) -> Experiment:
        """What all trials have in common."""
        return read_experiment(self.path / "experiment.toml")

    @property
    def space(self) -> Space:
        """What varies, and over what."""
        return read_space(read_toml(self.path / "space.toml"))

    @property
    def trials(self) -> list[Trial]:
        """Every trial that is done, by its number."""
        return list(Journal(self.path / "trials", "nobody").trials().values())

    @property
    def ranking(self) -> list[Trial]:
        """The trials that were trained to their end, the best first."""
        return ranked({each.number: each for each in self.trials}, self.measure)

    @property
    def best(self) -> Trial | None:
        """The trial with the best mean score, or ``None`` where none was trained to its end."""
        return next(iter(self.ranking), None)

    @property
    def standing(self) -> Standing | None:
        """The best, the second, and the noise between them."""
        known = {each.number: each for each in self.trials}
        return standing_of(known, self.measure, float(self.about["held_share"]))

    @property
    def warning(self) -> str:
        """What should be known before the best is believed in; empty where it is clearly ahead."""
        standing = self.standing
        return "" if standing is None else warning_of(standing, self.measure)

    @property
    def importance(self) -> dict[str, float | None]:
        """For every setting the share of the variance of the scores that it explains by itself."""
        return importance({each.number: each for each in self.trials}, self.space)

    @property
    def frame(self) -> pl.DataFrame:
        """One row per trial: number, state, settings, mean score and spread, epochs, seconds."""
        rows = []
        for each in self.trials:
            settings = {key: _cell(each.settings.get(key)) for key in self.space.keys}
            measured = {self.measure.name: each.mean if each.scores else None, "spread": each.spread}
            row = {"trial": each.number, "state": each.state, **settings, **measured}
            rows.append(
                {**row, "epochs": each.epochs, "parameters": each.parameters, "seconds": each.seconds}
            )
        return pl.DataFrame(rows, infer_schema_length=None, strict=False)

    @property
    def nested(self) -> list[dict[str, Any]]:
        """For each outer fold that is done: the settings that won without it, and their score on it."""
        found = []
        for outer in range(1, self.settings.outer_folds + 1):
            judged = Journal(self.path / f"outer-{outer}" / "judged" / "trials", "nobody").trials()
            found += [
                {"outer": outer, "settings": dict(trial.settings), "scores": trial.scores, "mean": trial.mean}
                for trial in judged.values()
                if trial.scores
            ]
        return found

    @property
    def summary(self) -> dict[str, Any] | None:
        """``summary.json``, once the sweep is finished."""
        path = self.path / "summary.json"
        return dict(read_json(path)) if path.exists() else None

    @property
    def run(self) -> Run | None:
        """The run of the best settings, once there is one."""
        found = sorted(self.path.glob("winner/*/status.json"))
        return Run(found[-1].parent) if found else None

    @property
    def report(self) -> Path | None:
        """The report, once there is one."""
        path = self.path / "report.html"
        return path if path.exists() else None


def is_sweep(path: Path | str) -> bool:
    """Whether a folder is that of a sweep."""
    return (Path(path) / "sweep.json").is_file()


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, float, bool)) else str(value)

"""From where the data lies to tensors: read, divide, explore, prepare, in that order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glasshouse.data import assemble, divide, explore, fit_preparation, load
from glasshouse.data.exploration.explore import Exploration
from glasshouse.data.fingerprint import fingerprint
from glasshouse.data.parts import Prepared, Split
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawTable
from glasshouse.data.series.whole_windows import of_whole_windows
from glasshouse.data.settings import DataSettings
from glasshouse.data.splits.by_time import without_overlap
from glasshouse.data.splits.normal_rows import with_normal_rows
from glasshouse.data.splits.split import held_out
from glasshouse.experiment import Experiment
from glasshouse.experiment.data_settings import fitting_settings, reading_settings, with_tokens


@dataclass(frozen=True)
class Materials:
    """Data on the way into training, at every stage of it.

    Args:
        raw: As it was read.
        split: Which rows are in which part.
        preparation: What turns rows into numbers, fitted on the training part.
        prepared: The tensors.
    """

    raw: Raw
    split: Split
    preparation: Preparation
    prepared: Prepared

    @property
    def origin(self) -> str:
        """The file, the folder or the built-in name."""
        return self.raw.origin

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noticed and decided while reading."""
        return self.raw.notes

    def told(self) -> str:
        """What was read, in a sentence."""
        return f"Read {len(self.raw):,} rows from {self.raw.origin}"

    def facts(self) -> dict[str, Any]:
        """What tells these data from others, for the run folder."""
        return {"origin": self.raw.origin, "rows": len(self.raw), "fingerprint": fingerprint(self.raw)}

    def explore(self) -> Exploration:
        """What is in the data, with its pictures."""
        return explore(self.raw, self.split, self.prepared.task)


def gather(experiment: Experiment, frame: object | None = None) -> Materials:
    """Read, divide and prepare the data of an experiment. Nothing is fitted before the data are divided.

    Args:
        experiment: Its ``data`` section and seed count.
        frame: The table itself, where it is in memory and not in a file.

    Raises:
        DataError: The data cannot be read or used; file, row and column are named.
        UsageError: The target or another column is not named rightly.
    """
    raw, split = read_and_divide(experiment, frame)
    settings, steps = fitting_settings(experiment, raw)
    preparation = fit_preparation(raw, split.train, settings, steps)
    return Materials(raw, split, preparation, assemble(raw, split, preparation, settings.task))


def read_and_divide(experiment: Experiment, frame: object | None = None) -> tuple[Raw, Split]:
    """Read the data of an experiment and divide them; nothing is fitted yet.

    Args:
        experiment: Its ``data`` section and seed count.
        frame: The table itself, where it is in memory and not in a file.

    Raises:
        DataError: The data cannot be read or divided; file, row and column are named.
        UsageError: The target or another column is not named rightly.
    """
    settings = reading_settings(experiment)
    verifying = settings.task == "verification"
    # Rows are read with their classes; that it is pairs of them that are learnt shows later.
    raw = load(settings.replace(task="classification") if verifying else settings, frame)
    settings = with_tokens(experiment, settings, raw)
    if settings.task == "reconstruction" and raw.kind == "table" and raw.layout and raw.layout.series:
        return divided_windows(raw, settings, experiment.seed)
    wanted = held_out(raw, settings.split) if verifying else settings.split
    split = divide(raw, wanted, experiment.seed)
    if settings.normal is not None:
        split = with_normal_rows(raw, split, settings.normal)
    if settings.task == "forecast":
        split = without_overlap(split, settings.horizon)
    return raw, split


def overlap_of(experiment: Experiment, raw: Raw) -> int:
    """How many windows before a border of time look beyond it: by their target, or themselves where they are
    what is learnt.

    Args:
        experiment: Its data and objective count.
        raw: What was read.
    """
    settings = reading_settings(experiment)
    form = raw.layout.series if raw.kind == "table" and raw.layout is not None else None
    if settings.task == "forecast":
        return settings.horizon - 1
    return form.window - 1 if form is not None and settings.task == "reconstruction" else 0


def divided_windows(raw: RawTable, settings: DataSettings, seed: int) -> tuple[RawTable, Split]:
    """Windows of a series that are themselves learnt, divided so that no step is in two parts.

    Labels have no say in where the borders are. Where one class is normal, every window that touches a step
    of another one goes to the test part.

    Args:
        raw: The windows.
        settings: ``split`` and ``normal`` count.
        seed: Of the experiment.
    """
    form = raw.layout.series if raw.layout is not None else None
    split = divide(replace(raw, target=None), settings.split, seed)
    if form is not None:
        split = without_overlap(split, form.window)
    if settings.normal is not None:
        raw = of_whole_windows(raw, settings.normal)
        split = with_normal_rows(raw, split, settings.normal)
    return raw, split


def anchored(experiment: Experiment) -> Experiment:
    """The experiment with absolute paths, so that its record can be repeated from any folder."""
    data = experiment.data
    changes = {
        key: str(Path(value).resolve())
        for key in ("source", "test")
        if isinstance(value := getattr(data, key), str) and Path(value).exists()
    }
    experiment = weights_anchored(experiment)
    return experiment.replace(data=data.replace(**changes).model_dump()) if changes else experiment


def weights_anchored(experiment: Experiment) -> Experiment:
    """The experiment with an absolute path of the weights that its network begins with, if it has any."""
    weights = experiment.model.weights
    if weights is None:
        return experiment
    path = str(Path(weights).expanduser().resolve())
    return experiment.replace(model={**experiment.model.model_dump(), "weights": path})

"""Searching over settings: many networks trained together, the best of them trained once more and shipped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from glasshouse.core.errors import (
    DataError,
    GlasshouseError,
    TrainingError,
    TrainingStoppedError,
    UsageError,
)
from glasshouse.core.files import write_atomic, write_json
from glasshouse.data.fingerprint import fingerprint
from glasshouse.data.parts import Split
from glasshouse.data.raw import Raw
from glasshouse.experiment import Experiment, Run
from glasshouse.experiment.environment import environment
from glasshouse.experiment.run import new_folder
from glasshouse.experiment.toml import write_experiment
from glasshouse.project.arguments import as_experiment
from glasshouse.project.beside import Beside
from glasshouse.project.materials import anchored, read_and_divide
from glasshouse.project.pipeline import resume, run
from glasshouse.project.stages import Tell, silent
from glasshouse.report import write_sweep_report
from glasshouse.search import Space, Sweep, SweepSettings, read_space
from glasshouse.search.claims import Claims
from glasshouse.search.ground import Ground
from glasshouse.search.journal import Journal
from glasshouse.search.live_table import LiveTable
from glasshouse.search.measure import Measure
from glasshouse.search.networks import Foundry, for_trials
from glasshouse.search.search import Scale, Search, Watcher, scale_of, source_of
from glasshouse.search.space import with_settings
from glasshouse.search.standing import ranked
from glasshouse.search.summary import summary_of
from glasshouse.search.sweep import is_sweep
from glasshouse.search.trial import Trial
from glasshouse.training.observers import Observer

WAIT = 0.5
"""Seconds between two looks at whether another process has finished the sweep."""


def sweep(
    experiment: Experiment | Sweep | str | Path,
    space: Space | Mapping[str, Any] | None = None,
    *,
    data: object | None = None,
    out: Path | str = "runs",
    processes: int = 1,
    refit: bool = True,
    observers: list[Observer] | None = None,
    watcher: Watcher | None = None,
    tell: Tell = silent,
    **search: Any,
) -> Sweep:
    """Search over settings of an experiment, and train the best once more as a run of its own.

    Every trial is trained on every fold with every seed, as many networks together as fit; what is fitted to
    the data is fitted inside each fold's training part. The test part is left alone until the best settings
    go through :func:`glasshouse.run`. What is done is in a folder, to which the same call with the folder's
    path comes back: after a kill, or from another process that wants to help.

    Args:
        experiment: What trials have in common, or the name of its data; or the folder of a sweep to go on
            with.
        space: What varies: ``{"training.learning_rate": {"from": 1e-4, "to": 0.1, "scale": "log"},
            "model.hidden": [[32], [64, 32]]}``. Left out for a sweep to go on with.
        data: The table itself, as a frame of polars or pandas, where it is in memory and not in a file.
        out: The folder that holds runs and sweeps.
        processes: How many processes on this machine work on it, from 1.
        refit: Train the best settings once more at the end.
        observers: Look on while the best settings are trained; by default a progress bar.
        watcher: Looks on while trials are trained; by default a table of the best, at a terminal only.
        tell: Called with a sentence after each stage.
        **search: ``strategy`` ("random", "grid", "tpe", "halving"), ``trials=256``, ``folds=5``, ``seeds=3``,
            ``score`` ("metric" or "loss"), ``outer_folds=0`` for nested cross-validation, and for halving
            ``factor=3`` and ``rungs=3``.

    Returns:
        The sweep: ``.best``, ``.trials``, ``.frame``, ``.warning``, ``.run``, ``.report``.

    Raises:
        TrainingStoppedError: Ctrl-C; what was done is in the folder.
        GlasshouseError: What is wrong, what was expected, and what to do.

    Example:
        >>> import glasshouse as gh
        >>> experiment = gh.Experiment(data="iris", training={"epochs": 5}, output={"onnx": False})
        >>> space = {"training.learning_rate": [1e-5, 1e-2], "model.hidden": [[8]]}
        >>> found = gh.sweep(experiment, space, strategy="grid", folds=3, seeds=1, out=getfixture("tmp_path"))
        >>> found.best.settings["training.learning_rate"], found.run.status["state"]
        (0.01, 'finished')
    """
    work = _taken_up(experiment, space, data, search) if is_folder(experiment) else None
    if work is None:
        work = _begun(experiment, space, data, out, search, tell)
    if work.sweep.summary is not None:
        return work.sweep
    if processes > 1 and data is not None:
        raise UsageError(
            f"processes = {processes} with a table in memory",
            expected="data in a file, which every process can read",
            fix="write the table to a file, or leave processes out",
        )
    look = LiveTable() if watcher is None else watcher
    try:
        with Claims(work.sweep.path / "claims") as claims, Beside(work.sweep.path, processes - 1):
            work.search_all(claims, look, tell)
            look.ended()
            _finish(work, claims, refit, observers, tell)
    except (KeyboardInterrupt, TrainingStoppedError) as error:
        look.ended()
        raise _stopped(work.sweep) from error
    except GlasshouseError as error:
        look.ended()
        error.run = error.run or str(work.sweep.path)
        raise
    return work.sweep


def is_folder(experiment: object) -> bool:
    """Whether a sweep is meant that is there already."""
    return isinstance(experiment, Sweep) or (isinstance(experiment, (str, Path)) and is_sweep(experiment))


@dataclass
class Work:
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

    def __post_init__(self) -> None:
        self.ground = Ground(self.raw, self.split, self.sweep.settings.folds, self.sweep.experiment.seed)

    def searches(self) -> list[tuple[str, Callable[[], Search]]]:
        """What is to be searched, in this order: the whole, then the whole without each outer fold, and after
        each of these the winner's score on that fold.
        """
        sweep = self.sweep
        found = [("", lambda: self._search(sweep.path, self.ground, sweep.space, sweep.settings))]
        wanted = sweep.settings.outer_folds
        if not wanted:
            return found
        whole = Ground(self.raw, self.split, wanted, sweep.experiment.seed + 1)
        for number, outer in enumerate(whole.folds, start=1):
            folder = sweep.path / f"outer-{number}"
            inner = whole.without(outer, sweep.settings.folds)
            found.append(
                (
                    f"Outer fold {number} of {wanted}: the search without it.",
                    lambda folder=folder, inner=inner: self._search(
                        folder, inner, sweep.space, sweep.settings
                    ),
                )
            )
            found.append(
                (
                    f"Outer fold {number} of {wanted}: the winner judged on it.",
                    lambda folder=folder, alone=whole.holding(outer): self._judging(folder, alone),
                )
            )
        return found

    def search_all(self, claims: Claims, watcher: Watcher, tell: Tell) -> None:
        """Do all that is left to be searched, together with whoever else is at it."""
        for sentence, make in self.searches():
            if sentence:
                tell(sentence)
            search = make()
            own = claims if search.folder == self.sweep.path else None
            if own is not None:
                search.work(own, tell, watcher)
                continue
            with Claims(search.folder / "claims") as inner:
                search.work(inner, tell, watcher)

    def _search(self, folder: Path, ground: Ground, space: Space, settings: SweepSettings) -> Search:
        about = self.sweep.about
        foundry = Foundry(self.sweep.experiment, ground, settings.seeds)
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


def _begun(
    experiment: Any,
    space: Any,
    data: object | None,
    out: Path | str,
    search: Mapping[str, Any],
    tell: Tell,
) -> Work:
    """A new sweep. Whatever is wrong comes to light before there is a folder to leave behind."""
    settings = SweepSettings.read(search)
    if space is None:
        raise UsageError(
            "a sweep without a space",
            expected="the settings that vary, or the folder of a sweep to go on with",
            fix='hand, for example, {"training.learning_rate": {"from": 1e-4, "to": 0.1, "scale": "log"}}',
        )
    found = read_space(space)
    base = anchored(as_experiment(experiment))
    raw, split = read_and_divide(base, data)
    ground = Ground(raw, split, settings.folds, base.seed)
    if settings.outer_folds:
        whole = Ground(raw, split, settings.outer_folds, base.seed + 1)
        for outer in whole.folds:
            whole.without(outer, settings.folds)
    _refuse_unfair(settings, found)
    foundry = Foundry(base, ground, settings.seeds)
    measure = Measure(foundry.metric if settings.score == "metric" else "loss")
    largest = foundry.try_out(found)
    scale = scale_of(settings, len(ground.folds) * settings.seeds, largest)
    source = source_of(settings, found, foundry.experiment, measure, scale)
    folder = new_folder(out, f"{base.name or Path(raw.origin).stem}-sweep")
    write_experiment(folder / "experiment.toml", base)
    write_atomic(folder / "space.toml", tomli_w.dumps(found.to_dict()))
    write_json(folder / "environment.json", environment())
    write_json(
        folder / "sweep.json",
        {
            "settings": settings.model_dump(),
            "measure": measure.name,
            "total": source.total,
            "at_once": scale.at_once,
            "held_share": ground.held_share,
            "rows": len(ground.rows),
            "held_out": len(split.test),
            "division": split.method,
            "origin": raw.origin,
            "fingerprint": fingerprint(raw),
            "networks": source.total * len(ground.folds) * settings.seeds,
        },
    )
    sweep = Sweep(folder)
    tell(f"Read {len(raw):,} rows from {raw.origin}; sweep folder {folder}.")
    tell(
        f"{source.total:,} trials of {len(ground.folds)} fold{'s' * (len(ground.folds) != 1)} and {settings.seeds} "
        f"seed{'s' * (settings.seeds != 1)}: {sweep.about['networks']:,} networks."
    )
    if scale.why:
        tell(f"Note: {scale.why}")
    if foundry.experiment.training.early_stopping.patience != "off":
        tell(
            "Note: training stops early by the rows that judge, as the experiment asks; scores look a little "
            "better than they are."
        )
    return Work(sweep, raw, split, data)


def _taken_up(experiment: Any, space: Any, data: object | None, search: Mapping[str, Any]) -> Work:
    """A sweep that is there already."""
    found = experiment if isinstance(experiment, Sweep) else Sweep(experiment)
    if space is not None or search:
        raise UsageError(
            f"a space or settings for the sweep {found.path}, which has its own",
            expected="the folder alone",
            fix="leave the others out, or start a new sweep",
        )
    if found.experiment.data.source == "memory" and data is None:
        raise DataError(
            f"the sweep {found.path} was started with data in memory",
            expected="the same data again",
            fix="call gh.sweep(folder, data=...)",
        )
    raw, split = read_and_divide(found.experiment, data)
    if fingerprint(raw) != found.about["fingerprint"]:
        raise DataError(
            f"the data of {found.path} have changed since the sweep was started",
            expected="the same values in the same order",
            fix="restore the data, or start a new sweep",
        )
    return Work(found, raw, split, data)


def _refuse_unfair(settings: SweepSettings, space: Space) -> None:
    """Refuse comparisons that would compare nothing."""
    if settings.score == "loss":
        for key in space.keys:
            if key.startswith("objective."):
                raise UsageError(
                    f"score = 'loss' while the space varies {key!r}",
                    expected="trials whose losses mean the same",
                    fix="set score to 'metric', or take that key out of the space",
                )
    if settings.strategy == "halving" and "training.epochs" in space.keys:
        raise UsageError(
            "strategy = 'halving' while the space varies 'training.epochs'",
            expected="one number of epochs, by which halving compares",
            fix="set training.epochs in the experiment, and take it out of the space",
        )


def _finish(work: Work, claims: Claims, refit: bool, observers: list[Observer] | None, tell: Tell) -> None:
    """Train the best settings once more and write it all up; or wait for the process that does."""
    sweep, told = work.sweep, False
    while not claims.take("winner"):
        if sweep.summary is not None:
            return
        if not told:
            tell("Waiting for another process, which trains the best settings once more.")
            told = True
        time.sleep(WAIT)
    if sweep.summary is not None:
        return
    done = {each.number: each for each in sweep.trials}
    best = sweep.best
    if best is None:
        errors = [each.error for each in done.values() if each.error]
        raise TrainingError(
            f"none of the {len(done)} trials could be trained to its end"
            + (f"; the first one: {errors[0]}" if errors else ""),
            expected="at least one that can",
            fix="narrow the space: lower learning rates, smaller networks",
        )
    tell(_sentence(sweep, best))
    if sweep.warning:
        tell(f"Warning: {sweep.warning}.")
    if refit:
        _refit(work, best, observers, tell)
    summary = summary_of(done, sweep.space, sweep.measure, float(sweep.about["held_share"]))
    final = sweep.run
    summary["nested"] = sweep.nested
    summary["run"] = None if final is None else str(final.path.relative_to(sweep.path))
    write_sweep_report(sweep, summary)
    write_json(sweep.path / "summary.json", summary)


def _refit(work: Work, best: Trial, observers: list[Observer] | None, tell: Tell) -> Run:
    """The best settings through the ordinary pipeline: on training and validation part, judged on the test part.

    A run that a kill cut off is gone on with.
    """
    begun = work.sweep.run
    if begun is not None:
        return resume(begun, data=work.data, observers=observers, tell=tell)
    epochs = for_trials(work.sweep.experiment, work.ground).training.epochs
    document = with_settings(work.sweep.experiment.model_dump(), {"training.epochs": epochs})
    experiment = Experiment.read(with_settings(document, best.settings))
    out = work.sweep.path / "winner"
    return run(experiment, data=work.data, out=out, observers=observers, tell=tell)


def _sentence(sweep: Sweep, best: Trial) -> str:
    settings = ", ".join(f"{key} = {value}" for key, value in best.settings.items())
    return f"Trial {best.number} is best with a mean {sweep.measure.name} of {best.mean:.4f}: {settings}."


def _stopped(sweep: Sweep) -> TrainingStoppedError:
    done, total = len(sweep.trials), sweep.about["total"]
    error = TrainingStoppedError(
        f"the sweep was stopped; {done} of {total} trials are done",
        fix=f"`glasshouse sweep {sweep.path}` goes on, and so does gh.sweep({str(sweep.path)!r})",
    )
    error.run = str(sweep.path)
    return error

"""Searching over settings: many networks, and the best of them trained once more and shipped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glasshouse.core.errors import GlasshouseError, TrainingStoppedError, UsageError
from glasshouse.core.garbage import set_aside
from glasshouse.experiment import Experiment
from glasshouse.project.begin_sweep import begin_sweep, take_up_sweep
from glasshouse.project.beside import Beside
from glasshouse.project.searching import Work, search_all
from glasshouse.project.stages import Tell, silent
from glasshouse.project.winner import finish
from glasshouse.search import Space, Sweep
from glasshouse.search.claims import Claims
from glasshouse.search.live_table import LiveTable
from glasshouse.search.search import Watcher
from glasshouse.search.sweep import is_sweep
from glasshouse.training.observers import Observer


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

    Every trial is trained on every fold with every seed, a batch of trials at a time; what is fitted to
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
    work: Work
    if is_folder(experiment):
        work = take_up_sweep(experiment, space, data, search)
    else:
        work = begin_sweep(experiment, space, data, out, search, tell)
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
        with (
            set_aside(),
            Claims(work.sweep.path / "claims") as claims,
            Beside(work.sweep.path, processes - 1),
        ):
            search_all(work, claims, look, tell)
            look.ended()
            finish(work, claims, refit, observers, tell)
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


def _stopped(sweep: Sweep) -> TrainingStoppedError:
    done, total = len(sweep.trials), sweep.about["total"]
    error = TrainingStoppedError(
        f"the sweep was stopped; {done} of {total} trials are done",
        fix=f"`glasshouse sweep {sweep.path}` goes on, and so does gh.sweep({str(sweep.path)!r})",
    )
    error.run = str(sweep.path)
    return error

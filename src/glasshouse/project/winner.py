"""The end of a sweep: its best settings as a run of their own, and all of it written up."""

from __future__ import annotations

import shutil
import time

from glasshouse.core.errors import TrainingError
from glasshouse.core.files import write_json
from glasshouse.experiment import Experiment, Run
from glasshouse.project.pipeline import resume, run
from glasshouse.project.searching import Searching
from glasshouse.project.stages import Tell
from glasshouse.report import write_sweep_report
from glasshouse.search import Sweep, Trial
from glasshouse.search.claims import Claims
from glasshouse.search.networks import for_trials
from glasshouse.search.space import with_settings
from glasshouse.search.summary import summary_of
from glasshouse.training.observers import Observer

WAIT = 0.5
"""Seconds between two looks at whether another process has finished the sweep."""


def finish(
    work: Searching, claims: Claims, refit: bool, observers: list[Observer] | None, tell: Tell
) -> None:
    """Train the best settings once more and write it all up; or wait for the process that does.

    Args:
        work: The sweep, with nothing left to be searched.
        claims: This process's.
        refit: Whether the best settings are trained once more.
        observers: Look on while they are.
        tell: Told what came of it.

    Raises:
        TrainingError: No trial could be trained to its end.
    """
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
    for state in sweep.path.glob("**/state"):  # what was kept of trials that were in training; empty by now
        shutil.rmtree(state, ignore_errors=True)
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


def _refit(work: Searching, best: Trial, observers: list[Observer] | None, tell: Tell) -> Run:
    """The best settings through the ordinary pipeline, which trains, watches and judges by the parts that the
    experiment asks for.

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

"""The beginning of a sweep: what is asked for is checked, and written into a new folder; or taken up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glasshouse.core.errors import DataError, UsageError
from glasshouse.core.files import write_atomic, write_json
from glasshouse.data.fingerprint import fingerprint
from glasshouse.experiment import Experiment
from glasshouse.experiment.decide import IN_WORLDS, objective_of
from glasshouse.experiment.environment import environment
from glasshouse.experiment.run import new_folder
from glasshouse.experiment.toml import write_experiment
from glasshouse.project.arguments import as_experiment
from glasshouse.project.materials import anchored, overlap_of, read_and_divide
from glasshouse.project.search_aids import SearchAids
from glasshouse.project.searching import Searching
from glasshouse.project.stages import Tell
from glasshouse.search import Space, Sweep, SweepSettings, read_space
from glasshouse.search.ground import Ground
from glasshouse.search.measure import Measure
from glasshouse.search.networks import Foundry
from glasshouse.search.search import scale_of, source_of
from glasshouse.worlds import is_world

WITHOUT_LOSS = ("nats", "loss", "log_likelihood", "pseudo_likelihood", "bound")
"""Measures of rows that are learnt themselves: they mean the same only for the same rows and objective."""


def begin_sweep(
    experiment: Any,
    space: Any,
    data: object | None,
    out: Path | str,
    search: Mapping[str, Any],
    tell: Tell,
) -> Searching:
    """A new sweep. Whatever is wrong comes to light before there is a folder to leave behind.

    Args:
        experiment: What trials have in common, or the name of its data.
        space: What varies.
        data: The table in memory, or ``None``.
        out: The folder that holds sweeps.
        search: Strategy, trials, folds, seeds ...
        tell: Told what was found.

    Raises:
        GlasshouseError: Space, settings or data cannot be meant or used.
    """
    settings = SweepSettings.read(search)
    if space is None:
        raise UsageError(
            "a sweep without a space",
            expected="the settings that vary, or the folder of a sweep to go on with",
            fix='hand, for example, {"training.learning_rate": {"from": 1e-4, "to": 0.1, "scale": "log"}}',
        )
    found = read_space(space)
    base = as_experiment(experiment)
    refuse_worlds(base)
    base = anchored(base)
    raw, split = read_and_divide(base, data)
    overlap = overlap_of(base, raw)
    ground = Ground(raw, split, settings.folds, base.seed, overlap)
    if settings.outer_folds:
        whole = Ground(raw, split, settings.outer_folds, base.seed + 1, overlap)
        for outer in whole.folds:
            whole.without(outer, settings.folds)
    _refuse_unfair(settings, found)
    foundry = Foundry(base, ground, settings.seeds, SearchAids(raw))
    cells = len(ground.folds) * settings.seeds
    tried = foundry.try_out(found, int(min(settings.trials, found.size)) * cells)
    measure = _measure(settings, foundry.measure(tried), found, base)
    scale = scale_of(settings, cells, tried.bytes, bool(tried.alone))
    source = source_of(settings, found, foundry.experiment, measure, scale)
    folder = new_folder(out, f"{base.name or Path(raw.origin).stem}-sweep")
    write_experiment(folder / "experiment.toml", base)
    write_atomic(folder / "space.toml", found.to_toml())
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
        f"{source.total:,} trials of {len(ground.folds)} fold{'s' * (len(ground.folds) != 1)} and "
        f"{settings.seeds} seed{'s' * (settings.seeds != 1)}: {sweep.about['networks']:,} networks."
    )
    if scale.why:
        tell(f"Note: {scale.why}")
    if tried.alone:
        tell(f"Note: networks are trained one after another: {tried.alone}.")
    if foundry.experiment.training.early_stopping.patience != "off":
        tell(
            "Note: training stops early by the rows that judge, as the experiment asks; scores look a little "
            "better than they are."
        )
    return Searching(sweep, raw, split, data)


def take_up_sweep(experiment: Any, space: Any, data: object | None, search: Mapping[str, Any]) -> Searching:
    """A sweep that is there already.

    Args:
        experiment: It, or its folder.
        space: Nothing: it has its own.
        data: The table in memory, where it was begun with one.
        search: Nothing: it has its own.

    Raises:
        UsageError: A space or settings are given.
        DataError: The data are not those that it was begun with.
    """
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
    return Searching(found, raw, split, data)


def refuse_worlds(experiment: Experiment) -> None:
    """Refuse to search in worlds, where there are no rows to divide.

    Raises:
        UsageError: The networks learn by acting.
    """
    if is_world(experiment.data.source) or experiment.objective.name in IN_WORLDS:
        name = experiment.data.source if is_world(experiment.data.source) else experiment.objective.name
        raise UsageError(
            f"a sweep of learning by acting ({name})",
            expected="rows that can be divided into folds: a world gives none, only returns that differ from "
            "seed to seed",
            fix="compare runs of several seeds: glasshouse compare RUN RUN",
        )


def _measure(settings: SweepSettings, measure: Measure, space: Space, experiment: Experiment) -> Measure:
    """What trials are compared by, once it is known that it means the same for all of them.

    Raises:
        UsageError: It does not.
    """
    own = objective_of(experiment)
    if settings.score == "loss":
        if own in ("adversarial", "contrastive_divergence"):
            raise UsageError(
                f"score = 'loss' with the objective {own!r}",
                expected=f"score = 'metric', which is {measure.name} here: the loss of a game or of chains "
                "does not tell which network is better",
                fix="leave score out",
            )
        measure = Measure("loss")
    if measure.name not in WITHOUT_LOSS or own == "supervised":
        return measure
    other = ("objective.", "data.prepare.")
    # How a machine's gradient is estimated changes its likelihood in no other way than training does.
    harmless = ("objective.",) if own == "contrastive_divergence" else ()
    for key in space.keys:
        if key.startswith(other) and not key.startswith(harmless):
            raise UsageError(
                f"trials compared by {measure.name} while the space varies {key!r}",
                expected="trials whose losses mean the same: of the same rows, under the same objective",
                fix=f"take {key!r} out of the space, and make a sweep for each of its values",
            )
    return measure


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

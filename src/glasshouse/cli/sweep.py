"""``glasshouse sweep``: many networks over a space of settings, and the best of them as a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glasshouse.cli.options import experiment_options, json_option, quiet_option, read
from glasshouse.cli.output import Output, number
from glasshouse.core.errors import UsageError
from glasshouse.core.files import plain

if TYPE_CHECKING:
    from glasshouse.search import Sweep, Trial
    from glasshouse.search.measure import Measure

SHOWN = 5
"""Trials in the table at the end."""
SEARCH = {
    "strategy": click.option(
        "--strategy",
        type=click.Choice(["grid", "random", "tpe", "halving"]),
        help="How points are chosen; random by default.",
    ),
    "trials": click.option("--trials", type=click.IntRange(min=1), help="Most points; 256 by default."),
    "folds": click.option(
        "--folds", type=click.IntRange(min=1), help="Parts of the rows, each held out once; 5 by default."
    ),
    "seeds": click.option("--seeds", type=click.IntRange(min=1), help="Networks per fold; 3 by default."),
    "score": click.option(
        "--score", type=click.Choice(["metric", "loss"]), help="What trials are compared by."
    ),
    "outer_folds": click.option(
        "--outer-folds", type=click.IntRange(min=2), help="Nested cross-validation with so many outer folds."
    ),
}


def search_options(command: Any) -> Any:
    """The options that say how to search."""
    for option in reversed(SEARCH.values()):
        command = option(command)
    return command


@click.command()
@click.argument("source", metavar="DATA|EXPERIMENT|SWEEP")
@click.option("--space", metavar="FILE", help="A .toml file with the settings that vary.")
@search_options
@experiment_options
@click.option("--processes", type=click.IntRange(min=1), default=1, help="Processes that share the work.")
@click.option("--refit/--no-refit", default=True, help="Whether the best is trained once more as a run.")
@click.option(
    "--out", metavar="FOLDER", default="runs", show_default=True, help="Where the sweep's folder is made."
)
@quiet_option
@json_option
@click.option("--stream", is_flag=True, help="Print one line of JSON for each trial, and one at the end.")
def sweep(
    source: str,
    space: str | None,
    processes: int,
    refit: bool,
    out: str,
    quiet: bool,
    as_json: bool,
    stream: bool,
    **chosen: Any,
) -> None:
    """Search over settings, and train the best once more.

    Every point of the space is trained on every fold with every seed. The best is trained once more, judged
    on the test part, and left as a run with report and bundle. A sweep that was stopped or killed goes on
    when its folder is named, and a second process that names the same folder shares the work.

    \b
    glasshouse sweep digits --space space.toml
    glasshouse sweep people.toml --space space.toml --strategy tpe --trials 100
    glasshouse sweep runs/digits-sweep-20261125-101500

    SPACE holds lists and ranges by setting:

    \b
    "training.learning_rate" = {from = 1e-4, to = 1e-1, scale = "log"}
    "model.hidden" = [[32], [64, 32]]
    """  # noqa: D301 - click wants the control character itself, before lines to leave as they are
    output = Output(as_json or stream, quiet)
    search = {key: chosen.pop(key) for key in SEARCH}
    search = {key: value for key, value in search.items() if value is not None}
    whole = Path(source, "sweep.json").is_file()
    if whole:
        refuse_more(source, space, {**search, **chosen})
    elif space is None:
        raise UsageError(
            f"a sweep of {source} without --space",
            expected="a .toml file with the settings that vary",
            fix='write lines such as "training.learning_rate" = {from = 1e-4, to = 1e-1, scale = "log"}',
        )
    experiment = source if whole else read(source, chosen)
    output.tell("Starting PyTorch ...")
    from glasshouse.experiment.toml import read_toml
    from glasshouse.project import sweep as carry_out

    done = carry_out(
        experiment,
        None if space is None else read_toml(Path(space)),
        out=out,
        processes=processes,
        refit=refit,
        observers=[] if quiet or output.as_json else None,
        watcher=Stream() if stream else Silent() if quiet or as_json else None,
        tell=output.tell,
        **search,
    )
    if stream:
        click.echo(json.dumps(plain(result(done)), ensure_ascii=False))
        return
    show(done, output)


def refuse_more(source: str, space: str | None, chosen: Mapping[str, Any]) -> None:
    """A sweep that is there has its own space and settings."""
    given = [key for key, value in chosen.items() if value not in (None, ())]
    if space is not None or given:
        names = ["--space"] * (space is not None) + [f"--{each.replace('_', '-')}" for each in given]
        raise UsageError(
            f"{', '.join(names).replace('--overrides', '--set')} for the sweep {source}, which has its own",
            expected="the folder alone",
            fix=f"glasshouse sweep {source}",
        )


def show(done: Sweep, output: Output) -> None:
    """What came of a sweep: the best trials, how sure that is, and where everything is."""
    output.document(result(done))
    best = done.ranking[:SHOWN]
    keys = list(dict.fromkeys(key for each in best for key in each.settings))
    from glasshouse.search.live_table import shown

    rows = [
        [each.number, each.mean, each.spread if each.cells.size > 1 else None]
        + [shown(each.settings.get(key)) for key in keys]
        for each in best
    ]
    output.table(["trial", done.measure.name, "spread", *keys], rows)
    if done.warning:
        output.say(f"\nMind: {done.warning}.")
    if done.nested:
        means = [each["mean"] for each in done.nested]
        output.say(
            f"\nNested cross-validation: {done.measure.name} {number(sum(means) / len(means))} on rows that "
            f"the search had not seen, from {number(min(means))} to {number(max(means))} over "
            f"{len(means)} outer folds."
        )
    run = done.run
    if run is not None:
        output.say("")
        output.table(["winner", *run.metrics], _metrics(run.metrics))
    output.say("")
    places = (("sweep", done.path), ("report", done.report), ("winner", None if run is None else run.path))
    for label, path in places:
        if path is not None:
            output.say(f"{label:8}{path}")


def _metrics(metrics: Mapping[str, Mapping[str, float | None]]) -> list[list[object]]:
    names = list(next(iter(metrics.values())))
    return [[name, *(measured.get(name) for measured in metrics.values())] for name in names]


def result(done: Sweep) -> dict[str, Any]:
    """What ``--json`` prints of a sweep."""
    run = done.run
    return {
        "sweep": done.path,
        **{key: value for key, value in (done.summary or {}).items() if key != "run"},
        "run": None if run is None else run.path,
        "metrics": None if run is None else run.metrics,
        "report": done.report,
        "bundle": None if run is None else run.bundle,
    }


class Silent:
    """Shows nothing while trials are trained."""

    def began(self, done: Mapping[int, Trial], total: int, measure: Measure) -> None:
        """Nothing."""

    def advanced(self, epochs: int, of: int, trials: int) -> None:
        """Nothing."""

    def finished(self, trial: Trial, done: Mapping[int, Trial]) -> None:
        """Nothing."""

    def ended(self) -> None:
        """Nothing."""


class Stream(Silent):
    """Prints every trial as a line of JSON."""

    def finished(self, trial: Trial, done: Mapping[int, Trial]) -> None:
        """The trial, without its curves."""
        facts = {key: value for key, value in trial.to_dict().items() if key != "curves"}
        mean = trial.mean if trial.scores else None
        line = {**facts, "mean": mean, "done": len(done)}
        click.echo(json.dumps(plain(line), ensure_ascii=False))

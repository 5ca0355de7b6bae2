"""The main job in the right order: explore, prepare, train under watch, evaluate, ship, report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glasshouse.core.devices import choose_device
from glasshouse.core.errors import (
    DataError,
    NonFiniteError,
)
from glasshouse.core.files import read_json, write_json
from glasshouse.core.memory import shortage_named
from glasshouse.data.text.text_preparation import TextPreparation
from glasshouse.experiment import Experiment, Run, decide
from glasshouse.experiment.decide import facts_of, refuse_unbuildable
from glasshouse.experiment.decide_acting import decide_acting
from glasshouse.experiment.environment import environment
from glasshouse.experiment.make_job import make_batches, make_job
from glasshouse.experiment.make_network import make_network
from glasshouse.experiment.run import new_run
from glasshouse.experiment.toml import write_experiment
from glasshouse.models import ledger
from glasshouse.objectives import build_objective
from glasshouse.project.acting import Scene, evaluate_acting, gather_scene, look_around, work_in
from glasshouse.project.agreement import refuse_other_outputs, refuse_squashed_twice
from glasshouse.project.arguments import as_experiment
from glasshouse.project.augmented import show_augmented
from glasshouse.project.bundling import content
from glasshouse.project.ensemble import refuse_ensemble, train_ensemble
from glasshouse.project.ensemble_records import measure_members, told_together
from glasshouse.project.evaluating import evaluate_network
from glasshouse.project.materials import Materials, anchored, gather, weights_anchored
from glasshouse.project.noting import noting
from glasshouse.project.pretraining import pretrain, refuse_pretraining
from glasshouse.project.stages import (
    Stage,
    Tell,
    describe_network,
    find_rate,
    look_over_time,
    silent,
    train_network,
)
from glasshouse.project.work import Work
from glasshouse.project.write_pictures import write_pictures
from glasshouse.project.writing import Writer
from glasshouse.report import write_report
from glasshouse.ship.write_bundle import write_bundle
from glasshouse.training.observers import Observer
from glasshouse.training.progress_bar import ProgressBar
from glasshouse.worlds import is_world


def run(
    experiment: Experiment | str | Path,
    *,
    data: object | None = None,
    out: Path | str = "runs",
    observers: Sequence[Observer] | None = None,
    tell: Tell = silent,
) -> Run:
    """Do the whole job that an experiment describes, and leave a run folder.

    Args:
        experiment: The experiment, just the name of its data, ``gh.run("iris")``, or that of a recipe,
            ``gh.run("recipe:mlp")``.
        data: The table itself, as a frame of polars or pandas, where it is in memory and not in a file.
        out: The folder that holds the runs.
        observers: Look on while training; by default a progress bar, which shows at a terminal only.
        tell: Called with a sentence after each stage.

    Returns:
        The run: ``run.metrics["test"]``, ``run.report``, ``run.bundle``, ``run.history``, ``run.network``.

    Raises:
        GlasshouseError: What is wrong, what was expected, and what to do. What was computed by then is in the
            run folder, and :func:`resume` goes on from it.

    Example:
        >>> import glasshouse as gh
        >>> experiment = gh.Experiment(data="iris", training={"epochs": 3}, output={"onnx": False})
        >>> result = gh.run(experiment, out=getfixture("tmp_path"))
        >>> sorted(result.metrics)
        ['test', 'train', 'validation']
    """
    experiment = as_experiment(experiment)
    materials = scene_or_materials(experiment, data)
    experiment = decided(experiment, materials)
    # Whatever is wrong with the experiment comes to light here, before there is a folder to leave behind.
    refuse_unbuildable(experiment)
    work = work_for(experiment, materials)
    refuse_pretraining(experiment, work.prepared, work.network)
    folder = new_run(out, experiment.name or Path(materials.origin).stem)
    tell(f"{materials.told()}; run folder {folder.path}.")
    for note in materials.notes:
        tell(f"Note: {note}.")
    with noting(folder, "exploration"):
        write_experiment(folder.path / "experiment.toml", experiment)
        write_json(folder.path / "environment.json", environment())
        write_json(folder.path / "data.json", materials.facts())
        explore(folder, materials, tell)
    return carry_out(folder, experiment, work, observers, tell)


def resume(
    folder: Run | Path | str,
    *,
    data: object | None = None,
    observers: Sequence[Observer] | None = None,
    tell: Tell = silent,
) -> Run:
    """Go on with a run that was killed, interrupted or failed, from its last whole checkpoint.

    The weights, metrics and best epoch at the end are the same, bit for bit, as those of a run that was never
    cut off, on the same machine and versions. A finished run is returned as it is.

    Args:
        folder: The run, or its folder.
        data: The table itself, where the run was started with one in memory.
        observers: Look on while training; by default a progress bar, which shows at a terminal only.
        tell: Called with a sentence after each stage.

    Raises:
        UsageError: There is no run in that folder.
        DataError: The data are not those that the run was started with.
        CheckpointError: None of its checkpoints is whole.

    Example:
        >>> import glasshouse as gh
        >>> experiment = gh.Experiment(data="iris", training={"epochs": 2}, output={"onnx": False})
        >>> made = gh.run(experiment, out=getfixture("tmp_path"))
        >>> resume(made.path).status["state"]  # it has nothing left to do
        'finished'
    """
    found = folder if isinstance(folder, Run) else Run(folder)
    if found.status["state"] == "finished":
        return found
    experiment = found.experiment
    if experiment.data.source == "memory" and data is None:
        raise DataError(
            f"the run {found.path} was started with data in memory",
            expected="the same data again",
            fix="call gh.resume(run, data=...), or gh.fit(..., resume=run) for a network of your own",
        )
    materials = scene_or_materials(experiment, data)
    known, now = read_json(found.path / "data.json"), materials.facts()
    if known["fingerprint"] != now["fingerprint"]:
        raise DataError(
            f"the data of {found.path} have changed: {known['rows']:,} rows then, {now['rows']:,} rows now",
            expected="the same values in the same order as when the run was started",
            fix="restore the data, or start a new run",
        )
    if found.record("exploration") is None:
        explore(found, materials, tell)
    found.note("running", "training")
    return carry_out(found, experiment, work_for(experiment, materials), observers, tell)


def scene_or_materials(experiment: Experiment, data: object | None) -> Materials | Scene:
    """The rows that an experiment names, or the world."""
    if data is None and is_world(experiment.data.source):
        return gather_scene(experiment)
    return gather(experiment, data)


def decided(experiment: Experiment, materials: Materials | Scene) -> Experiment:
    """The experiment with nothing left at "auto" that rows or a world decide."""
    if isinstance(materials, Scene):
        return decide_acting(weights_anchored(experiment), materials.world, materials.seen())
    return decide(anchored(experiment), **facts_of(materials.prepared))


def explore(run: Run, materials: Materials | Scene, tell: Tell) -> None:
    """Write down what is in the data and how it is prepared."""
    if isinstance(materials, Scene):
        look_around(run, materials, tell)
        return
    exploration = materials.explore()
    write_pictures(run.path / "pictures", exploration.pictures)
    write_json(run.path / "exploration.json", exploration.record)
    prepared = {
        "kind": materials.preparation.kind,
        "inputs": materials.preparation.describe(),
        "state": materials.preparation.to_dict(),
    }
    write_json(run.path / "preparation.json", prepared)
    parts = ", ".join(f"{count:,} {name}" for name, count in exploration.record["parts"].items())
    tell(f"Explored and prepared: {parts} rows, split {materials.split.method}.")
    for finding in exploration.record["findings"]:
        if finding["severity"] == "warning":
            tell(f"Warning: {finding['text']}; {finding['remedy']}")


def work_for(experiment: Experiment, materials: Materials | Scene) -> Work:
    """The network and the objective that an experiment names, for its data."""
    if isinstance(materials, Scene):
        return work_in(experiment, materials)
    prepared, spec = materials.prepared, experiment.model.spec()
    objective = build_objective(experiment.objective, prepared)
    with shortage_named():
        outputs = objective.outputs(prepared)
        beginning = make_network(experiment.model, prepared.input_shape, outputs, experiment.seed)
    return Work(
        prepared=prepared,
        network=beginning.network,
        notes=beginning.notes,
        objective=objective,
        model=spec,
        raw=materials.raw,
        preparation=materials.preparation,
    )


def carry_out(
    run: Run, experiment: Experiment, work: Work, observers: Sequence[Observer] | None, tell: Tell
) -> Run:
    """Train, evaluate, ship and report, and note in the run folder how far it came."""
    for note in work.notes:
        tell(note)
    together = experiment.ensemble.members > 1
    with noting(run, "training"):
        stage = make_stage(run, experiment, work, observers, tell)
        if together:
            refuse_ensemble(stage, work)
    if experiment.pretraining.active:
        with noting(run, "pretraining"):
            pretrain(stage, work)
    with noting(run, "training"):
        stage = find_rate(stage)
        if not together:
            look_over_time(stage, work, "before")
    if together:
        with noting(run, "training"):
            stage, work = train_ensemble(stage, work)
    else:
        train_or_salvage(stage, work)
    with noting(run, "evaluation"):
        evaluation = evaluated(stage, work)
        if together:
            tell(told_together(measure_members(stage, work)))
        else:
            look_over_time(stage, work, "after")
    if experiment.output.bundle:
        with noting(run, "bundle"):
            write_bundle(run.path / "bundle", content(run, stage, work, evaluation), experiment.output.onnx)
    run.note("finished", "report")
    if experiment.output.report:
        with noting(run, "report", begins=False):  # the report is to say that the run is finished
            write_report(run)
    run.network = stage.job.network
    return run


def make_stage(
    run: Run, experiment: Experiment, work: Work, observers: Sequence[Observer] | None, tell: Tell
) -> Stage:
    """Everything that training needs, checked and written down."""
    prepared, network = work.prepared, work.network
    layers = ledger(network, prepared.train.inputs[:1])
    refuse_other_outputs(network, prepared, work.objective)
    refuse_squashed_twice(network, prepared, work.objective)
    work.objective.refuse(network)
    batches = work.batches or make_batches(
        experiment,
        prepared.train,
        work.preparation,
        choose_device(experiment.training.device),
        tokens=prepared.tokens > 0,
        streams=prepared.task == "language",
        task=prepared.task,
    )
    if experiment.data.augment.active and work.batches is None:
        show_augmented(run, experiment, work)
    job = make_job(experiment, network, batches, prepared.validation, work.objective, layers)
    model = work.model or {"class": type(network).__qualname__}
    describe_network(run, job, layers, model, prepared.input_shape)
    watching: list[Observer] = [ProgressBar()] if observers is None else list(observers)
    if prepared.task == "language" and isinstance(work.preparation, TextPreparation):
        prompt = (prepared.validation or prepared.train).inputs[0].tolist()
        watching.append(Writer(run.path, network, work.preparation, prompt, experiment.seed))
    return Stage(run, experiment, job, tell, watching)


def evaluated(stage: Stage, work: Work) -> dict[str, Any]:
    """Measure the network on rows, or in its world."""
    return evaluate_acting(stage, work) if work.prepared.task == "control" else evaluate_network(stage, work)


def train_or_salvage(stage: Stage, work: Work) -> None:
    """Train. When numbers overflow, measure and report what was reached before the error goes on."""
    with noting(stage.run, "training"):
        try:
            train_network(stage)
        except NonFiniteError:
            stage.run.note("failed", "training", "the loss is no longer finite")
            if stage.job.stopping.best_epoch:
                evaluated(stage, work)
            if stage.experiment.output.report:
                write_report(stage.run)
            raise

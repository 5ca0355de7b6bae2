"""The stages of the main job, each of which leaves a record that the next can be looked at with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from glasshouse.core.devices import threads
from glasshouse.core.files import write_json
from glasshouse.evaluation.over_time import (
    first_recurrent,
    gates_over_time,
    gradient_over_time,
    watched_part,
)
from glasshouse.experiment import Experiment, Run
from glasshouse.experiment.make_job import with_rate
from glasshouse.experiment.toml import write_experiment
from glasshouse.models import Layer
from glasshouse.project.work import Work
from glasshouse.training.choose_engine import choose_engine
from glasshouse.training.job import Job, Outcome
from glasshouse.training.loop import train
from glasshouse.training.observers import Observer
from glasshouse.training.range_test import range_test
from glasshouse.training.records import Records
from glasshouse.training.tensorboard import TensorBoard

Tell = Callable[[str], None]
"""Where the stages say what they have done, a sentence each."""


EACH_STEP = ("translation", "frames", "tagging", "captioning", "strokes")
"""Tasks without a section on gradients over time: every step has a loss of its own."""


def silent(_sentence: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Stage:
    """What every stage needs.

    Args:
        run: The run folder.
        experiment: As it was decided.
        job: Network, batches and settings.
        tell: Told what was done.
        observers: Look on while training.
    """

    run: Run
    experiment: Experiment
    job: Job
    tell: Tell
    observers: Sequence[Observer]


def describe_network(
    run: Run, job: Job, layers: list[Layer], model: dict[str, Any], input_shape: Sequence[int]
) -> None:
    """Write ``network.json``: every layer, and on what it is trained."""
    engine = choose_engine(job)
    trainable = [each for each in job.network.parameters() if each.requires_grad]
    write_json(
        run.path / "network.json",
        {
            "model": model,
            "input_shape": list(input_shape),
            "outputs": layers[-1].output_shape[-1] if layers and layers[-1].output_shape else None,
            "layers": [layer.to_dict() for layer in layers],
            "parameters": sum(each.numel() for each in trainable),
            "frozen": sum(each.numel() for each in job.network.parameters() if not each.requires_grad),
            "macs": sum(layer.macs for layer in layers),
            "device": str(job.device),
            "threads": job.threads,
            "precision": job.precision.name,
            "engine": engine.name,
            "engine_why": engine.why,
            "text": str(job.network),
        },
    )


def find_rate(stage: Stage) -> Stage:
    """Find the learning rate by a range test, where the experiment asks for it, and write it down."""
    run, experiment = stage.run, stage.experiment
    if experiment.training.learning_rate != "find":
        return stage
    found = range_test(stage.job)
    write_json(run.path / "range_test.json", found.to_dict())
    training = experiment.training.replace(learning_rate=found.suggestion)
    experiment = experiment.replace(training=training.model_dump())
    write_experiment(run.path / "experiment.toml", experiment)
    stage.tell(
        f"The range test over {len(found.rates)} steps suggests a learning rate of {found.suggestion:.2g}."
    )
    return replace(stage, experiment=experiment, job=with_rate(stage.job, found.suggestion))


def look_over_time(stage: Stage, work: Work, when: str) -> None:
    """Write ``over_time.json``: gradients through the steps before and after training, gates afterwards."""
    network, prepared = stage.job.network, work.prepared
    if first_recurrent(network) is None or prepared.task in EACH_STEP:
        return
    path, part = stage.run.path / "over_time.json", watched_part(prepared)
    known = stage.run.record("over_time") or {"before": None, "after": None, "gates": None}
    if when == "before" and known["before"] is not None:
        return  # a run that is taken up again has other weights now
    with threads(stage.job.threads):
        known[when] = gradient_over_time(network, stage.job.objective, part, bool(prepared.tokens))
        if when == "after":
            names = work.preparation.token_names if prepared.tokens and work.preparation else ()
            known["gates"] = gates_over_time(network, part, names.__getitem__ if names else None)
    write_json(path, known)


def train_network(stage: Stage) -> Outcome:
    """Train, or go on training, and write ``training.json``."""
    run, job = stage.run, stage.job
    observers = list(stage.observers)
    if stage.experiment.watch.tensorboard:
        observers.append(TensorBoard(run.path / "tensorboard"))
    outcome = train(job, Records(run.path), run.checkpoints(), observers)
    write_json(run.path / "training.json", {**asdict(outcome), "monitor": job.stopping.monitor})
    seconds = sum(run.timings["seconds"].to_list()) if outcome.epochs else 0.0
    stage.tell(
        f"Trained for {outcome.epochs} epoch{'s' * (outcome.epochs != 1)} "
        f"({outcome.steps:,} steps, {seconds:.1f} s); kept epoch {outcome.best_epoch}; {outcome.ended}."
    )
    return outcome

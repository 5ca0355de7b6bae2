"""Pre-training: the hidden layers of a network one by one, each on what the layers below it give."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from glasshouse.core.devices import choose_device
from glasshouse.core.errors import SettingError
from glasshouse.core.files import plain, read_json, write_json
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part, Prepared
from glasshouse.experiment import Experiment
from glasshouse.experiment.make_job import make_job
from glasshouse.models import DeepBeliefNetwork, RestrictedBoltzmannMachine, ledger
from glasshouse.objectives import Objective
from glasshouse.project.hidden_layers import HiddenLayer, hidden_layers
from glasshouse.project.layer_learners import CURVES, Learner, make_learner
from glasshouse.project.pretraining_bound import bound_of, told_bound
from glasshouse.project.stages import Stage
from glasshouse.project.work import Work
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.ship.weights import read_weights, write_weights
from glasshouse.training.batches import Augment, InMemoryBatches
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.job import Job
from glasshouse.training.loop import train
from glasshouse.training.records import Records, read_lines

FOLDER = "pretraining"
WEIGHTS = "weights.safetensors"
MOST_WATCHING = 2000
"""Validation rows that watch the training of a layer, at most: of chains they cost as much as training."""


@dataclass(frozen=True)
class Level:
    """A hidden layer whose turn it is.

    Args:
        number: From 1.
        learner: What is trained in its place.
        parts: Rows as the layer sees them.
        first: Rows as the lowest layer sees them.
        seed: What decides the learner's chance.
    """

    number: int
    learner: Learner
    parts: dict[str, Part]
    first: dict[str, Part]
    seed: int


def refuse_pretraining(experiment: Experiment, prepared: Prepared, network: nn.Module) -> None:
    """Refuse to pre-train what has no layers for it, or what would undo it.

    Args:
        experiment: As it was decided.
        prepared: The rows.
        network: Whose layers are to be trained one by one.

    Raises:
        SettingError: The network, or another setting, does not go with it.
    """
    method = experiment.pretraining.method
    if not experiment.pretraining.active:
        return
    if experiment.model.weights is not None:
        raise SettingError(
            f"pretraining.method = {method!r} with model.weights = {experiment.model.weights!r}",
            expected="one of them: either would replace what the other gave",
            fix="leave pretraining.method out, or model.weights",
        )
    if method == "supervised" and prepared.task == "reconstruction":
        raise SettingError(
            "pretraining.method = 'supervised' on rows without a target",
            expected="'rbm' or 'denoising', which need none",
            fix="set pretraining.method = 'denoising'",
        )
    hidden_layers(network, method)


def pretrain(stage: Stage, work: Work) -> None:
    """Train the hidden layers one by one, or take up what was trained of them, in the run's network.

    The run folder gets ``pretraining.json``, and below ``pretraining/`` a folder for each layer: its epochs,
    and its weights when it is done. A run that was cut off goes on in the layer where it was, to the same
    bits.

    Args:
        stage: Of the training that follows; its network is changed in place.
        work: The data, and the objective of the whole network.

    Raises:
        NonFiniteError: The numbers of a layer overflowed.
        TrainingStoppedError: A signal asked to stop. The state is on disk.
    """
    settings, network = stage.experiment.pretraining, stage.job.network
    known = {each["number"]: each for each in (stage.run.record(FOLDER) or {"layers": []})["layers"]}
    machines: list[RestrictedBoltzmannMachine] = []
    rows: list[dict[str, Any]] = []
    for level in levels_of(stage.experiment, network, work.prepared, work.objective):
        learner, number = level.learner, level.number
        train_layer(stage, learner, number)
        row = told(stage.run.path / FOLDER / str(number), learner, number)
        if isinstance(learner.network, RestrictedBoltzmannMachine) and settings.bound:
            machines.append(learner.network)
            row["bound"] = known.get(number, {}).get("bound") or bound_of(
                machines, level.first, level.parts["train"].inputs, level.seed
            )
            stage.tell(told_bound(row["bound"], number))
        rows.append(row)
        record = {
            "method": settings.method,
            "drawn": isinstance(network, DeepBeliefNetwork),
            "curve": CURVES[settings.method],
            "layers": rows,
        }
        write_json(stage.run.path / f"{FOLDER}.json", plain(record))


def pretrain_unwatched(
    experiment: Experiment, network: nn.Module, prepared: Prepared, objective: Objective
) -> None:
    """Train the hidden layers one by one without writing anything down: to the same bits as :func:`pretrain`.

    Args:
        experiment: As it was decided; its seed is the network's.
        network: Changed in place.
        prepared: The rows.
        objective: Of the whole network.

    Raises:
        NonFiniteError: The numbers of a layer overflowed.
        TrainingStoppedError: A signal asked to stop.
    """
    for level in levels_of(experiment, network, prepared, objective):
        train(layer_job(experiment, level.learner, level.number))


def levels_of(
    experiment: Experiment, network: nn.Module, prepared: Prepared, objective: Objective
) -> Iterator[Level]:
    """The hidden layers from the lowest to the highest. What was trained in the place of one is handed over
    to the network when the next one is asked for.

    Args:
        experiment: As it was decided.
        network: Changed in place.
        prepared: The rows.
        objective: Of the whole network.
    """
    settings = experiment.pretraining
    deep = network if isinstance(network, DeepBeliefNetwork) else None
    parts = watched_parts(prepared)
    if deep is None:
        parts = {name: replace(each, inputs=each.inputs.flatten(1)) for name, each in parts.items()}
    first, outputs = parts, objective.outputs(prepared)
    for number, layer in enumerate(hidden_layers(network, settings.method), start=1):
        seed = derive(experiment.seed, FOLDER, number)
        learner = make_learner(layer, parts, settings, objective, outputs, seed)
        if number > 1 and deep is not None:
            learner = learner.seeing_units(first, units_of(deep, number - 1))
        yield Level(number, learner, parts, first, seed)
        learner.hand_over()
        if deep is not None:
            deep.begin_tied(number)
        parts = {name: passed(each, layer) for name, each in parts.items()}


def units_of(network: DeepBeliefNetwork, machines: int) -> Augment:
    """What draws the hidden units of the lowest machines for a batch of rows."""

    def drawn(rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        return network.draw_up(rows.to(network.top.weight.device), generator, machines)

    return drawn


def watched_parts(prepared: Prepared) -> dict[str, Part]:
    """The rows that layers are trained on and, where there are any, some that watch."""
    parts = {"train": prepared.train}
    watching = prepared.validation
    if watching is not None:
        every = slice(None, None, math.ceil(len(watching) / MOST_WATCHING))
        weights = None if watching.weights is None else watching.weights[every]
        parts["validation"] = Part(
            watching.inputs[every], watching.targets[every], watching.rows[every], weights
        )
    return parts


def passed(part: Part, layer: HiddenLayer) -> Part:
    """A part with what a layer gives in the place of its inputs."""
    return replace(part, inputs=layer.through(part.inputs))


def train_layer(stage: Stage, learner: Learner, number: int) -> None:
    """Train what learns in the place of a layer, go on with it, or read the weights that it came to."""
    folder = stage.run.path / FOLDER / str(number)
    if not (folder / WEIGHTS).exists():
        folder.mkdir(parents=True, exist_ok=True)
        checkpoints = CheckpointFolder(folder / "checkpoints", f"{stage.run.checkpoints().run}/{number}")
        job = layer_job(stage.experiment, learner, number)
        outcome = train(job, Records(folder), checkpoints, stage.observers)
        write_json(folder / "training.json", asdict(outcome))
        write_weights(folder / WEIGHTS, learner.network)  # last: it says that the layer is done
        stage.tell(
            f"Layer {number} ({learner.layer.name}) pre-trained for {outcome.epochs} epochs "
            f"({outcome.steps:,} steps)."
        )
    learner.network.load_state_dict(read_weights(folder / WEIGHTS))
    shutil.rmtree(
        folder / "checkpoints", ignore_errors=True
    )  # its weights are all that is needed from now on


def layer_job(experiment: Experiment, learner: Learner, number: int) -> Job:
    """What the training of one layer is told: an ordinary job with settings of its own.

    Args:
        experiment: Of the whole run.
        learner: What is trained.
        number: Of the layer, from 1.
    """
    settings, training = experiment.pretraining, experiment.training
    assert settings.batch_size != "auto", "the experiment is not decided"
    own = experiment.replace(
        seed=derive(experiment.seed, FOLDER, "layer", number),
        training={
            "epochs": settings.epochs,
            "batch_size": settings.batch_size,
            "optimizer": "adam",
            "learning_rate": settings.learning_rate,
            "weight_decay": 0.0,
            "schedule": "cosine",
            "device": training.device,
            "threads": training.threads,
            "precision": training.precision,
            "checkpoint": training.checkpoint.model_dump(),
            "early_stopping": {"patience": "off"},
        },
        watch={"probes": False},
    )
    part = learner.parts["train"]
    device = choose_device(training.device)
    batches = InMemoryBatches(part, settings.batch_size, seed=own.seed, device=device, augment=learner.drawn)
    learner.objective.refuse(learner.network)
    seen = part.inputs[:1]
    if learner.drawn is not None:
        seen = learner.drawn(seen, torch.Generator()).cpu()
    layers = ledger(learner.network, seen)
    job = make_job(own, learner.network, batches, learner.parts.get("validation"), learner.objective, layers)
    if settings.method == "rbm":
        # Neither its loss nor its reconstructions tell which epoch is best: the last one is kept.
        return replace(job, stopping=EarlyStopping(None, part="train"))
    return job


def told(folder: Path, learner: Learner, number: int) -> dict[str, Any]:
    """What the record says of a layer that is done.

    Args:
        folder: Of its records.
        learner: What was trained.
        number: Of the layer, from 1.
    """
    outcome = read_json(folder / "training.json")
    timings = read_lines(folder / "timings.jsonl")
    linear = learner.layer.linear
    return {
        "number": number,
        "name": learner.layer.name,
        "inputs": linear.in_features,
        "units": linear.out_features,
        "epochs": outcome["epochs"],
        "steps": outcome["steps"],
        "kept": outcome["best_epoch"],
        "seconds": sum(each["seconds"] for each in timings),
        "history": read_lines(folder / "metrics.jsonl"),
    }

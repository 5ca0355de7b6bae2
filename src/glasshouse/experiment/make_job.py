"""From a decided experiment and prepared data to a job for training."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import nn

from glasshouse.core.concept import read_spec
from glasshouse.core.devices import choose_device, threads_for
from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Part
from glasshouse.data.preparation import Preparation
from glasshouse.experiment.augmenting import augmenter
from glasshouse.experiment.experiment import Experiment
from glasshouse.layers.packing import cut_to_longest
from glasshouse.models import Layer
from glasshouse.objectives import ContrastiveDivergence, Objective
from glasshouse.probes import interval
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.schedules import SCHEDULES
from glasshouse.training.batches import Augment, AugmentsPairs, Batches, InMemoryBatches
from glasshouse.training.class_batches import ClassBatches
from glasshouse.training.job import Job
from glasshouse.training.precision import Precision
from glasshouse.training.quick import metric_name
from glasshouse.training.stream_batches import StreamBatches


def make_batches(
    experiment: Experiment,
    part: Part,
    preparation: Preparation | None,
    device: torch.device,
    tokens: bool = False,
    streams: bool = False,
    task: str = "",
) -> Batches:
    """The training part, cut into batches as the experiment says.

    Args:
        experiment: With nothing left at "auto" in ``training``.
        part: The training part.
        preparation: Of the rows, which says what random changes become; ``None`` for bare tensors.
        device: Where the network is.
        tokens: Whether rows are tokens, padded behind: then batches are cut to their longest row.
        streams: Whether rows are pieces of one text, through which a state is carried.
        task: What is learnt: where targets lie in the picture, they are moved with it.

    Raises:
        SettingError: Augmentation is asked for on data that it is not for, or a change that makes no sense.
    """
    augment: Augment | AugmentsPairs | None = cut_batch if tokens else None
    if experiment.data.augment.active:
        augment = augmenter(experiment.data.augment, preparation, task)
    training = experiment.training
    assert training.batch_size != "auto", "the experiment is not decided"
    if streams:
        if training.accumulate != 1:
            raise SettingError(
                f"training.accumulate = {training.accumulate} for a language",
                expected="1: the state is carried from batch to batch",
                fix="set training.batch_size larger",
            )
        return StreamBatches(part, training.batch_size, device)
    if task == "verification":  # rows of one class have to stand together, so that they can be compared
        return ClassBatches(
            part,
            training.batch_size,
            experiment.objective.together,
            accumulate=training.accumulate,
            seed=experiment.seed,
            device=device,
            augment=augment,
        )
    return InMemoryBatches(
        part,
        training.batch_size,
        accumulate=training.accumulate,
        seed=experiment.seed,
        device=device,
        augment=augment,
    )


def cut_batch(tokens: torch.Tensor, _generator: torch.Generator) -> torch.Tensor:
    """A batch of tokens without the steps that are padding in all its rows."""
    return cut_to_longest(tokens)


def make_job(
    experiment: Experiment,
    network: nn.Module,
    batches: Batches,
    validation: Part | None,
    objective: Objective,
    layers: list[Layer],
) -> Job:
    """Everything that training needs to know.

    Args:
        experiment: With nothing left at "auto" in ``training`` but device, threads and precision. A rate
            that is to be found is NaN in the job, with which only the range test can begin.
        network: The network; it is moved to the device, pictures' networks to the channels-last format.
        batches: The training part.
        validation: The part that watches, or ``None``.
        objective: How a batch becomes a loss.
        layers: The network's ledger, for the amount of work.

    Raises:
        SettingError: There is no such device, or it does not compute in the precision asked for.
    """
    training = experiment.training
    device = choose_device(training.device)
    if any(each.device != device for each in (*network.parameters(), *network.buffers())):
        network.to(device)
    pictures = any(isinstance(module, nn.Conv2d) for module in network.modules())
    if pictures:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # PyTorch's stub has no such call
    assert training.epochs != "auto", "the experiment is not decided"
    assert training.learning_rate != "auto", "the experiment is not decided"
    assert training.weight_decay != "auto", "the experiment is not decided"
    stopping = training.early_stopping
    metric = metric_name(objective.meaning)
    if stopping.monitor == "metric" and metric is None:
        raise SettingError(
            "training.early_stopping.monitor = 'metric' with outputs that have no metric",
            expected="'loss'",
            fix="set training.early_stopping.monitor to 'loss'",
        )
    monitor = metric if stopping.monitor == "metric" and metric is not None else objective.watched
    patience = stopping.patience if isinstance(stopping.patience, int) else None
    refuse_incomparable(experiment, objective)
    return Job(
        network=network,
        batches=batches,
        validation=validation,
        objective=objective.to(device),
        optimizer=training.optimizer,
        schedule=training.schedule,
        learning_rate=math.nan if training.learning_rate == "find" else training.learning_rate,
        weight_decay=float(training.weight_decay),
        layer_rates=training.layer_rates,
        epochs=training.epochs,
        stopping=EarlyStopping(patience, monitor, stopping.least_change),
        precision=Precision(training.precision, device),
        clip_norm=training.clip_norm,
        clip_value=training.clip_value,
        clip_adaptive=training.clip_adaptive,
        regularizers=training.regularizers,
        threads=thread_count(experiment, layers, batches),
        probe_every=interval(experiment.watch.every, batches.steps * training.epochs)
        if experiment.watch.probes
        else 0,
        checkpoint=training.checkpoint,
        seed=experiment.seed,
        device=device,
        engine=training.engine,
    )


def refuse_incomparable(experiment: Experiment, objective: Objective) -> None:
    """Refuse what compares losses, where those of an objective cannot be compared.

    Raises:
        SettingError: Early stopping, a schedule that watches the loss, or a rate that is to be found.
    """
    training = experiment.training
    chains = isinstance(objective, ContrastiveDivergence)  # whose loss may be 0 at once and always
    if objective.comparable and not objective.phases and not chains:
        return
    name = type(objective).__name__.lower()
    if training.learning_rate == "find":
        raise SettingError(
            f"training.learning_rate = 'find' with the objective {name!r}",
            expected="a rate: a range test needs one loss that falls",
            fix="leave training.learning_rate out",
        )
    if chains:
        _refuse_plateau(experiment, name)
    if objective.comparable:
        return
    _refuse_plateau(experiment, name)
    if isinstance(training.early_stopping.patience, int):
        raise SettingError(
            f"training.early_stopping.patience = {training.early_stopping.patience} with the objective "
            f"{name!r}",
            expected="'off': in a game, a lower loss of one side is no better epoch",
            fix="leave training.early_stopping.patience out",
        )


def _refuse_plateau(experiment: Experiment, name: str) -> None:
    """Refuse a schedule that waits for a loss to fall."""
    spec, _ = read_spec(experiment.training.schedule, "schedule")
    if SCHEDULES.find(spec).name == "plateau":
        raise SettingError(
            f"training.schedule = 'plateau' with the objective {name!r}",
            expected="a schedule that goes by steps: it would wait for a loss to fall that tells nothing",
            fix="set training.schedule to 'cosine' or 'constant'",
        )


def thread_count(experiment: Experiment, layers: list[Layer], batches: Batches) -> int:
    """As many CPU threads as asked for, or as the work of a step is worth.

    A training step costs about three times the forward pass: once forward, twice backward.
    """
    wanted = experiment.training.threads
    if isinstance(wanted, int):
        return wanted
    rows = batches.rows / batches.steps
    return threads_for(int(3 * rows * sum(layer.macs for layer in layers)))


def with_rate(job: Job, rate: float) -> Job:
    """The same job with another learning rate."""
    return replace(job, learning_rate=rate)

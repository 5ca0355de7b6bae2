"""From a point of the space to the networks that it stands for: one for each fold and seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from glasshouse.core.devices import choose_device
from glasshouse.core.errors import GlasshouseError, SettingError
from glasshouse.experiment import Experiment, decide
from glasshouse.experiment.data_settings import preparing_settings
from glasshouse.experiment.decide import facts_of, refuse_unbuildable
from glasshouse.experiment.make_job import make_batches, make_job
from glasshouse.experiment.make_network import make_network
from glasshouse.models import Layer, ledger, twin
from glasshouse.objectives import build_objective
from glasshouse.search.dimension import Choice
from glasshouse.search.ground import Ground
from glasshouse.search.memory import bytes_needed
from glasshouse.search.space import Space, with_settings
from glasshouse.training.job import Job
from glasshouse.training.quick import metric_name

KEPT = 32
"""Networks with their first weights that are kept to be copied."""
MOST_KEPT = 2**20
"""Parameters of a network that is kept, at most."""


@dataclass(frozen=True)
class Networks:
    """The networks of one trial.

    Args:
        jobs: One for each fold and seed, the seeds of the first fold first.
        parameters: Trainable numbers of each.
        activations: Numbers that a row becomes on its way through.
    """

    jobs: list[Job]
    parameters: int
    activations: int


class Foundry:
    """Makes the networks of trials: same rows, same seeds, other settings.

    Args:
        experiment: What trials have in common.
        ground: The rows and their folds.
        seeds: How many networks for each fold.
    """

    def __init__(self, experiment: Experiment, ground: Ground, seeds: int) -> None:
        self.ground, self.seeds = ground, seeds
        self.experiment = for_trials(experiment, ground)
        self._document = self.experiment.model_dump()
        self._ledgers: dict[str, list[Layer]] = {}
        self._first: dict[str, torch.nn.Module] = {}

    @property
    def metric(self) -> str:
        """What trials can be compared by beside the loss; ``"loss"`` where there is nothing else."""
        prepared = self.ground.prepared(0, preparing_settings(self.experiment, self.ground.raw.kind))
        return metric_name(build_objective(self.experiment.objective, prepared).meaning) or "loss"

    def decided(self, settings: Mapping[str, Any]) -> Experiment:
        """The experiment of a trial, with nothing left at "auto".

        Raises:
            SettingError: A value of the space is not allowed; the dotted key is named.
        """
        experiment = Experiment.read(with_settings(self._document, settings))
        if experiment.ensemble.members > 1:
            raise SettingError(
                f"ensemble.members = {experiment.ensemble.members} in a sweep",
                expected="one network for each fold and seed: a search compares single ones",
                fix="leave ensemble.members out, and make an ensemble of the settings that win",
            )
        data = preparing_settings(experiment, self.ground.raw.kind)
        experiment = decide(experiment, **facts_of(self.ground.prepared(0, data)))
        if experiment.pretraining.active:
            raise SettingError(
                f"pretraining.method = {experiment.pretraining.method!r} in a sweep",
                expected="networks that are trained as a whole: a search compares those",
                fix="leave pretraining.method out, and pre-train with the settings that win",
            )
        return experiment

    def networks(self, settings: Mapping[str, Any]) -> Networks:
        """The networks of a trial.

        Raises:
            GlasshouseError: They cannot be built of these settings, or do not fit the data.
        """
        experiment = self.decided(settings)
        data = preparing_settings(experiment, self.ground.raw.kind)
        device = choose_device(experiment.training.device)
        jobs, layers = [], None
        for fold in range(len(self.ground.folds)):
            preparation, prepared = self.ground.pair(fold, data)
            objective = build_objective(experiment.objective, prepared)
            outputs = objective.outputs(prepared)
            for seed in range(self.seeds):
                # A copy without checks: the seed is a number, and everything else was checked.
                own = experiment.model_copy(update={"seed": experiment.seed + seed})
                network = self._network(own, prepared.input_shape, outputs)
                if layers is None:
                    objective.refuse(network)
                    layers = self._ledger(experiment, network, prepared.train.inputs[:1])
                batches = make_batches(own, prepared.train, preparation, device)
                jobs.append(make_job(own, network, batches, prepared.validation, objective, layers))
        assert layers is not None
        trainable = sum(each.numel() for each in jobs[0].network.parameters() if each.requires_grad)
        widths = sum(_size(layer.output_shape) for layer in layers)
        return Networks(jobs, trainable, widths)

    def _network(self, experiment: Experiment, shape: tuple[int, ...], outputs: int) -> torch.nn.Module:
        """A network with its first weights. Those of all folds are the same, so they are built once, and so
        are those of all trials that have the same model.
        """
        key = f"{experiment.model.model_dump()} {shape} {outputs} {experiment.seed}"
        if key not in self._first:
            network = make_network(experiment.model, shape, outputs, experiment.seed).network
            if sum(each.numel() for each in network.parameters()) > MOST_KEPT:
                return network
            if len(self._first) >= KEPT:
                self._first.pop(next(iter(self._first)))
            self._first[key] = network
        return twin(self._first[key])

    def _ledger(self, experiment: Experiment, network: torch.nn.Module, sample: torch.Tensor) -> list[Layer]:
        key = f"{experiment.model.spec()} {tuple(sample.shape)}"
        if key not in self._ledgers:
            self._ledgers[key] = ledger(network, sample)
        return self._ledgers[key]

    def try_out(self, space: Space) -> int:
        """Build a network with every value of the space once, before hundreds are trained.

        Returns:
            The memory that the largest of them needs while it trains, in bytes.

        Raises:
            GlasshouseError: A value cannot be meant; the key is named.
        """
        start = {each.key: each.grid()[0] for each in space}
        largest = 0
        for dimension in space:
            values = dimension.values if isinstance(dimension, Choice) else (dimension.low, dimension.high)
            beside = {key: some[0] for key, some in dimension.only_with.items()}
            for value in values:
                point = space.counting({**start, **beside, dimension.key: value})
                try:
                    largest = max(largest, self._bytes(point))
                except GlasshouseError as error:
                    error.add_note(f"met while trying {dimension.key} = {value!r} of the space")
                    raise
        return largest

    def _bytes(self, settings: Mapping[str, Any]) -> int:
        """What one network of a point needs while it trains."""
        experiment = self.decided(settings)
        refuse_unbuildable(experiment)
        prepared = self.ground.prepared(0, preparing_settings(experiment, self.ground.raw.kind))
        objective = build_objective(experiment.objective, prepared)
        outputs = objective.outputs(prepared)
        network = make_network(experiment.model, prepared.input_shape, outputs, experiment.seed).network
        layers = self._ledger(experiment, network, prepared.train.inputs[:1])
        parameters = sum(each.numel() for each in network.parameters())
        size: Any = experiment.training.batch_size
        return bytes_needed(parameters, sum(_size(layer.output_shape) for layer in layers), size)


def for_trials(experiment: Experiment, ground: Ground) -> Experiment:
    """What trials have in common: no checkpoints, no probes, one number of epochs, and no early stopping that
    was not asked for, because the rows that judge a network should not also say when to stop.

    Raises:
        SettingError: The experiment leaves a number to be found while training.
    """
    if experiment.training.learning_rate == "find":
        raise SettingError(
            "training.learning_rate = 'find' in a sweep",
            expected="a number, auto, or a range in the space",
            fix='put "training.learning_rate" = {from = 1e-4, to = 1e-1, scale = "log"} into the space',
        )
    data = preparing_settings(experiment, ground.raw.kind)
    epochs = decide(experiment, **facts_of(ground.prepared(0, data))).training.epochs
    point: dict[str, Any] = {"training.epochs": epochs, "watch.probes": False}
    if experiment.training.early_stopping.patience == "auto":
        point["training.early_stopping.patience"] = "off"
    return Experiment.read(with_settings(experiment.model_dump(), point))


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size

"""From a point of the space to the networks that it stands for: one for each fold and seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from glasshouse.core.devices import choose_device
from glasshouse.core.errors import GlasshouseError, SettingError
from glasshouse.data.parts import Prepared
from glasshouse.data.preparation import Preparation
from glasshouse.experiment import Experiment, decide
from glasshouse.experiment.data_settings import fitting_settings
from glasshouse.experiment.decide import facts_of, objective_of, refuse_unbuildable
from glasshouse.experiment.make_job import make_batches, make_job
from glasshouse.experiment.make_network import make_network
from glasshouse.models import Layer, ledger, twin
from glasshouse.objectives import build_objective
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.search.cells import Aids, Cell, Networks
from glasshouse.search.dimension import Choice
from glasshouse.search.ground import Ground
from glasshouse.search.measure import Measure, measure_for
from glasshouse.search.memory import bytes_needed
from glasshouse.search.space import Space, with_settings
from glasshouse.training.population import reason_alone

KEPT = 32
"""Networks with their first weights that are kept to be copied."""
MOST_KEPT = 2**20
"""Parameters of a network that is kept, at most."""


@dataclass(frozen=True)
class Tried:
    """What came to light when every value of a space was tried.

    Args:
        bytes: Memory that the largest network needs while it trains.
        watched: What says of each objective which epoch is best.
        alone: Why networks are trained one after another; empty where those of several trials can be
            trained at once.
    """

    bytes: int
    watched: frozenset[str]
    alone: str


class Foundry:
    """Makes the networks of trials: same rows, same seeds, other settings.

    Args:
        experiment: What trials have in common.
        ground: The rows and their folds.
        seeds: How many networks for each fold.
        aids: Who pre-trains, and judges what is answered; ``None`` where neither is needed.
    """

    def __init__(self, experiment: Experiment, ground: Ground, seeds: int, aids: Aids | None = None) -> None:
        self.ground, self.seeds, self.aids = ground, seeds, aids
        self.experiment = for_trials(experiment, ground)
        self._document = self.experiment.model_dump()
        self._ledgers: dict[str, list[Layer]] = {}
        self._first: dict[str, torch.nn.Module] = {}

    def measure(self, tried: Tried) -> Measure:
        """What trials are compared by: the metric of the task, or what says which epoch is best.

        Args:
            tried: What came to light when the space was tried.
        """
        settings, steps = fitting_settings(self.experiment, self.ground.raw)
        prepared = self.ground.prepared(0, settings, steps)
        return measure_for(prepared.task, build_objective(self.experiment.objective, prepared), tried.watched)

    def read(self, settings: Mapping[str, Any]) -> Experiment:
        """The experiment of a trial, as it would be written down.

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
        name = objective_of(experiment)
        if name != objective_of(self.experiment):
            raise SettingError(
                f"model.name = {experiment.model.name!r} with the objective {name!r}",
                expected=f"models for one objective, here {objective_of(self.experiment)!r}: losses of "
                "different objectives cannot be compared",
                fix="make a sweep for each",
            )
        return experiment

    def decided(self, experiment: Experiment, fold: int = 0) -> tuple[Experiment, Prepared, Preparation]:
        """The experiment of a trial for a fold, with nothing left at "auto", and the fold's rows.

        What hangs on how many rows there are is the same for all folds: that of the largest. What hangs on
        the rows themselves, such as the size of a vocabulary, is the fold's own.
        """
        settings, steps = fitting_settings(experiment, self.ground.raw)
        preparation, prepared = self.ground.pair(fold, settings, steps)
        facts = {**facts_of(prepared), "rows": len(self.ground.folds[self.ground.largest].train)}
        return decide(experiment, **facts), prepared, preparation

    def networks(self, settings: Mapping[str, Any]) -> Networks:
        """The networks of a trial.

        Raises:
            GlasshouseError: They cannot be built of these settings, or do not fit the data.
        """
        experiment = self.read(settings)
        cells, widths, trainable = [], 0, 0
        for fold in range(len(self.ground.folds)):
            made, layers = self._fold(experiment, fold)
            cells += made
            widths = max(widths, sum(_size(layer.output_shape) for layer in layers))
            parameters = made[0].job.network.parameters()
            trainable = max(trainable, sum(each.numel() for each in parameters if each.requires_grad))
        return Networks(cells, trainable, widths)

    def _fold(self, experiment: Experiment, fold: int) -> tuple[list[Cell], list[Layer]]:
        """The networks of a trial that learn from a fold's rows, and their layers."""
        experiment, prepared, preparation = self.decided(experiment, fold)
        device = choose_device(experiment.training.device)
        objective = build_objective(experiment.objective, prepared)
        outputs = objective.outputs(prepared)
        cells: list[Cell] = []
        layers: list[Layer] = []
        for seed in range(self.seeds):
            # A copy without checks: the seed is a number, and everything else was checked.
            own = experiment.model_copy(update={"seed": experiment.seed + seed})
            network = self._network(own, prepared.input_shape, outputs)
            if seed and not objective.plain:  # it may carry something along while it learns
                objective = build_objective(experiment.objective, prepared)
            if not seed or not objective.plain:
                objective.refuse(network)
            layers = layers or self._ledger(experiment, network, prepared.train.inputs[:1])
            batches = make_batches(
                own,
                prepared.train,
                preparation,
                device,
                tokens=prepared.tokens > 0,
                streams=prepared.task == "language",
                task=prepared.task,
            )
            job = make_job(own, network, batches, prepared.validation, objective, layers)
            if job.stopping.patience is None:  # what counts is the last epoch, so no other's weights are kept
                job = replace(job, stopping=EarlyStopping(None, part="train"))
            cells.append(Cell(job, own, prepared))
        return cells, layers

    def begin(self, networks: Networks) -> None:
        """Do what comes before the training of a trial's networks: their layers one by one.

        Raises:
            NonFiniteError: The numbers of a layer overflowed.
            TrainingStoppedError: A signal asked to stop.
        """
        for cell in networks.cells:
            if cell.experiment.pretraining.active:
                assert self.aids is not None, "nobody is there to pre-train"
                self.aids.pretrain(cell)

    def judge(self, cell: Cell, name: str) -> float | None:
        """A measure of what a network answers to the rows that judge it."""
        assert self.aids is not None, "nobody is there to judge answers"
        return self.aids.judge(cell, name)

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

    def try_out(self, space: Space, networks: int | None = None) -> Tried:
        """Build a network with every value of the space once, before hundreds are trained.

        Args:
            space: What varies.
            networks: How many are to be trained in all.

        Raises:
            GlasshouseError: A value cannot be meant; the key is named.
        """
        start = {each.key: each.grid()[0] for each in space}
        largest, watched = 0, set[str]()
        alone = "" if len(space.keys) else self._alone({}, networks)
        for dimension in space:
            values = dimension.values if isinstance(dimension, Choice) else (dimension.low, dimension.high)
            beside = {key: some[0] for key, some in dimension.only_with.items()}
            for value in values:
                point = space.counting({**start, **beside, dimension.key: value})
                try:
                    needed, names = self._try(point)
                    largest, watched = max(largest, needed), watched | {names}
                    if not alone and (dimension.key == "model.name" or value == values[0]):
                        alone = self._alone(point, networks)
                except GlasshouseError as error:
                    error.add_note(f"met while trying {dimension.key} = {value!r} of the space")
                    raise
        return Tried(largest, frozenset(watched), alone)

    def _try(self, settings: Mapping[str, Any]) -> tuple[int, str]:
        """What one network of a point needs while it trains, and what its objective watches."""
        experiment, prepared, _ = self.decided(self.read(settings))
        refuse_unbuildable(experiment)
        objective = build_objective(experiment.objective, prepared)
        outputs = objective.outputs(prepared)
        network = make_network(experiment.model, prepared.input_shape, outputs, experiment.seed).network
        objective.refuse(network)
        if experiment.pretraining.active:
            assert self.aids is not None, "nobody is there to pre-train"
            self.aids.refuse(experiment, prepared, network)
        layers = self._ledger(experiment, network, prepared.train.inputs[:1])
        parameters = sum(each.numel() for each in network.parameters())
        size: Any = experiment.training.batch_size
        widths = sum(_size(layer.output_shape) for layer in layers)
        return bytes_needed(parameters, widths, size), objective.watched

    def _alone(self, settings: Mapping[str, Any], networks: int | None) -> str:
        """Why the networks of a point are trained one after another, or an empty text."""
        cells, _ = self._fold(self.read(settings), 0)
        return reason_alone(cells[0].job, networks)


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
    data, steps = fitting_settings(experiment, ground.raw)
    epochs = decide(experiment, **facts_of(ground.prepared(ground.largest, data, steps))).training.epochs
    point: dict[str, Any] = {"training.epochs": epochs, "watch.probes": False}
    if experiment.training.early_stopping.patience == "auto":
        point["training.early_stopping.patience"] = "off"
    return Experiment.read(with_settings(experiment.model_dump(), point))


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size

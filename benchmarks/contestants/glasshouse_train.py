"""Glasshouse as its users get it: an experiment, a run folder, records, checkpoints, probes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from measuring.cases import LEARNING_RATE, Score, Task, scored
from measuring.clock import EpochEnds

from glasshouse.core.devices import choose_device
from glasshouse.data.parts import Part, Prepared
from glasshouse.experiment import Experiment, decide
from glasshouse.experiment.make_job import make_batches, make_job
from glasshouse.experiment.run import new_run
from glasshouse.models import ledger
from glasshouse.objectives import build_objective
from glasshouse.training.loop import train as run_loop
from glasshouse.training.observers import Plan
from glasshouse.training.records import Records


class Watch:
    """An observer that notes when epochs end."""

    def __init__(self, ends: EpochEnds) -> None:
        self._ends = ends

    def started(self, plan: Plan) -> None:
        """Nothing to note yet."""

    def stepped(self, step: int, rows: int, loss: float | None) -> None:
        """Steps are not timed."""

    def epoch_ended(self, row: dict[str, Any], timing: dict[str, Any]) -> None:
        """Called when the epoch's records are written."""
        self._ends.note()

    def ended(self, reason: str) -> None:
        """Nothing more to note."""


def train(task: Task, ends: EpochEnds, watch: Mapping[str, Any] | None = None, engine: str = "auto") -> Score:
    """Train, and say how good the network is at the end.

    In the steps of ``glasshouse.project``. Optimizer, rate and schedule are those of everybody here; the rest
    is what ``glasshouse run`` does when nothing is said, but there is no validation part and no progress bar.

    Args:
        task: What is trained.
        ends: Told when an epoch is over.
        watch: The ``[watch]`` section.
        engine: ``training.engine``.
    """
    case, network = task.case, task.network()
    experiment = Experiment(
        name=case.name,
        seed=task.seed,
        data="memory",
        training={
            "epochs": task.epochs,
            "batch_size": case.batch_size,
            "optimizer": "adam",
            "learning_rate": LEARNING_RATE,
            "schedule": "constant",
            "threads": case.threads,
            "device": "cpu",
            "engine": engine,
        },
        watch=dict(watch or {}),
    )
    experiment = decide(experiment, rows=case.rows, input_shape=case.input_shape, task="classification")
    prepared = in_memory(task)
    batches = make_batches(experiment, prepared.train, None, choose_device("cpu"))
    layers = ledger(network, prepared.train.inputs[:1])
    objective = build_objective(experiment.objective, prepared)
    job = make_job(experiment, network, batches, None, objective, layers)
    run = new_run(task.folder, experiment.name)
    run_loop(job, Records(run.path), run.checkpoints(), [Watch(ends)])
    return scored(network, task)


def in_memory(task: Task) -> Prepared:
    """The rows as preparation hands them over: pictures in the channels-last format."""
    inputs = task.inputs
    if inputs.dim() == 4:
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    part = Part(inputs, task.targets, torch.arange(len(inputs)).numpy())
    names = tuple(str(number) for number in range(task.case.classes))
    return Prepared(part, None, None, "classification", task.case.input_shape, len(names), names, "class")

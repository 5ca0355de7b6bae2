"""From an estimator's parameters and rows to a job for training."""

from __future__ import annotations

import warnings
from typing import Any

from torch import nn

from glasshouse.core.devices import threads_for
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.estimators.convergence import Adaptive, Convergence, InverseScaling
from glasshouse.estimators.parameters import Parameters
from glasshouse.estimators.rows import make_batches
from glasshouse.estimators.task import Task
from glasshouse.objectives import Supervised
from glasshouse.training.batches import Batches
from glasshouse.training.job import Job


def batches_of(parameters: Parameters, task: Task, seed: int) -> Batches:
    """The rows of a task in batches, which are cut to as many rows as there are.

    Args:
        parameters: Rows per batch, and whether they are shuffled.
        task: The rows.
        seed: Decides their order.
    """
    size = parameters.batch(int(task.rows.shape[0]))
    if parameters.batch_size != "auto" and parameters.batch_size > size:
        warnings.warn(
            f"batch_size = {parameters.batch_size} is more than the {size} rows: all of them are one batch",
            stacklevel=6,
        )
    order = derive(seed, "order")
    return make_batches(task.rows, task.targets, task.weights, size, seed=order, shuffle=parameters.shuffle)


def job_of(parameters: Parameters, task: Task, watching: Part | None, network: nn.Module, seed: int) -> Job:
    """Everything that training is told.

    Args:
        parameters: Of the estimator.
        task: What is learnt from.
        watching: The rows that watch, or ``None``.
        network: In the type of the rows; it is trained in place.
        seed: Decides order and dropout.
    """
    batches, objective = batches_of(parameters, task, seed), Supervised(task.loss)
    adaptive = parameters.schedule == "adaptive"
    stopping = Convergence(
        parameters.patience,
        parameters.tolerance,
        "train" if watching is None else "validation",
        "loss" if watching is None else "r2" if objective.meaning == "values" else "accuracy",
        parameters.rate if adaptive else None,
    )
    schedule: Any = parameters.schedule
    if adaptive:
        schedule = Adaptive(lambda: stopping.factor)
    elif parameters.schedule == "invscaling":
        schedule = InverseScaling(parameters.power, batches.rows)
    rows = batches.rows / batches.steps
    counted = rows if task.weights is None else float(task.weights.sum()) / batches.steps
    weights = sum(each.numel() for each in network.parameters())
    return Job(
        network=network,
        batches=batches,
        objective=objective,
        optimizer=parameters.solver,
        learning_rate=parameters.rate,
        epochs=parameters.epochs,
        validation=watching,
        schedule=schedule,
        # scikit-learn divides the penalty by the rows of the batch, or by the sum of their weights.
        weight_decay=parameters.alpha / counted,
        stopping=stopping,
        threads=threads_for(int(3 * rows * weights)),
        seed=seed,
        train_metric=False,
        engine=parameters.engine,
    )

"""Choosing the engine of a run, and saying why."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from glasshouse.core.errors import SettingError
from glasshouse.core.optional import require
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.training.batches import InMemory
from glasshouse.training.dense.plan import Plan, read_plan
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.engine import EngineName
from glasshouse.training.flat import can_flatten
from glasshouse.training.fused import FusedPlan, read_bounds, read_fused_plan
from glasshouse.training.fused.optimizer import read_optimizer
from glasshouse.training.fused.worth import reason_against
from glasshouse.training.job import Job
from glasshouse.training.regularization import Regularization

DENSE = "every layer and the loss have rules"


@dataclass(frozen=True)
class Choice:
    """Which engine, and why.

    Args:
        name: ``"fused"``, ``"dense"`` or ``"autograd"``.
        why: In words, for the run's record.
        plan: The network's plan, for the dense engine.
        fused: Its plan for the fused loop.
    """

    name: EngineName
    why: str
    plan: Plan | None = None
    fused: FusedPlan | None = None


def choose_engine(job: Job) -> Choice:
    """The engine that a job asks for; ``"auto"`` takes the fastest that can train what is there.

    Args:
        job: What is to be trained.

    Raises:
        SettingError: ``engine = "dense"`` or ``"fused"``, and a piece of the job is not for it.
        MissingDependencyError: ``engine = "fused"``, and Numba is not installed.

    Example:
        >>> import numpy as np
        >>> from glasshouse.data.parts import Part
        >>> from glasshouse.losses import LOSSES
        >>> from glasshouse.objectives import Supervised
        >>> from glasshouse.training.batches import InMemoryBatches
        >>> part = Part(torch.zeros(4, 2), torch.zeros(4, 1), np.arange(4))
        >>> job = Job(network=nn.Linear(2, 1), batches=InMemoryBatches(part, batch_size=2), optimizer="sgd",
        ...           objective=Supervised(LOSSES.build("mse")), learning_rate=0.1, epochs=1)
        >>> choose_engine(job).name
        'dense'
    """
    if job.engine == "autograd":
        return Choice("autograd", "as asked for")
    if job.engine == "fused":
        require("numba", extra="fast", purpose="training.engine = 'fused'")
    try:
        plan = plan_for(job)
    except UnsupportedError as error:
        if job.engine != "auto":
            raise SettingError(
                f"training.engine = {job.engine!r} with {error.piece}: {error.reason}",
                expected="layers in a line that have rules (linear, activations, dropout, batch and layer "
                "norm), a loss of Glasshouse, data in memory, float32 on a CPU",
                fix="set training.engine to 'auto', which takes autograd here",
            ) from error
        return Choice("autograd", str(error))
    if job.engine == "dense":
        return Choice("dense", "as asked for", plan)
    try:
        fused = fused_plan_for(job, plan)
    except UnsupportedError as error:
        if job.engine == "fused":
            raise SettingError(
                f"training.engine = 'fused' with {error.piece}: {error.reason}",
                expected="a network, a loss and an optimizer that the fused loop has code for: see "
                "docs/decisions/0015-fused-loop.md",
                fix="set training.engine to 'auto', which takes the dense engine here",
            ) from error
        return Choice("dense", f"{DENSE} (not fused: {error})", plan)
    if job.engine == "fused":
        return Choice("fused", "as asked for", plan, fused)
    against = reason_against(job, fused)
    if against is not None:
        return Choice("dense", f"{DENSE} (not fused: {against})", plan)
    return Choice("fused", "every piece has compiled code, and the steps are small and many", plan, fused)


def plan_for(job: Job) -> Plan:
    """The plan of a job, tried on two rows.

    Raises:
        UnsupportedError: Something is not for the dense engine; it is named.
    """
    if job.device.type != "cpu" or not can_flatten(job.network, job.device):
        raise UnsupportedError(f"device {job.device.type}", "its buffers lie in the memory of the CPU")
    if job.precision.name != "float32":
        raise UnsupportedError(f"precision {job.precision.name}", "it computes in the type of the weights")
    if job.objective.phases:
        raise UnsupportedError(
            f"objective {type(job.objective).__name__.lower()}", "its steps have several phases"
        )
    if not isinstance(job.batches, InMemory):
        raise UnsupportedError(
            "a data set", "its rows are fetched one by one, which costs more than the step"
        )
    plan = read_plan(job.network, job.objective)
    shape, kind, soft = job.batches.form
    if job.objective.meaning == "reconstruction" and len(shape) > 1:
        raise UnsupportedError("pictures to be given back", "its losses compare rows of numbers")
    if kind != plan.dtype:
        raise UnsupportedError(f"inputs of type {kind}", f"the parameters are {plan.dtype}")
    plan.bind((2, *shape), soft, lambda parameter: parameter.detach(), job.batches.weighted)
    return plan


def fused_plan_for(job: Job, plan: Plan) -> FusedPlan:
    """The plan of a job for the fused loop.

    Args:
        job: What is to be trained.
        plan: The dense engine's.

    Raises:
        UnsupportedError: Something is not for it; it is named.
    """
    read_bounds(job, Regularization(job.regularizers, []))
    # A rate that is yet to be found is no number, and here only the optimizer's kind counts.
    rate = job.learning_rate if math.isfinite(job.learning_rate) else 1.0
    settings = {"learning_rate": rate, "weight_decay": job.weight_decay}
    read_optimizer(OPTIMIZERS.build(job.optimizer, [nn.Parameter(torch.zeros(1))], fixed=settings))
    return read_fused_plan(job, plan)

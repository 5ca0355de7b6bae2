"""What the fused loop sees of one network of many, and what such networks must have in common."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.objectives import Supervised
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.dense.plan import Plan, read_plan
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.flat import grouped, places
from glasshouse.training.fused import codes
from glasshouse.training.fused.engine import read_bounds
from glasshouse.training.fused.feeding import counting_of
from glasshouse.training.fused.optimizer import read_optimizer
from glasshouse.training.fused.plan import FusedPlan, check_targets, read_fused_plan
from glasshouse.training.fused.tables import Tables, judging, lay_out
from glasshouse.training.fused.worth import MOST_PARAMETERS, reason_against_size
from glasshouse.training.job import Job
from glasshouse.training.regularization import Regularization

MOST_BESIDE = 1_500_000
"""Parameters of a network above which others are no faster, where several cores have one each. A step of
256-1024-1024-10 takes the loop as long as it takes the dense engine, but that on one core at a time."""


@dataclass(frozen=True)
class Layout:
    """Where everything lies, the same for all networks of one shape.

    Args:
        tables: Of training.
        judging: Lines of the layers by which rows are judged; stride and place of their outputs.
        stretches: Where the groups of the flat buffer begin and end.
        sizes: Rows of every step.
        counting: How right answers are counted.
    """

    tables: Tables
    judging: tuple[NDArray[np.int64], int, int]
    stretches: NDArray[np.int64]
    sizes: NDArray[np.int64]
    counting: int

    @property
    def numbers(self) -> int:
        """Of the flat buffer."""
        return int(self.stretches[-1, 1])


@dataclass(frozen=True)
class Compiled:
    """One network, as the fused loop sees it.

    Args:
        plan: Its layers and its loss.
        layout: Where everything lies.
        parameters: All of them, and where each begins in the flat buffer.
        running: Its batch norms with running statistics, in the order of the tables.
        optimizer: Number of the optimizer; settings with bounds and penalties.
        factors: Of the groups: rate, decay, whether penalties pull.
        key: Equal for networks that may lie beside each other in the loop's buffers.
    """

    plan: FusedPlan
    layout: Layout
    parameters: tuple[tuple[nn.Parameter, int], ...]
    running: tuple[Any, ...]
    optimizer: tuple[int, NDArray[np.float64]]
    factors: NDArray[np.float64]
    key: Hashable

    engine = "fused"
    why = "one of {beside} networks trained beside each other, each by compiled code on a core of its own"


class Reader:
    """Reads jobs. What is alike for many networks is read once.

    Args:
        cores: On how many networks are trained at once.

    Example:
        >>> from glasshouse.data.parts import Part
        >>> from glasshouse.losses import LOSSES
        >>> part = Part(torch.zeros(4, 2), torch.zeros(4, 1), np.arange(4))
        >>> job = Job(network=nn.Linear(2, 1), batches=InMemoryBatches(part, batch_size=2), optimizer="sgd",
        ...           objective=Supervised(LOSSES.build("mse")), learning_rate=0.1, epochs=1)
        >>> reader = Reader()
        >>> reader.read(job).layout is reader.read(job).layout
        True
    """

    def __init__(self, cores: int = 1) -> None:
        self._most = MOST_BESIDE if cores > 1 else MOST_PARAMETERS
        self._layouts: dict[Hashable, Layout] = {}
        self._optimizers: dict[str, tuple[int, NDArray[np.float64]]] = {}
        self._bounds: dict[str, NDArray[np.float64]] = {}

    def read(self, job: Job) -> Compiled:
        """What the fused loop sees of a job's network.

        Args:
            job: What is to be trained.

        Raises:
            UnsupportedError: Something is not for it, or not beside others; it is named.
        """
        refuse_settings(job)
        refuse_data(job)
        whole = read_plan(job.network, job.objective)
        plan = read_fused_plan(job, whole)
        against = reason_against_size(job, plan, self._most)
        if against is not None:
            raise UnsupportedError("the network", against)
        counting = counting_of(job.objective.meaning, plan.loss)
        if counting == codes.COUNT_NOTHING and job.objective.meaning != "values":
            raise UnsupportedError("the loss", f"its outputs are {job.objective.meaning}")
        refuse_validation(job, plan)
        groups = grouped(job.network, job.weight_decay, job.layer_rates, bool(job.regularizers))
        where, ends = places(groups)
        parameters = tuple((each, where[id(each)]) for group in groups for each in group.members)
        factors = np.array(
            [[each.rate, job.weight_decay if each.decayed else 0.0, each.decayed] for each in groups]
        )
        code, settings = self._optimizer(job)
        batches: Any = job.batches
        sizes = tuple(step[0] for step in batches.sizes)
        watched = None if job.validation is None else len(job.validation)
        key = (
            tuple((*_form(layer.module), layer.kind, layer.width_in, layer.width) for layer in plan.layers),
            *(tuple(where[id(each)] for each in parameters_of(plan)), tuple(ends), batches.form[0]),
            *(plan.dtype, plan.loss, plan.class_weights is None, counting),
            *(sizes, watched, code, job.train_metric),
        )
        if key not in self._layouts:
            refuse_form(whole, job)
            tables = lay_out(plan, max(sizes), lambda each: where[id(each)])
            stretches = np.array([ends[:-1], ends[1:]], dtype=np.int64).T.copy()
            self._layouts[key] = Layout(
                tables, judging(tables), stretches, np.array(sizes, dtype=np.int64), counting
            )
        running = tuple(
            layer.module
            for layer in plan.layers
            if layer.kind == codes.BATCH_NORM and layer.module.running_mean is not None
        )
        return Compiled(
            plan, self._layouts[key], parameters, running, (code, settings), factors, (key, job.threads)
        )

    def _optimizer(self, job: Job) -> tuple[int, NDArray[np.float64]]:
        """Number and settings of the optimizer, with bounds of the gradient and penalties."""
        name = f"{job.optimizer} {job.learning_rate} {job.weight_decay}"
        if name not in self._optimizers:
            fixed = {"learning_rate": job.learning_rate, "weight_decay": job.weight_decay}
            built = OPTIMIZERS.build(job.optimizer, [nn.Parameter(torch.zeros(1))], fixed=fixed)
            if built.param_groups[0].get("initial_accumulator_value"):
                raise UnsupportedError(f"optimizer {type(built).__name__}", "its memory does not begin empty")
            self._optimizers[name] = read_optimizer(built)
        bounds = f"{job.regularizers} {job.clip_norm} {job.clip_value} {job.clip_adaptive}"
        if bounds not in self._bounds:
            self._bounds[bounds] = read_bounds(job, Regularization(job.regularizers, []))
        code, settings = self._optimizers[name]
        return code, settings + self._bounds[bounds]


def parameters_of(plan: FusedPlan) -> list[nn.Parameter]:
    """The parameters in the order of the layers."""
    return [each for layer in plan.layers for each in layer.module._parameters.values() if each is not None]


def _form(module: Any) -> tuple[Any, ...]:
    weight = getattr(module, "weight", None)
    shape = None if weight is None else tuple(weight.shape)
    return shape, *(getattr(module, name, None) is not None for name in ("bias", "running_mean"))


def refuse_settings(job: Job) -> None:
    """Refuse what a job asks for and networks side by side cannot have."""
    if job.engine not in ("auto", "fused"):
        raise UnsupportedError("training.engine", f"{job.engine!r} was asked for")
    if job.device.type != "cpu":
        raise UnsupportedError(f"device {job.device.type}", "the loop works in the memory of the CPU")
    if job.precision.name != "float32":
        raise UnsupportedError(f"precision {job.precision.name}", "it computes in the type of the weights")
    if job.probe_every:
        raise UnsupportedError("probes", "they look at one network at a time")
    if type(job.objective) is not Supervised:
        raise UnsupportedError(f"objective {type(job.objective).__name__.lower()}", "it is not supervised")


def refuse_data(job: Job) -> None:
    """Refuse rows that are not plain numbers in memory, all of the same weight."""
    batches = job.batches
    if not isinstance(batches, InMemoryBatches):
        raise UnsupportedError("the data", "its batches are not plain rows in memory")
    if job.validation is not None and job.validation.weights is not None:
        raise UnsupportedError("rows with weights", "the fused loop has no code for them")


def refuse_validation(job: Job, plan: FusedPlan) -> None:
    """Refuse rows that judge and that the loop could not look up; it would not notice itself."""
    part = job.validation
    if part is None:
        return
    if part.inputs.dtype != plan.dtype or part.inputs[:1].numel() != plan.layers[0].width_in:
        raise UnsupportedError("the validation part", "its rows are not like those that are learnt")
    if part.targets.is_floating_point() != (plan.loss != codes.CLASS_INDICES) and (
        plan.loss != codes.YES_OR_NO
    ):
        raise UnsupportedError("the validation part", "its targets are not like those that are learnt")
    check_targets(plan.loss, part.targets, plan.layers[-1].width)
    for layer in plan.layers:
        if layer.kind == codes.BATCH_NORM and layer.module.running_mean is None:
            raise UnsupportedError("batch norm without running statistics", "the rows that judge have none")


def refuse_form(plan: Plan, job: Job) -> None:
    """Refuse a network whose layers do not take what reaches them, tried on two rows."""
    assert isinstance(job.batches, InMemoryBatches), "refuse_data refuses all others"
    shape, kind, soft = job.batches.form
    if kind != plan.dtype:
        raise UnsupportedError(f"inputs of type {kind}", f"the parameters are {plan.dtype}")
    plan.bind((2, *shape), soft, lambda parameter: parameter.detach())

"""The fused loop at work in a run: many steps in one call, where nothing else is to be done between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.probes import Probes
from glasshouse.probes.scalars import SAMPLE, Activations
from glasshouse.regularizers.elastic_net import ElasticNet
from glasshouse.regularizers.l1 import L1
from glasshouse.regularizers.l2 import L2
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.flat import FlatParameters
from glasshouse.training.fused import codes
from glasshouse.training.fused.feeding import class_weights_of, kind_of, nobody_judges, rows_of, show_targets
from glasshouse.training.fused.loading import loop, note_compiled
from glasshouse.training.fused.masks import draw, room
from glasshouse.training.fused.optimizer import Memories, read_optimizer
from glasshouse.training.fused.plan import FusedPlan
from glasshouse.training.fused.tables import Tables, aligned, group_tables, lay_out, part_table
from glasshouse.training.fused.threads import Team, usable
from glasshouse.training.job import Job
from glasshouse.training.regularization import Regularization

MOST_MASKS = 2**20
"""Random numbers of dropout that are drawn beforehand, at most, but for those of a single step."""
MOST_WORK = 2**31
"""Multiply-accumulates in one call, at most: some tenths of a second in which nothing else is seen to."""


ONLY = np.zeros(1, dtype=np.int64)
"""The one network of a run, for a loop that can take several."""


class Chunk(NamedTuple):
    """What came of some steps.

    Attributes:
        losses, weights: Of every step, and what it counts in the epoch's mean.
        outputs: Of all rows that were shown.
        done: Steps that were done; fewer than asked for where a loss is not finite, which then is the last.
    """

    losses: list[float]
    weights: list[float]
    outputs: torch.Tensor
    done: int


def read_bounds(job: Job, regularization: Regularization) -> NDArray[np.float64]:
    """Bounds of the gradient and strengths of the penalties, in their columns of an optimizer's settings.

    Raises:
        UnsupportedError: The loop does not know one of them.
    """
    settings = np.zeros(codes.SETTINGS)
    if job.clip_adaptive is not None:
        raise UnsupportedError("training.clip_adaptive", "the fused loop has no code for it")
    others = regularization.constraints + regularization.input_noises + regularization.weight_noises
    for other in others:
        raise UnsupportedError(f"regularizer {type(other).__name__}", "the fused loop has no code for it")
    settings[codes.CLIP_VALUE], settings[codes.CLIP_NORM] = job.clip_value or 0.0, job.clip_norm or 0.0
    for penalty in regularization.penalties:
        if isinstance(penalty, L1):
            settings[codes.L1] += penalty.strength
        elif isinstance(penalty, L2):
            settings[codes.L2] += penalty.strength
        elif isinstance(penalty, ElasticNet):
            settings[codes.L1] += penalty.strength * penalty.l1_share
            settings[codes.L2] += penalty.strength * (1 - penalty.l1_share)
        else:
            raise UnsupportedError(
                f"regularizer {type(penalty).__name__}", "the fused loop has no code for it"
            )
    return settings


class FusedLoop:
    """Steps of one run by the compiled loop.

    Args:
        plan: The network's and the loss's.
        job: What is trained; its data lie in memory.
        flat: The parameters' buffers, installed before the first step.
        optimizer: Whose state is used and kept.
        bounds: Of the gradient, and penalties: :func:`read_bounds`.
    """

    def __init__(
        self,
        plan: FusedPlan,
        job: Job,
        flat: FlatParameters,
        optimizer: torch.optim.Optimizer,
        bounds: NDArray[np.float64],
    ) -> None:
        assert isinstance(job.batches, InMemoryBatches)
        self.plan = plan
        self._batches: InMemoryBatches = job.batches
        self._loss = getattr(job.objective, "loss", None)
        self._flat = flat
        self._optimizer = optimizer
        self._team = Team(loop(), usable(job.threads))
        self._code, settings = read_optimizer(optimizer)
        self._settings = settings + bounds
        self._sizes = np.array([size for step in job.batches.sizes for size in step], dtype=np.int64)
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)[:-1]])
        self._memories: Memories | None = None
        self._epoch = -1
        self._called = False
        self._looked: tuple[Any, ...] | None = None

    @property
    def bound(self) -> bool:
        """Whether the optimizer's memories have been moved to where the loop finds them."""
        return self._memories is not None

    def bind(self) -> None:
        """Make tables and buffers, when the parameters are installed."""
        flat, plan = self._flat, self.plan
        leaves = [leaf for group in flat.groups for leaf in group.leaves]
        decays = [group["weight_decay"] for group in self._optimizer.param_groups]
        self._memories = Memories(self._optimizer, leaves, self._code)
        rows = int(self._sizes.max())
        self._tables: Tables = lay_out(plan, rows)
        kind = kind_of(plan)
        self._nothing = np.zeros(0, dtype=kind)
        tables = self._tables
        stretches, factors = group_tables(flat.groups, decays)
        self._groups = stretches, factors[None]
        self._network = (
            tables.layers[None], tables.numbers[None], tables.shapes, plan.loss, np.array([plan.setting]),
            codes.COUNT_NOTHING,
        )  # fmt: skip
        self._masks_per_step = room(tables.masks, rows)
        self._running = np.zeros(2 * sum(each.num_features for each in tables.running), dtype=kind)
        memories = [each.numpy()[None] for each in self._memories.buffers]
        first, second, *_ = [*memories, self._nothing[None], self._nothing[None]]
        # Optimizers with one memory or none never touch the others, but a stretch of them is cut out.
        work = aligned(tables.space, kind=kind)
        self._memory = (
            flat.weights.numpy()[None], flat.gradients.numpy(), first, second, work, self._running[None],
        )  # fmt: skip
        inputs, targets, _ = self._batches.whole
        self._data = *rows_of(inputs, targets, plan), class_weights_of(plan)[None]
        self._validation = nobody_judges(plan)
        self._unlooked = self._look_of(np.zeros((0, 2), dtype=np.int64), False)

    def _look_of(self, parts: NDArray[np.int64], looking: bool) -> tuple[Any, ...]:
        found, lengths = np.zeros((len(self._tables.seen), 5)), np.zeros((3, len(parts)))
        before = np.empty_like(self._memory[0][0]) if looking else self._nothing
        return looking, self._tables.seen, parts, SAMPLE, found, lengths, before

    def show_targets(self) -> None:
        """Let the loss look at its first targets beside outputs of zeros, and say what is wrong with them."""
        show_targets(self._loss, self._batches, self.plan)

    def most_steps(self, first: int) -> int:
        """How many steps one call should take at most, from step ``first`` of an epoch on."""
        work = max(1, self.plan.work * int(self._sizes[first]))
        most = max(1, MOST_WORK // work)
        if self._masks_per_step:
            most = min(most, max(1, MOST_MASKS // self._masks_per_step))
        return most

    def advance(
        self, epoch: int, first: int, rates: Sequence[float], probes: Probes | None = None, step: int = 0
    ) -> Chunk:
        """Take some steps.

        Args:
            epoch: Number of the epoch, from 0.
            first: Step of the epoch to begin with.
            rates: Learning rate of every step.
            probes: Told of the last step, where somebody looks.
            step: Number of that step in the run.
        """
        assert self._memories is not None
        if epoch != self._epoch:
            self._order, self._epoch = self._batches.order(epoch).numpy(), epoch
        count = len(rates)
        own = slice(first, first + count)
        starts, sizes = self._starts[own], self._sizes[own]
        masks = self._drawn(sizes) if self._masks_per_step else self._nothing
        losses, weights = np.empty((1, count)), np.empty((1, count))
        outputs = torch.empty(int(sizes.sum()), self.plan.layers[-1].width, dtype=self.plan.dtype)
        self._settings[codes.PRODUCT] = self._memories.product
        optimizer = (
            self._code,
            *self._groups,
            self._settings[None],
            np.array([rates], dtype=np.float64),
            self._memories.steps + 1,
        )
        look = self._unlooked if probes is None else self._looking(probes)
        if self._tables.running:
            self._running_in()
        chunk = self._order[None], starts, sizes, masks[None], self._masks_per_step
        whole = np.zeros(1, dtype=np.int64)
        found = (
            whole, losses, weights, outputs.numpy().reshape(1, -1), np.zeros(1, dtype=np.int64),
            np.zeros((1, 2)), self._nothing[None],
        )  # fmt: skip
        self._team.run(
            ONLY, self._network, self._data, self._validation, optimizer, self._memory, chunk, found, look
        )
        done = int(whole[0])
        if not self._called:
            self._called = True
            note_compiled(self.plan.dtype)
        self._memories.went_on(done, float(self._settings[codes.PRODUCT]))
        shown = min(done + 1, count)
        if self._tables.running:
            self._running_out(shown)
        if probes is not None and done == count:
            self._note(probes, step, look)
        rows = int(sizes[:shown].sum())
        return Chunk(losses[0, :shown].tolist(), weights[0, :shown].tolist(), outputs[:rows], done)

    def rows(self, first: int, count: int) -> list[int]:
        """How many rows some steps of an epoch show."""
        sizes: list[int] = self._sizes[first : first + count].tolist()
        return sizes

    def targets(self, first: int, count: int) -> torch.Tensor:
        """The targets of some steps of the epoch at hand, in the order in which they were shown."""
        return self._batches.whole.targets[self._rows(first, count)]

    def inputs(self, first: int) -> torch.Tensor:
        """The inputs of a step of the epoch at hand."""
        return self._batches.whole.inputs[self._rows(first, 1)]

    def _rows(self, first: int, count: int) -> torch.Tensor:
        start = int(self._starts[first])
        stop = int(self._starts[first + count - 1] + self._sizes[first + count - 1])
        return torch.from_numpy(self._order[start:stop])

    def _drawn(self, sizes: NDArray[np.int64]) -> NDArray[Any]:
        masks = torch.empty(len(sizes), self._masks_per_step, dtype=self.plan.dtype)
        draw(masks, sizes.tolist(), self._tables.masks)
        return masks.numpy().reshape(-1)

    def _running_in(self) -> None:
        at = 0
        for module in self._tables.running:
            for buffer in (module.running_mean, module.running_var):
                self._running[at : at + len(buffer)] = buffer.numpy()
                at += len(buffer)

    def _running_out(self, steps: int) -> None:
        at = 0
        for module in self._tables.running:
            for buffer in (module.running_mean, module.running_var):
                buffer.numpy()[:] = self._running[at : at + len(buffer)]
                at += len(buffer)
            module.num_batches_tracked += steps

    def _looking(self, probes: Probes) -> tuple[Any, ...]:
        if self._looked is None:
            self._looked = self._look_of(part_table(probes.parameters), True)
        return self._looked

    def _note(self, probes: Probes, step: int, look: tuple[Any, ...]) -> None:
        """Hand on what was found to the probes."""
        _, _, _, _, found, lengths, _ = look
        seen = {
            name: Activations(int(rows), scalars)
            for name, (rows, *scalars) in zip(self._tables.names, found.tolist(), strict=True)
        }
        probes.note(step, seen, *lengths.tolist())

"""The buffers of a crew: what the fused loop takes and gives, with a line for every network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.fused import codes
from glasshouse.training.fused.engine import MOST_MASKS, MOST_WORK
from glasshouse.training.fused.feeding import (
    class_weights_of,
    kind_of,
    nobody_judges,
    rows_of,
    show_targets,
)
from glasshouse.training.fused.loading import loop, note_compiled
from glasshouse.training.fused.masks import draw, room
from glasshouse.training.fused.tables import aligned, settle
from glasshouse.training.fused.threads import alone
from glasshouse.training.job import Job
from glasshouse.training.population.compiled import Compiled
from glasshouse.training.population.crew_weights import CrewWeights
from glasshouse.training.population.laid_out import laid_out

Numbers = NDArray[Any]
NOT_LOOKING = 0


class Call(NamedTuple):
    """What one call of the compiled loop does: some steps of an epoch, of some networks."""

    members: list[int]
    first: int
    steps: int
    last: bool


class Buffers:
    """All numbers of a crew.

    Args:
        jobs: What its networks were told.
        structures: What the loop sees of them, with equal keys.

    Attributes:
        held: Weights and whatever else goes on from epoch to epoch.
        done, losses, weights, right, judged: What came of an epoch, by network: whole steps; loss of every
            step and what it counts; right answers; loss and right answers of the rows that judge.
    """

    def __init__(self, jobs: Sequence[Job], structures: Sequence[Compiled]) -> None:
        self._jobs, self._structures = jobs, structures
        first = structures[0]
        self.layout, self._plan = first.layout, first.plan
        self._batches: list[InMemoryBatches] = [each.batches for each in jobs]  # type: ignore[misc]  # compiled.py saw to it
        members, tables = len(jobs), self.layout.tables
        self._kind = kind_of(self._plan)
        self._sizes, self.steps = self.layout.sizes, len(self.layout.sizes)
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)[:-1]])
        self.rows = int(self._sizes.sum())
        self._run = loop()
        self._called = False
        self.held = CrewWeights(structures, [bool(each.regularizers) for each in jobs])
        self._zero(members)
        self._network(structures)
        self._generators: list[torch.Generator] = []
        self._rows(jobs)
        self._masks_per_step = room(tables.masks, int(self._sizes.max()))
        chances = [
            [each.module.p for each in one.plan.layers if each.kind == codes.DROPOUT] for one in structures
        ]
        widths = [width for _, width in tables.masks]
        self._masks = [list(zip(own, widths, strict=True)) for own in chances]
        # Class indices have been looked at, each of them, by who read the plan.
        for job in jobs if self._plan.loss != codes.CLASS_INDICES else ():
            show_targets(job.objective.loss, job.batches, self._plan)  # type: ignore[attr-defined,arg-type]  # likewise

    def _zero(self, members: int) -> None:
        """Room for what is computed and for what is found."""
        kind, numbers = self._kind, self.layout.numbers
        tables, shown = self.layout.tables, self._jobs[0].validation
        self._gradients, self._work = aligned(numbers, kind=kind), aligned(tables.space, kind=kind)
        self.done = np.zeros(members, dtype=np.int64)
        self.losses, self.weights = np.zeros((members, self.steps)), np.zeros((members, self.steps))
        self.right, self.judged = np.zeros(members, dtype=np.int64), np.zeros((members, 2))
        self.judging_rows = 0 if shown is None else len(shown)
        kept = self.layout.counting == codes.COUNT_NOTHING
        width = self._plan.layers[-1].width
        self._outputs = np.zeros((members if kept else 1, self.rows * width if kept else 0), dtype=kind)
        judged = self.judging_rows * width if kept else 0
        self._judged_outputs = np.zeros((members if kept else 1, judged), dtype=kind)

    def _network(self, structures: Sequence[Compiled]) -> None:
        """The tables, each network with settings of its own."""
        layout, plan = self.layout, self._plan
        members, tables = len(structures), layout.tables
        lines, numbers = np.array([tables.layers] * members), np.array([tables.numbers] * members)
        for own, settings, each in zip(lines, numbers, structures, strict=True):
            for line, setting, layer in zip(own, settings, each.plan.layers, strict=True):
                settle(line, setting, layer)
        loss_settings = np.array([each.plan.setting for each in structures])
        self._tables = lines, numbers, tables.shapes, plan.loss, loss_settings, layout.counting
        self._class_weights = np.array([class_weights_of(each.plan) for each in structures])
        nothing = np.zeros(0, dtype=self._kind)
        none = np.zeros((0, 5)), np.zeros((3, 0)), nothing
        self._look = False, tables.seen[:0], np.zeros((0, 2), dtype=np.int64), NOT_LOOKING, *none

    def _rows(self, jobs: Sequence[Job]) -> None:
        """The rows that are learnt and those that judge."""
        plan, layout = self._plan, self.layout
        inputs, targets, self._begins = laid_out([each.whole[:2] for each in self._batches])
        self._data = *rows_of(inputs, targets, plan), self._class_weights
        self._targets = targets
        self._order = np.zeros((len(jobs), self.rows), dtype=np.int64)
        self._arranged: dict[Any, list[int]] = {}
        for place, (batches, begin) in enumerate(zip(self._batches, self._begins, strict=True)):
            self._arranged.setdefault((batches.arrangement, begin), []).append(place)
        self._validation = self._unjudged = nobody_judges(plan, len(jobs))
        parts = [each.validation for each in jobs if each.validation is not None]
        if not parts:
            return
        inputs, self._judging_targets, begins = laid_out([(each.inputs, each.targets) for each in parts])
        lines, stride, at = layout.judging
        trained = [each.kind != codes.DROPOUT for each in plan.layers]
        judging = np.array([lines] * len(jobs))
        judging[:, :, codes.EXTRA] = self._tables[0][:, trained, codes.EXTRA]
        numbers = np.ascontiguousarray(self._tables[1][:, trained])
        order = np.arange(self.judging_rows) + np.array(begins)[:, None]
        most = int(self._sizes.max())
        starts = np.arange(0, self.judging_rows, most)
        counts = np.minimum(most, self.judging_rows - starts)
        rows = rows_of(inputs, self._judging_targets, plan)
        self._judging_order = order
        self._validation = judging, numbers, stride, at, *rows, order, starts, counts

    @property
    def work(self) -> int:
        """Multiply-accumulates of an epoch of one network."""
        return self._plan.work * self.rows

    def begin(self, epoch: int, going: Sequence[int], generators: Sequence[torch.Generator]) -> None:
        """Lay out the order of the rows of an epoch."""
        self._drawing = dict(zip(going, generators, strict=True))
        known: dict[Any, Numbers] = {}
        for (arrangement, begin), places in self._arranged.items():
            if arrangement not in known:
                known[arrangement] = self._batches[places[0]].order(epoch).numpy()
            self._order[places] = known[arrangement] + begin

    def calls(self, going: Sequence[int]) -> Iterator[Call]:
        """Calls of the loop for an epoch: one, unless it would take long or need many masks."""
        by_step = max(1, self._plan.work * int(self._sizes.max()))
        steps = max(1, min(self.steps, MOST_WORK // by_step))
        if self._masks_per_step:
            steps = max(1, min(steps, MOST_MASKS // self._masks_per_step))
        many = max(1, MOST_WORK // (by_step * steps)) if steps == self.steps else 1
        if self._masks_per_step:
            many = max(1, min(many, MOST_MASKS // (self._masks_per_step * steps)))
        for begin in range(0, len(going), many):
            for first in range(0, self.steps, steps):
                count = min(steps, self.steps - first)
                yield Call(list(going[begin : begin + many]), first, count, first + count == self.steps)

    def run(self, call: Call, rates: dict[int, list[float]], step: int) -> None:
        """Take some steps.

        Args:
            call: Which, and of whom.
            rates: Learning rates of all steps of the epoch, by network.
            step: Steps of the run before this epoch.
        """
        own = slice(call.first, call.first + call.steps)
        which = [place for place in call.members if call.first == 0 or self.done[place] == call.first]
        members = len(self._jobs)
        masks = np.zeros((members, 0), dtype=self._kind)
        if self._masks_per_step:
            masks = self._drawn(which, own)
        table = np.zeros((members, call.steps))
        for place in which:
            table[place] = rates[place][own]
        whole, losses, weights = self.done, self.losses, self.weights
        right, judged = np.zeros(members, dtype=np.int64), self.judged
        outputs, part = self._outputs, call.steps < self.steps
        if part:
            whole = np.zeros(members, dtype=np.int64)
            losses, weights = np.zeros((members, call.steps)), np.zeros((members, call.steps))
            outputs = self._outputs_of(own)
        chunk = self._order, self._starts[own], self._sizes[own], masks, self._masks_per_step
        found = whole, losses, weights, outputs, right, judged, self._judged_outputs
        held = self.held
        code, stretches = self._structures[0].optimizer[0], self.layout.stretches
        optimizer = code, stretches, self.held.factors, self.held.settings, table, step + call.first + 1
        memory = held.weights, self._gradients, held.first, held.second, self._work, held.running
        validation = self._validation if call.last else self._unjudged
        self._run(
            np.array(which, dtype=np.int64), self._tables, self._data, validation, optimizer, memory, chunk,
            found, self._look, alone(),
        )  # fmt: skip
        if not self._called:
            self._called = True
            note_compiled(self._plan.dtype)
        if call.first == 0:
            self.right[which] = 0
        self.right[which] += right[which]
        if part:
            self.losses[which, own], self.weights[which, own] = losses[which], weights[which]
            self.done[which] = call.first + whole[which]
            self._note_outputs(which, own, outputs)

    def _drawn(self, which: Sequence[int], steps: slice) -> Numbers:
        """The masks of some steps, those that each network would draw alone."""
        sizes = self._sizes[steps].tolist()
        masks = torch.empty(len(self._jobs), len(sizes), self._masks_per_step, dtype=self._plan.dtype)
        for place in which:
            draw(masks[place], sizes, self._masks[place], self._drawing[place])
        return masks.numpy().reshape(len(self._jobs), -1)

    def _span(self, steps: slice) -> slice:
        width = self._plan.layers[-1].width
        first = int(self._starts[steps][0]) * width
        return slice(first, first + int(self._sizes[steps].sum()) * width)

    def _outputs_of(self, steps: slice) -> Numbers:
        return (
            np.ascontiguousarray(self._outputs[:, self._span(steps)]) if self._outputs.size else self._outputs
        )

    def _note_outputs(self, which: Sequence[int], steps: slice, outputs: Numbers) -> None:
        if self._outputs.size:
            self._outputs[which, self._span(steps)] = outputs[which]

    def answers_counted(self, rows: int) -> int:
        """Of how many answers some are right."""
        return rows * (self._plan.layers[-1].width if self.layout.counting == codes.COUNT_YES_OR_NO else 1)

    def answers(self, going: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """What some networks answered in an epoch, and their targets."""
        return self._pairs(going, self._outputs, self._targets, self._order)

    def judging_answers(self, going: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """The same of the rows that judge."""
        return self._pairs(going, self._judged_outputs, self._judging_targets, self._judging_order)

    def _pairs(
        self, going: Sequence[int], outputs: Numbers, targets: torch.Tensor, order: Numbers
    ) -> tuple[torch.Tensor, torch.Tensor]:
        rows = torch.from_numpy(order[list(going)])
        given = torch.from_numpy(outputs[list(going)]).view(*rows.shape, -1)
        return given, targets[rows].view_as(given)

    def inputs_of(self, place: int, step: int) -> torch.Tensor:
        """The inputs of one step of the epoch at hand."""
        start = int(self._starts[step])
        rows = self._order[place, start : start + int(self._sizes[step])] - self._begins[place]
        return self._batches[place].whole.inputs[torch.from_numpy(rows)]

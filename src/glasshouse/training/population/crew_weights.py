"""What the networks of a crew hold from epoch to epoch: weights, memories, running statistics, the best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.training.fused import codes
from glasshouse.training.fused.feeding import kind_of
from glasshouse.training.fused.optimizer import MEMORIES
from glasshouse.training.fused.tables import VECTOR, aligned
from glasshouse.training.population.compiled import Compiled

Numbers = NDArray[Any]


class CrewWeights:
    """Numbers with a line for every network.

    Args:
        structures: What the loop sees of the networks, with equal keys.
        penalised: Which of them have penalties, whose sum is recorded.

    Attributes:
        weights, first, second, running: Parameters, the optimizer's two memories, running statistics.
        settings, factors: The optimizer's, with bounds and penalties; and those of the groups.
    """

    def __init__(self, structures: Sequence[Compiled], penalised: Sequence[bool]) -> None:
        self._structures, self._penalised = structures, penalised
        layout, code = structures[0].layout, structures[0].optimizer[0]
        members, kind = len(structures), kind_of(structures[0].plan)
        self._stretches = layout.stretches
        self._numbers = layout.numbers
        line = -(-layout.numbers // VECTOR) * VECTOR
        self.weights = aligned(members, line, kind=kind)
        memories = [aligned(members, line, kind=kind) for _ in MEMORIES[code]]
        nothing = aligned(members, 0, kind=kind)
        self.first, self.second, *_ = [*memories, nothing, nothing]
        features = sum(each.num_features for each in layout.tables.running)
        self.running = np.zeros((members, 2 * features), dtype=kind)
        self._best, self._best_running = np.zeros_like(self.weights), np.zeros_like(self.running)
        self._best_step, self._tracked = [0] * members, [0] * members
        self.settings = np.array([each.optimizer[1] for each in structures])
        self.settings[:, codes.PRODUCT] = 1.0
        self.factors = np.array([each.factors for each in structures])

    def seat(self, place: int, weights: Any, best: Any, slots: dict[str, torch.Tensor], steps: int) -> None:
        """Take the numbers of a network: those that it brings, or those that it begins with."""
        structure = self._structures[place]
        if weights is None:
            for parameter, at in structure.parameters:
                self.weights[place, at : at + parameter.numel()] = parameter.detach().numpy().reshape(-1)
            at = 0
            for module in structure.running:
                for buffer in (module.running_mean, module.running_var):
                    self.running[place, at : at + len(buffer)] = buffer.numpy()
                    at += len(buffer)
        else:
            self.weights[place, : self._numbers] = weights.numpy()
            for name, own in self._slots(place).items():
                own[:] = slots[name].numpy()
            self._best_step[place] = int(slots["best_step"])
        if best is not None:
            self._best[place, : self._numbers] = best.numpy()
        for module in structure.running:
            self._tracked[place] = int(module.num_batches_tracked) - steps

    def _slots(self, place: int) -> dict[str, Numbers]:
        return {
            "first": self.first[place, : self._numbers],
            "second": self.second[place, : self._numbers],
            "running": self.running[place],
            "best_running": self._best_running[place],
            "product": self.settings[place, codes.PRODUCT : codes.PRODUCT + 1],
        }

    def numbers_of(self, place: int) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        """Weights, weights of the best epoch, and all else with which a network goes on."""
        slots = {name: torch.from_numpy(own.copy()) for name, own in self._slots(place).items()}
        slots["best_step"] = torch.tensor(self._best_step[place])
        own = slice(self._numbers)
        weights, best = self.weights[place, own].copy(), self._best[place, own].copy()
        return torch.from_numpy(weights), torch.from_numpy(best), slots

    def penalties(self, going: Sequence[int]) -> dict[int, float]:
        """The sum of all penalties of those that have some, at their weights as they are."""
        found = {}
        for place in going:
            if self._penalised[place]:
                size = square = 0.0
                pulled = self.factors[place, :, codes.GROUP_PENALISED] != 0
                for start, stop in self._stretches[pulled]:
                    own = self.weights[place, start:stop]
                    size += float(np.abs(own).sum(dtype=np.float64))
                    square += float(np.dot(own, own))
                settings = self.settings[place]
                found[place] = float(settings[codes.L1]) * size + float(settings[codes.L2]) / 2 * square
        return found

    def keep_best(self, place: int, steps: int) -> None:
        """Keep the present weights of a network as those of its best epoch."""
        self._best[place], self._best_running[place] = self.weights[place], self.running[place]
        self._best_step[place] = steps

    def take_best(self, place: int) -> int:
        """Go back to the weights of the best epoch; how many steps they had taken."""
        self.weights[place], self.running[place] = self._best[place], self._best_running[place]
        return self._best_step[place]

    def best_state(self, place: int, network: nn.Module) -> dict[str, torch.Tensor]:
        """The state of a network at its best epoch."""
        self._put(place, self._best, self._best_running, self._best_step[place])
        return {name: each.clone() for name, each in network.state_dict().items()}

    def write(self, place: int, steps: int) -> None:
        """Give a network its present weights, after so many steps."""
        self._put(place, self.weights, self.running, steps)

    def _put(self, place: int, weights: Numbers, running: Numbers, steps: int) -> None:
        structure = self._structures[place]
        for parameter, at in structure.parameters:
            own = parameter.detach().numpy()
            own[...] = weights[place, at : at + own.size].reshape(own.shape)
        at = 0
        for module in structure.running:
            for buffer in (module.running_mean, module.running_var):
                buffer.numpy()[:] = running[place, at : at + len(buffer)]
                at += len(buffer)
            module.num_batches_tracked.fill_(self._tracked[place] + steps)

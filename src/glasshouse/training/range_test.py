"""Learning-rate range test: how the loss answers to rates from tiny to huge."""

from __future__ import annotations

import copy
import math
from dataclasses import asdict, dataclass
from typing import Any

import torch

from glasshouse.core.devices import threads
from glasshouse.core.random_state import isolated
from glasshouse.core.seeds import derive
from glasshouse.models.freezing import training_mode
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.schedules import SCHEDULES, Clock, Schedule
from glasshouse.training.engine import taken
from glasshouse.training.flat import grouped
from glasshouse.training.job import Job
from glasshouse.training.regularization import Regularization

LOWEST, HIGHEST = 1e-6, 10.0
STEPS = 100
MEMORY = 0.9
"""Share of the running mean that smooths the losses."""
SETTLED = 10
"""Steps until that mean has seen enough batches to judge by: before, one lucky batch looks like a minimum."""


@dataclass(frozen=True)
class RangeTest:
    """What a range test saw.

    Args:
        rates: Learning rates that were tried, rising.
        losses: Smoothed training loss after a step with each.
        suggestion: A tenth of the rate at which the loss was lowest.
    """

    rates: list[float]
    losses: list[float]
    suggestion: float

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for the run folder."""
        return asdict(self)


def range_test(job: Job) -> RangeTest:
    """Train a copy of the network for a moment while the learning rate rises a little with every step.

    The rate grows geometrically from 1e-6 to 10 over at most 100 steps; the test ends when the smoothed loss
    is four times its lowest. The suggestion is a tenth of the rate at which the smoothed loss was lowest. The
    network, its mode, and all random states are as before afterwards.

    Args:
        job: What is to be trained; its learning rate and schedule are not used.

    Source:
        Smith 2017, Cyclical learning rates for training neural networks, section 3.3.

    Example:
        >>> import numpy as np
        >>> from glasshouse.data.parts import Part
        >>> from glasshouse.losses import LOSSES
        >>> from glasshouse.objectives import Supervised
        >>> from glasshouse.training.batches import InMemoryBatches
        >>> inputs = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
        >>> part = Part(inputs, 2 * inputs, np.arange(4))
        >>> network = torch.nn.Linear(1, 1)
        >>> job = Job(network=network, batches=InMemoryBatches(part, batch_size=2), optimizer="sgd",
        ...           objective=Supervised(LOSSES.build("mse")), learning_rate=0.1, epochs=200)
        >>> seen = range_test(job)
        >>> len(seen.rates) == len(seen.losses), 1e-3 < seen.suggestion < 1
        (True, True)
    """
    network = training_mode(copy.deepcopy(job.network))
    groups = grouped(network, apart=True)
    regularization = Regularization(job.regularizers, groups)
    optimizer: torch.optim.Optimizer = OPTIMIZERS.build(
        job.optimizer,
        [each for each in network.parameters() if each.requires_grad],
        fixed={"learning_rate": LOWEST, "weight_decay": job.weight_decay},
    )
    rise: Schedule = SCHEDULES.build({"name": "range_test", "lowest": LOWEST / HIGHEST})
    rates: list[float] = []
    losses: list[float] = []
    smooth = 0.0
    with threads(job.threads), isolated(derive(job.seed, "range test")):
        epoch = 0
        while len(rates) < STEPS:
            for batches in job.batches.epoch(epoch):
                rate = HIGHEST * rise.factor(Clock(len(rates), STEPS - 1, 1))
                optimizer.param_groups[0]["lr"] = rate
                optimizer.zero_grad()
                with regularization.shaken():
                    loss = taken(job.objective, network, batches[0], regularization.noisy).loss
                    loss.backward()  # type: ignore[no-untyped-call]
                regularization.add_gradients()
                optimizer.step()
                regularization.constrain()
                smooth = MEMORY * smooth + (1 - MEMORY) * float(loss.detach())
                mean = smooth / (1 - MEMORY ** (len(rates) + 1))  # as in Adam: the first means are too small
                diverged = len(losses) > SETTLED and mean > 4 * abs(min(losses[SETTLED:]))
                if diverged or not math.isfinite(mean):
                    return RangeTest(rates, losses, suggested(rates, losses))
                rates.append(rate)
                losses.append(mean)
                if len(rates) == STEPS:
                    break
            epoch += 1
    return RangeTest(rates, losses, suggested(rates, losses))


def suggested(rates: list[float], losses: list[float]) -> float:
    """A tenth of the rate at which the smoothed loss was lowest: there it still falls, with room to spare.

    Example:
        >>> suggested([1e-6] * 10 + [1e-3, 1e-2, 1e-1, 1.0], [5.0] * 10 + [4.0, 2.0, 1.0, 3.0])
        0.01
    """
    if len(losses) <= SETTLED:
        return LOWEST
    lowest = min(range(SETTLED, len(losses)), key=losses.__getitem__)
    return rates[lowest] / 10

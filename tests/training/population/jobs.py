"""Small networks to be trained beside each other, and some that get into trouble."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.losses import LOSSES
from glasshouse.models.mlp import mlp
from glasshouse.objectives import Supervised
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.job import Job

ROWS, BATCH = 83, 8  # eleven steps an epoch, the last batch has three rows


def part(
    rows: int = ROWS, loss: str = "cross_entropy", dtype: torch.dtype = torch.float32, seed: int = 1
) -> Part:
    stream = torch.Generator().manual_seed(seed)
    inputs = torch.randn(rows, 6, generator=stream, dtype=torch.float64)
    if loss == "mse":
        targets = torch.stack([inputs[:, 0].sin(), inputs[:, 1] + 3], 1).to(dtype)
    elif loss == "binary_cross_entropy":
        targets = (inputs[:, 0] > inputs[:, 1]).long()
    else:
        targets = inputs[:, :3].argmax(1)
    return Part(inputs.to(dtype), targets, np.arange(rows))


def network(seed: int, activation: Any = "relu", dropout: float = 0.0, outputs: int = 3) -> nn.Module:
    torch.manual_seed(seed)
    return mlp(6, outputs, hidden=[17, 9], activation=activation, dropout=dropout)


def job(seed: int = 0, rows: Part | None = None, **changes: Any) -> Job:
    loss = changes.pop("loss", "cross_entropy")
    name = loss if isinstance(loss, str) else loss["name"]
    net = changes.pop("network", None) or network(
        seed, outputs={"mse": 2, "binary_cross_entropy": 1}.get(name, 3)
    )
    dtype = next(net.parameters()).dtype
    given = Job(
        network=net,
        batches=InMemoryBatches(rows or part(loss=name, dtype=dtype), batch_size=BATCH, seed=seed),
        objective=Supervised(LOSSES.build(loss)),
        optimizer="adam",
        learning_rate=0.01,
        epochs=5,
        validation=part(40, name, dtype, seed=2),
        stopping=EarlyStopping(patience=50),
        seed=seed,
    )
    return replace(given, **changes)


Build = Callable[[], list[Job]]


Changes = dict[int, dict[str, Any]]
"""What some networks are told instead, by their place."""


def weights(jobs: Sequence[Job]) -> list[torch.Tensor]:
    return [torch.cat([each.detach().flatten() for each in one.network.parameters()]) for one in jobs]


def same_bits(one: Sequence[Job], other: Sequence[Job], but: Sequence[int]) -> None:
    for place, (mine, theirs) in enumerate(zip(weights(one), weights(other), strict=True)):
        assert place in but or torch.equal(mine, theirs), place


def poisoned() -> Part:
    """Rows of which one is not finite."""
    given = part()
    inputs = given.inputs.clone()
    inputs[40, 2] = math.nan
    return Part(inputs, given.targets, given.rows)


def fused(seed: int = 0, **changes: Any) -> Job:
    return job(seed, **{"engine": "fused", **changes})


def layered(seed: int, normalization: str, activation: str) -> nn.Module:
    torch.manual_seed(seed)
    return mlp(
        6, 3, hidden=[17, 9], activation=activation, dropout=0.1 * (seed + 1), normalization=normalization
    )


TROUBLE: dict[str, Changes] = {
    "diverging": {2: {"learning_rate": 1e30}},
    "two diverge": {0: {"learning_rate": 1e25}, 5: {"learning_rate": 1e30}},
    "nan in its rows": {1: {"rows": poisoned()}},
    "ends early": {3: {"epochs": 1}, 6: {"stopping": EarlyStopping(patience=1, least_change=10.0)}},
    "most end early": {seed: {"epochs": 2} for seed in range(5)},
}
"""What some of seven networks are told, and the others must not feel."""

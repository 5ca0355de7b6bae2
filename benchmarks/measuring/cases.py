"""What is trained: three networks of growing work, with synthetic data in memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.devices import cores

LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Case:
    """A network and the shape of its training.

    Args:
        name: On the command line.
        title: In tables.
        build: Makes the network with fresh weights.
        input_shape: Of one sample.
        classes: Number of classes.
        batch_size: Rows per step.
        threads: CPU threads, the same for every contestant.
        steps: Steps per epoch; every batch is full.
        epochs: Epochs that are timed, long enough for the tutorial loop to take over half a second.
        data: Gives real rows; ``None`` for synthetic ones.
    """

    name: str
    title: str
    build: Callable[[], nn.Module]
    input_shape: tuple[int, ...]
    classes: int
    batch_size: int
    threads: int
    steps: int
    epochs: int
    data: Callable[[], Rows] | None = None

    @property
    def setting(self) -> str:
        """The title, and on how many threads."""
        return f"{self.title}, {self.threads} thread{'s' if self.threads > 1 else ''}"

    @property
    def rows(self) -> int:
        """Rows of data."""
        return self.batch_size * self.steps


class Rows(NamedTuple):
    """What is learnt, and where there are any, rows to judge by that nobody trains on.

    Args:
        inputs: (rows, *input_shape), float32.
        targets: (rows,), int64.
        held: Inputs and targets of others; ``None``: the training rows judge.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    held: tuple[torch.Tensor, torch.Tensor] | None = None


class Score(NamedTuple):
    """How good a network is at the end.

    Args:
        loss: Mean cross-entropy, in nats.
        accuracy: From 0 to 1.
    """

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Task:
    """One training that is timed.

    Args:
        case: Network and sizes.
        epochs: Epochs in all: one to warm up and those that are timed.
        rows: What is learnt.
        seed: Of the first weights; another one in every round.
        folder: An empty folder for whatever a contestant writes.
    """

    case: Case
    epochs: int
    rows: Rows
    seed: int
    folder: Path

    @property
    def inputs(self) -> torch.Tensor:
        """Of the training rows."""
        return self.rows.inputs

    @property
    def targets(self) -> torch.Tensor:
        """Of the training rows."""
        return self.rows.targets

    @property
    def judges(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The rows that judge."""
        return self.rows.held or (self.rows.inputs, self.rows.targets)

    def network(self) -> nn.Module:
        """The network, with the same first weights for every contestant."""
        torch.manual_seed(self.seed)
        return self.case.build()


def mlp(*sizes: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def lenet5() -> nn.Sequential:
    """LeNet-5 for 28 x 28 pictures, with ReLU and max pooling."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


CASES = {
    case.name: case
    for case in (
        Case("tiny", "MLP 4-64-32-3, batch 32", lambda: mlp(4, 64, 32, 3), (4,), 3, 32, 1, 100, 15),
        Case(
            "mlp", "MLP 784-256-128-10, batch 128", lambda: mlp(784, 256, 128, 10), (784,), 10, 128, 2, 100, 4
        ),
        Case("lenet5", "LeNet-5 28x28, batch 128", lenet5, (1, 28, 28), 10, 128, 2, 50, 3),
    )
}


def fitted(name: str, threads: int | None) -> Case:
    """A case on as many threads as were asked for, or on its own number where the machine has the cores."""
    case = CASES[name]
    return replace(case, threads=threads or min(case.threads, cores()))


def rows_of(case: Case) -> Rows:
    """The case's real rows, or noise around one centre per class.

    The centres are so near to each other that nobody reaches a loss of zero.
    There is something to learn, so the loss at the end shows that everybody did the same work. And there
    always is: gradients that vanish would make numbers too small for the fast paths of processors.
    """
    if case.data is not None:
        return case.data()
    stream = torch.Generator().manual_seed(0)
    targets = torch.randint(case.classes, (case.rows,), generator=stream)
    centres = torch.randn(case.classes, *case.input_shape, generator=stream)
    distance = 3 / math.sqrt(centres[0].numel())
    noise = torch.randn(case.rows, *case.input_shape, generator=stream)
    return Rows(noise + distance * centres[targets], targets)


def scored(network: nn.Module, task: Task) -> Score:
    """Of a trained torch network, on the rows that judge."""
    inputs, targets = task.judges
    network.eval()
    with torch.no_grad():
        return score(network(inputs), targets)


def score(logits: torch.Tensor, targets: torch.Tensor) -> Score:
    """Of what a network gave.

    Example:
        >>> score(torch.tensor([[0.0, 0.0], [0.0, 1.0]]), torch.tensor([1, 1])).accuracy
        0.5
    """
    right = (logits.argmax(dim=1) == targets).float().mean()
    return Score(float(F.cross_entropy(logits, targets)), float(right))

"""What is trained: three networks of growing work, with synthetic data in memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

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

    @property
    def setting(self) -> str:
        """The title, and on how many threads."""
        return f"{self.title}, {self.threads} thread{'s' if self.threads > 1 else ''}"

    @property
    def rows(self) -> int:
        """Rows of data."""
        return self.batch_size * self.steps


@dataclass(frozen=True)
class Task:
    """One training that is timed.

    Args:
        case: Network and sizes.
        epochs: Epochs in all: one to warm up and those that are timed.
        inputs: (rows, *input_shape), float32.
        targets: (rows,), int64.
        seed: Of the first weights; another one in every round.
        folder: An empty folder for whatever a contestant writes.
    """

    case: Case
    epochs: int
    inputs: torch.Tensor
    targets: torch.Tensor
    seed: int
    folder: Path

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


def rows_of(case: Case) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise around one centre per class, near enough to each other that nobody reaches a loss of zero.

    There is something to learn, so the loss at the end shows that everybody did the same work. And there
    always is: gradients that vanish would make numbers too small for the fast paths of processors.
    """
    stream = torch.Generator().manual_seed(0)
    targets = torch.randint(case.classes, (case.rows,), generator=stream)
    centres = torch.randn(case.classes, *case.input_shape, generator=stream)
    distance = 3 / math.sqrt(centres[0].numel())
    noise = torch.randn(case.rows, *case.input_shape, generator=stream)
    return noise + distance * centres[targets], targets


def loss_of(network: nn.Module, task: Task) -> float:
    """Cross-entropy over all rows after training, in nats."""
    network.eval()
    with torch.no_grad():
        return float(F.cross_entropy(network(task.inputs), task.targets))

"""skorch without its callbacks and without its internal split."""

from __future__ import annotations

from typing import Any

import skorch
import torch
from measuring.cases import LEARNING_RATE, Score, Task, scored
from measuring.clock import EpochEnds
from torch import nn


class Watch(skorch.callbacks.Callback):
    """Notes when epochs end."""

    def __init__(self, ends: EpochEnds) -> None:
        self.ends = ends

    def on_epoch_end(self, net: skorch.NeuralNet, **others: Any) -> None:
        self.ends.note()


def train(task: Task, ends: EpochEnds) -> Score:
    """Train, and say how good the network is at the end."""
    classifier = skorch.NeuralNetClassifier(
        task.network(),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=LEARNING_RATE,
        max_epochs=task.epochs,
        batch_size=task.case.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        callbacks=[("watch", Watch(ends))],
        callbacks__epoch_timer=None,
        callbacks__train_loss=None,
        callbacks__valid_loss=None,
        callbacks__valid_acc=None,
        callbacks__print_log=None,
        verbose=0,
        device="cpu",
    )
    classifier.fit(task.inputs, task.targets)
    return scored(classifier.module_, task)

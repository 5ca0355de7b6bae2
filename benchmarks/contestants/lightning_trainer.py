"""Lightning in its barebones mode: no logger, checkpoints, progress bar, summary or sanity check."""

from __future__ import annotations

import pytorch_lightning as lightning
import torch
import torch.nn.functional as F
from measuring.cases import LEARNING_RATE, Score, Task, scored
from measuring.clock import EpochEnds
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Classifier(lightning.LightningModule):
    """The network as Lightning wants it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def training_step(self, batch: list[torch.Tensor], number: int) -> torch.Tensor:
        inputs, targets = batch
        return F.cross_entropy(self.network(inputs), targets)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=LEARNING_RATE)


class Watch(lightning.Callback):
    """Notes when epochs end."""

    def __init__(self, ends: EpochEnds) -> None:
        self._ends = ends

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._ends.note()


def train(task: Task, ends: EpochEnds) -> Score:
    """Train, and say how good the network is at the end."""
    classifier = Classifier(task.network())
    rows = TensorDataset(task.inputs, task.targets)
    trainer = lightning.Trainer(
        barebones=True,
        accelerator="cpu",
        devices=1,
        max_epochs=task.epochs,
        callbacks=[Watch(ends)],
        default_root_dir=task.folder,
    )
    trainer.fit(classifier, DataLoader(rows, batch_size=task.case.batch_size, shuffle=True))
    return scored(classifier.network, task)

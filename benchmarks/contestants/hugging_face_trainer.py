"""The Trainer of Hugging Face's transformers, with everything off that is not training."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
import transformers
from measuring.cases import LEARNING_RATE, Score, Task, scored
from measuring.clock import EpochEnds
from torch import nn
from torch.utils.data import Dataset


class Classifier(nn.Module):
    """The network as the Trainer wants it: it takes named tensors and gives its own loss."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        logits = self.network(inputs)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits}


class Rows(Dataset):
    """Samples as named tensors."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __len__(self) -> int:
        return len(self._task.inputs)

    def __getitem__(self, row: int) -> dict[str, torch.Tensor]:
        return {"inputs": self._task.inputs[row], "labels": self._task.targets[row]}


class Watch(transformers.TrainerCallback):
    """Notes when epochs end."""

    def __init__(self, ends: EpochEnds) -> None:
        self._ends = ends

    def on_epoch_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        self._ends.note()


def train(task: Task, ends: EpochEnds) -> Score:
    """Train, and say how good the network is at the end.

    The optimizer is the Trainer's own choice, AdamW with the fused kernel; without decay that is Adam.
    """
    classifier = Classifier(task.network())
    trainer = transformers.Trainer(
        model=classifier,
        args=transformers.TrainingArguments(
            output_dir=str(task.folder),
            num_train_epochs=task.epochs,
            per_device_train_batch_size=task.case.batch_size,
            learning_rate=LEARNING_RATE,
            lr_scheduler_type="constant",
            weight_decay=0.0,
            max_grad_norm=0.0,
            logging_strategy="no",
            logging_nan_inf_filter=False,
            save_strategy="no",
            eval_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            use_cpu=True,
            seed=task.seed,
        ),
        train_dataset=Rows(task),
        data_collator=transformers.default_data_collator,
        callbacks=[Watch(ends)],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()
    return scored(classifier.network, task)

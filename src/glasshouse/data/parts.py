"""Prepared data in memory: the tensors that training, evaluation and the report work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.data.settings import Task

if TYPE_CHECKING:  # dividing and exploring data need no torch, which takes over a second to import
    import torch


@dataclass(frozen=True)
class Split:
    """Row numbers of the three parts, before anything is fitted. No row is in two parts.

    Args:
        train, validation, test: int64 row numbers into the raw data, each in ascending order.
        method: How they were divided: ``"stratified"``, ``"given test, stratified"`` ...
        notes: What had to be decided (a class too small to be in every part, say).
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    method: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One part of the data, ready for a network.

    Args:
        inputs: Shape (rows, *input_shape), float32; int64 for tokens.
        targets: int64 class indices, shape (rows,), or float32 standardised numbers, shape (rows, outputs);
            int64 class indices of pixels, shape (rows, height, width); float32 levels from 0 to 1, shape
            (rows, channels, height, width); float32 objects, shape (rows, slots, 5).
        rows: Row numbers in the raw data, int64, shape (rows,).
        weights: What each row counts in the loss, at least 0, shape (rows,); ``None`` where all count alike.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    rows: NDArray[np.int64]
    weights: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class OutputScale:
    """How a network's outputs become numbers in the target's unit: ``value = output * spread + centre``."""

    centre: float
    spread: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"centre": self.centre, "spread": self.spread}


@dataclass(frozen=True)
class Prepared:
    """All parts, and what a network must take and give.

    Args:
        train, validation, test: ``test`` and ``validation`` may be ``None`` when there is no such part.
        task: Classes or numbers.
        input_shape: Shape of one sample without the batch axis.
        outputs: Number of classes, or of predicted numbers; of a picture that is to come out, its channels.
        classes: Class names; empty for regression.
        target_name: What is predicted, in the user's word.
        scale: For regression, fitted on the training part; ``None`` for classification.
        tokens: How many numbers a token can have, where rows are sequences of tokens (int64, padded with 0
            behind); 0 where they are not.
        series_column: For a forecast, which variable of the windows is forecast; ``None`` where it is none of
            them, and for all other tasks.
    """

    train: Part
    validation: Part | None
    test: Part | None
    task: Task
    input_shape: tuple[int, ...]
    outputs: int
    classes: tuple[str, ...]
    target_name: str
    scale: OutputScale | None = None
    tokens: int = 0
    series_column: int | None = None

    @property
    def factor(self) -> int:
        """How many times larger a picture that is to come out is than its input; 1 for all other tasks."""
        if self.task != "image_to_image":
            return 1
        return int(self.train.targets.shape[-1]) // self.input_shape[-1]

    def parts(self) -> dict[str, Part]:
        """The parts that exist, by name, in the order train, validation, test."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in named.items() if part is not None}

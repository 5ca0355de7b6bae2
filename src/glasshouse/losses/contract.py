"""What training asks of a loss beyond its value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import nn

Meaning = Literal[
    "logits",
    "logit",
    "probabilities",
    "probability",
    "scores",
    "values",
    "reconstruction",
    "next_token",
    "translation",
    "frames",
    "tags",
    "captioning",
    "strokes",
    "pixel_classes",
    "pixels",
    "grid",
    "action_values",
    "actions",
    "embedding",
]
"""What a network's outputs are.

``"logits"``: one per class, their softmax gives probabilities. ``"logit"``: one number, whose sigmoid is the
probability of the second of two classes. ``"probabilities"`` and ``"probability"``: the same after the
softmax or the sigmoid. ``"scores"``: one per class, the largest wins, nothing more.
``"values"``: predicted numbers. ``"reconstruction"``: the row itself, as well as the network can give it.
``"next_token"``: logits of the token that comes next. ``"translation"``: token numbers of an output sequence.
``"frames"``: logits of the notes of the next frame. ``"tags"``: at every step logits of its tag.
``"captioning"``: token numbers of a caption. ``"strokes"``: parameters of a mixture for the next point.
``"pixel_classes"``: logits of the classes of every pixel. ``"pixels"``: levels of a picture, 0 for black and
1 for white. ``"grid"``: for every cell of a grid a box, how sure it is of an object, and scores of its class.
``"action_values"``: what each action is worth in a world, the largest is taken. ``"actions"``: the numbers of
an action itself.
``"embedding"``: numbers whose distances tell which rows are alike.
"""


ONE_FOR_TWO: tuple[Meaning, ...] = ("logit", "probability")
"""Meanings with which one output speaks for two classes."""


class Loss(nn.Module, ABC):
    """A loss that is a weighted mean over the samples of a batch.

    Knowing the total weight of a batch lets training take the exact mean over several batches, however they
    were cut: ``sum(weight_b * loss_b) / sum(weight_b)``.

    Attributes:
        meaning: What the network's outputs are under this loss.
        looked_at: Whether outputs and targets have been looked at: the first batch shows what is of the wrong
            kind, and looking at every number of every batch would cost time.
    """

    meaning: Meaning
    looked_at: bool = False

    @abstractmethod
    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The weighted mean over the batch, a scalar."""

    def weight(self, targets: torch.Tensor) -> float:
        """Total weight of these targets: their number, unless classes are weighted."""
        return float(len(targets))
